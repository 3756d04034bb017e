"""SANDBOX or PRODUCTION stands beside the heading of each page that is about one store, and on pages without a head."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from connector.store import connections
from tests import factories
from tests.payloads import rest_order
from tests.visiting import Visitor, words
from tests.world import World, new_connection

_BADGE = re.compile(r'<span class="environment (\w+)">')
_ITEM = "/problems/us-store/not_mapped"
# Of us-store, a sandbox; beside it stands a store of production.
_PAGES = [
    "/inventory?store=us-store", "/inventory-push?store=us-store", "/reconcile?store=us-store", "/mapping?store=us-store",
    "/mapping/us-store/draft", "/mapping/us-store/history", "/mapping/us-store/example",
    "/mapping/us-store/value?table=currencies&key=USD", "/connections/us-store", "/connections/us-store/setup",
    "/connections/us-store/rotate", "/connections/us-store/rotate/webhook-secret", "/connections/us-store/remove",
    "/connections/us-store/approve", "/connections/us-store/webhooks", "/connections/us-store/ping",
    "/orders/5001?store=us-store", "/orders/5001/money?store=us-store", "/orders/5001/fields?store=us-store",
    "/orders/5001/plan?store=us-store", "/orders/5001/sync?store=us-store", "/orders/5001/ignore?store=us-store",
    "/orders/5001/adopt?store=us-store", f"{_ITEM}?subject=sku+NOBODY", f"{_ITEM}/again?subject=sku+NOBODY",
    f"{_ITEM}/map?subject=sku+NOBODY&value=812", "/events/replay?store=us-store",
]  # fmt: skip


@pytest.fixture
def both(world: World) -> World:
    """Beside the sandbox a store whose NetSuite account is one of production."""
    new = new_connection("https://shop.example.com", "https://7654321.example.com", rules=factories.rules_json())
    new = replace(new, name="eu-store", shop="eu.myshopify.com", netsuite_account="7654321")
    with world.engine.begin() as database:
        connections.add(database, new, world.runtime.vault)
    return world


def heading(page: str) -> list[str]:
    """The badges within the first heading."""
    return _BADGE.findall(page.partition("<h1")[2].partition("</h1>")[0])


def row_of(store: str, page: str) -> str:
    """What stands from the name of a store in a table on, to the end of its cell."""
    return page.partition(f'<td data-head="Store">{store}')[2].partition("</td>")[0]


def test_a_page_about_one_store_says_which_it_is(ada: Visitor, both: World) -> None:
    both.work(both.sell(rest_order(5001, sku="NOBODY")))
    found = {path: heading(ada.get(path).text) for path in _PAGES}
    assert found == {path: ["sandbox"] for path in _PAGES}


@pytest.mark.parametrize(
    "path", ["/inventory?store={0}", "/mapping?store={0}", "/connections/{0}", "/reconcile?store={0}"]
)
def test_the_other_kind_is_said_as_well(ada: Visitor, both: World, path: str) -> None:
    assert heading(ada.get(path.format("eu-store")).text) == ["production"]


def test_rows_of_several_stores_say_it_where_both_kinds_are_seen(otto: Visitor, both: World) -> None:
    both.work(both.sell(rest_order(5001, sku="NOBODY")))
    assert _BADGE.findall(row_of("us-store", otto.get("/orders").text)) == ["sandbox"]
    schedules = otto.get("/schedules").text
    assert re.findall(r'<h2 id="([\w-]+)">[^<]*<span class="environment (\w+)"', schedules) == [
        ("eu-store", "production"), ("us-store", "sandbox"),
    ]  # fmt: skip


def test_rows_of_one_kind_do_not_repeat_what_the_head_says(otto: Visitor, world: World) -> None:
    world.work(world.sell(rest_order(5001, sku="NOBODY")))
    assert "SANDBOX" not in words(otto.get("/orders").text.partition("<main")[2])


def test_a_refusal_says_of_which_store_it_is(otto: Visitor, both: World) -> None:
    def badges(path: str) -> list[str]:
        return _BADGE.findall(otto.get(path).text)

    assert badges("/inventory/NOTHING?store=eu-store") == ["production"]
    assert badges("/connections/us-store/rotate/nothing") == ["sandbox"]
    assert badges("/nowhere") == ["production", "sandbox"]


def test_what_is_shown_once_says_it(ada: Visitor, both: World) -> None:
    shown = ada.presses("/users/tokens", name="reports", role="viewer", days="3").text
    assert _BADGE.findall(shown) == ["production", "sandbox"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/problems/eu-store/not_mapped/map?subject=sku+X&value=1", ("PRODUCTION",)),
        ("/events/replay?topic=orders/create&store=us-store", ("SANDBOX",)),
        ("/connections/eu-store/approve", ("PRODUCTION",)),
        ("/users", ("PRODUCTION", "SANDBOX")),
        ("/connections/another/approve", ("PRODUCTION", "SANDBOX")),
        (None, ("PRODUCTION", "SANDBOX")),
    ],
)
def test_a_page_without_a_head_says_it_of_where_it_leads_back(
    ada: Visitor, both: World, address: str | None, said: tuple[str, ...]
) -> None:
    assert at_the_door(ada, ada.name)(address) == said


def test_nobody_is_told_what_there_is(ada: Visitor, stranger: Visitor, both: World) -> None:
    assert at_the_door(ada, "nobody")("/connections/eu-store/approve") == ()
    assert at_the_door(ada, stranger.name)("/connections/eu-store/approve") == ()


def at_the_door(visitor: Visitor, name: str) -> Callable[[str | None], tuple[str, ...]]:
    """What a template of a page without a head asks."""

    def asked(address: str | None) -> tuple[str, ...]:
        with visitor.app.test_request_context("/sign-in/password", headers={"X-Who": name}):
            found: tuple[str, ...] = visitor.app.jinja_env.globals["environments"](address)  # type: ignore[operator]  # Jinja knows no types of its globals
            return found

    return asked
