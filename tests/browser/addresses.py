"""Where each screen of the console is: addresses with names in braces, filled by what the console's own lists show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from re import search
from string import Formatter
from urllib.parse import quote

from playwright.sync_api import Page

# By the name under which the screen is registered.
SCREENS: Mapping[str, str] = {
    "overview": "/",
    "orders": "/orders",
    "order": "/orders/{order}?store={store}",
    "order_money": "/orders/{order}/money?store={store}",
    "order_fields": "/orders/{order}/fields?store={store}",
    "order_plan": "/orders/{order}/plan?store={store}",
    "order_effect": "/orders/{order}/effects/{effect}?store={store}",
    "order_sync": "/orders/{order}/sync?store={store}",
    "order_ignore": "/orders/{order}/ignore?store={store}",
    "order_adopt": "/orders/{foreign}/adopt?store={store}",
    "problems": "/problems",
    "problems_cause": "/problems/{cause}?subject={subject}",
    "problems_again": "/problems/{cause}/again?subject={subject}",
    "problems_map": "/problems/{cause}/map?subject={subject}&value={value}",
    "events": "/events",
    "events_one": "/events/{event}",
    "events_revealed": "/events/{event}/revealed",
    "events_replay": "/events/replay?topic=orders/create&store={store}",
    "inventory": "/inventory?store={store}",
    "inventory_item": "/inventory/{sku}?store={store}",
    "inventory_push": "/inventory-push?store={store}",
    "mapping": "/mapping?store={store}",
    "mapping_example": "/mapping/{store}/example",
    "mapping_value": "/mapping/{store}/value?{entry}&value={value}",
    "mapping_locations": "/mapping/{store}/locations",
    "mapping_draft": "/mapping/{store}/draft",
    "mapping_test": "/mapping/{store}/draft/test",
    "mapping_history": "/mapping/{store}/history",
    "reconcile": "/reconcile?store={store}",
    "connections": "/connections",
    "connections_one": "/connections/{store}",
    "connections_new": "/connections/new",
    "connections_setup": "/connections/{store}/setup",
    "connections_ping": "/connections/{store}/ping",
    "connections_webhooks": "/connections/{store}/webhooks",
    "connections_rotate": "/connections/{store}/rotate",
    "connections_rotate_one": "/connections/{store}/rotate/{secret}",
    "connections_approve": "/connections/{store}/approve",
    "connections_remove": "/connections/{store}/remove",
    "schedules": "/schedules",
    "jobs": "/jobs",
    "jobs_one": "/jobs/{job}",
    "alerts": "/alerts",
    "audit": "/audit",
    "users": "/users",
    "system": "/system",
}
# Screens that are about no one store.
OF_SEVERAL = frozenset(
    ("overview", "orders", "problems", "events", "connections", "connections_new", "schedules", "jobs", "alerts")
) | {"audit", "users", "system"}
# Pages beside the screens, of whoever is signed in.
OWN: Mapping[str, str] = {"account": "/account", "password": "/sign-in/password"}


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the value of a name is seen: on a page, in the first link whose address fits; it is the group of the pattern."""

    page: str
    pattern: str
    part: str = "main a"
    attribute: str = "href"


_CAUSES = "/problems?store={store}"
# In this order: a page may need the names before it, and of two places for a name the first that has one counts.
_SEEN: tuple[tuple[str, Seen], ...] = (
    ("order", Seen("/orders?store={store}&state=in_sync", r"^/orders/([^/?]+)")),
    ("foreign", Seen("/orders?store={store}&subject=order:adopt_candidates", r"^/orders/([^/?]+)")),
    # Where none was written by another, the page of any order says so.
    ("foreign", Seen("/orders?store={store}&state=in_sync", r"^/orders/([^/?]+)")),
    ("effect", Seen("/orders/{order}?store={store}", r"/effects/(\d+)")),
    ("event", Seen("/events?store={store}&topic=orders/create", r"^/events/(\d+)$")),
    ("sku", Seen("/inventory?store={store}", r"^/inventory/([^?]+)\?")),
    # A cause that a rule mends: best one for which NetSuite has few names.
    ("cause", Seen(_CAUSES, r"^/problems/([^?]+)\?subject=gateway")),
    ("cause", Seen(_CAUSES, r"^/problems/([^?]+)\?subject=sku")),
    ("subject", Seen(_CAUSES, r"^/problems/[^?]+\?subject=(gateway.+)")),
    ("subject", Seen(_CAUSES, r"^/problems/[^?]+\?subject=(sku.+)")),
    ("value", Seen("/problems/{cause}?subject={subject}&names=true", "(.+)", "datalist option", "value")),
    ("value", Seen("/inventory?store={store}", r"^/inventory/([^?]+)\?")),
    ("entry", Seen("/mapping?store={store}", r"/value\?(table=.+)")),
    ("secret", Seen("/connections/{store}/rotate", r"/rotate/([^/?]+)$")),
    ("job", Seen("/jobs?store={store}", r"^/jobs/(\d+)$")),
)


def filled(page: Page, store: str) -> dict[str, str]:
    """The address of each screen, by its name. Goes through the lists of the store. Raises LookupError with every screen that
    no list leads to."""
    found = filled_by(lambda at, seen: _seen_on(page, at, seen), store)
    if unseen := [screen for screen in (*SCREENS, *OWN) if screen not in found]:
        raise LookupError(f"no list shows what these screens are about: {', '.join(unseen)}")
    return found


def filled_by(seen_at: Callable[[str, Seen], Sequence[str]], store: str) -> dict[str, str]:
    """Those whose names were seen, of a console that is looked at otherwise. `seen_at`: what the attributes say at an address."""
    names = {"store": store}
    for name, seen in _SEEN:
        if name in names or not _needed(seen.page) <= names.keys():
            continue
        if value := _first(seen_at(seen.page.format(**names), seen), seen.pattern):
            names[name] = value
    places = {**SCREENS, **OWN}
    return {screen: at.format(**names) for screen, at in places.items() if _needed(at) <= names.keys()}


def arrive(page: Page, address: str) -> None:
    """Opens a page and waits for what it asks for by itself once it stands."""
    page.goto(address)
    page.locator("[hx-trigger=load]").wait_for(state="detached")


def _seen_on(page: Page, at: str, seen: Seen) -> Sequence[str]:
    page.goto(at)
    values = page.eval_on_selector_all(
        seen.part, "(all, name) => all.map((one) => one.getAttribute(name) || '')", seen.attribute
    )
    return [str(value) for value in values]


def _first(values: Sequence[str], pattern: str) -> str | None:
    found = next(filter(None, (search(pattern, value) for value in values)), None)
    # What stands in a link is quoted already; a word of a list is not.
    return None if found is None else quote(found[1], safe="/%+=&")


def _needed(address: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(address) if name}
