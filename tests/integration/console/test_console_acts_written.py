"""Every act of the console is written down under the name of who did it: each one that is registered is carried out here.

None is excepted. Signing in and out, and what somebody does to their own account, are no acts of the console; the tests of
those see them written down.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from connector.store.connection_tables import operator_actions
from connector.store.credentials import NewCredential
from tests.adopting import FIELD, foreign
from tests.hearing import heard
from tests.integration.console.test_console_connection_new import form as new_connection
from tests.integration.test_history import imported, placed
from tests.office import opened_office
from tests.stocking import mugs_differ, stock_rules
from tests.visiting import Visitor, opened_console
from tests.world import CLIENT, World, app_of, opened_world, with_login

WHY = {"because": "the books were shut"}
ORDER, CAUSE, ONE, DRAFT = (
    "/orders/1001",
    "/problems/us-store/not_mapped",
    "/connections/us-store",
    "/mapping/us-store/draft",
)
STOCK = {"store": "us-store", "because": "counted by hand"}
# Nothing listens there: a test of the webhook URL fails at once, and is written down all the same.
NOWHERE = "https://127.0.0.1:1"
GATEWAY = {"table": "gateways", "key": "cash", "value": "Card", "second": "Bank"}
PROPOSAL = '[rules.payments.methods]\npaypal = {method = "9"}'
Asked = tuple[str, dict[str, Any]]


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """Stock; one order that two documents of another connector may be, and two that wait for a SKU each."""
    rules = stock_rules() | {"adoption": {"field": FIELD}}
    with opened_world(database, redis_url, rules=rules, account={"body_fields": [FIELD]}) as opened:
        mugs_differ(opened)
        placed(opened, 5001)
        foreign(opened, 5001, rate=19.0)
        foreign(opened, 5001)
        for number, sku in ((5002, "GHOST-1"), (5003, "GHOST-2")):
            order = placed(opened, number, sku=sku)
            (record_id,) = heard(opened, "orders/create", order).record_ids
            opened.work(record_id)
        imported(opened)
        yield opened


@pytest.fixture
def ada(world: World) -> Iterator[Visitor]:
    """An admin at the console over it."""
    with opened_console(world, address=NOWHERE) as visitor:
        yield replace(visitor, name="ada")


def _with_an_app(world: World) -> None:
    app_of(world)
    with_login(world, shopify=NewCredential("offline", CLIENT))


def _approval(ada: Visitor) -> dict[str, Any]:
    shown = ada.json(f"{ONE}/approve")
    return {name: shown[name] for name in ("shop", "shop_id", "account")} | WHY


def _text(ada: Visitor, zone: str) -> dict[str, Any]:
    """The rules in force with the days of another time zone."""
    before = '"America/New_York"'
    text = ada.get("/mapping/us-store/rules.toml").text
    assert before in text
    return {"toml": text.replace(before, zone), "version": _version(ada)}


def _version(ada: Visitor) -> int:
    found: int = ada.json(DRAFT)["version"]
    return found


def _of_channel(ada: Visitor, act: str) -> Asked:
    return f"/alerts/us-store/channels/{ada.json('/alerts')['stores'][0]['channels'][0]['id']}/{act}", {}


def _revoked(ada: Visitor) -> Asked:
    return f"/users/tokens/{ada.json('/users')['tokens'][0]['id']}/revoke", {}


def _adopted(ada: Visitor) -> Asked:
    return f"{ORDER}/adopt", {"document": ada.json(f"{ORDER}/adopt")["candidates"][1]["id"]} | WHY


def _stopped(ada: Visitor) -> Asked:
    return f"/jobs/{ada.json('/jobs')['jobs']['rows'][0]['id']}/stop", {}


def _forced(ada: Visitor) -> Asked:
    """A guard stops the push: more would fall to nothing than it allows."""
    with ada.console.site.runtime.engine.begin() as connection:
        connection.execute(text("update stock_comparisons set on_sale = 100, emptied = 90"))
    return "/inventory-push/force", STOCK | {"compared_at": ada.json("/inventory-push")["compared_at"]}


# In this order: what an act needs, one before it has left. A function reads from the pages what a person would see there.
STEPS: Mapping[str, Asked | Callable[[Visitor], Asked]] = {
    "order_note": (f"{ORDER}/note", {"said": "asked the warehouse"}),
    "order_leave": (f"{ORDER}/ignore", WHY),
    "order_look_again": (f"{ORDER}/look-again", {}),
    "order_sync_now": (f"{ORDER}/sync", {}),
    "order_adopt_one": _adopted,
    "problems_assign": (f"{CAUSE}/assign", {"subject": "sku:GHOST-1", "to": "otto"}),
    "problems_snooze": (f"{CAUSE}/snooze", {"subject": "sku:GHOST-1", "hours": 8}),
    "problems_map_act": (f"{CAUSE}/map", {"subject": "sku:GHOST-1", "value": "MUG-BLUE"} | WHY),
    "problems_again_act": (f"{CAUSE}/again", {"subject": "sku:GHOST-2"} | WHY),
    "events_replay_act": ("/events/replay", {"topic": "orders/create"} | WHY),
    "jobs_change": _stopped,
    "inventory_freeze": ("/inventory/MUG/freeze", STOCK),
    "inventory_thaw": ("/inventory/MUG/thaw", {"store": "us-store"}),
    "inventory_push_now": ("/inventory-push", STOCK),
    "inventory_push_force": _forced,
    "mapping_save": lambda ada: (DRAFT, _text(ada, '"Europe/Paris"')),
    "mapping_discard": (f"{DRAFT}/discard", {}),
    "mapping_propose": lambda ada: (f"{DRAFT}/proposed", {"proposal": PROPOSAL, "version": _version(ada)}),
    "mapping_publish": lambda ada: (
        f"{DRAFT}/publish", {"note": "a new gateway", "saved_at": ada.json(DRAFT)["saved_at"]},
    ),
    "mapping_map": lambda ada: (
        "/mapping/us-store/value", GATEWAY | {"version": _version(ada)} | WHY,
    ),
    "mapping_value_draft": lambda ada: (
        "/mapping/us-store/value/draft", GATEWAY | {"key": "cheque", "version": _version(ada)},
    ),
    "mapping_look_up": (f"{ONE}/setup/look-up", {}),
    "mapping_rollback": lambda ada: ("/mapping/us-store/history", {"version": 1, "present": _version(ada)} | WHY),
    "reconcile_run": ("/reconcile", {"store": "us-store"}),
    "schedules_run": ("/schedules/us-store/inventory.push/run", {}),
    "schedules_pause": ("/schedules/us-store/inventory.push/pause", {}),
    "schedules_resume": ("/schedules/us-store/inventory.push/resume", {}),
    "alerts_rule": ("/alerts/us-store/rules/oldest_order", {"enabled": True, "threshold": 45}),
    "alerts_add_channel": ("/alerts/us-store/channels", {"name": "team", "kind": "webhook", "target": NOWHERE}),
    "alerts_test_channel": lambda ada: _of_channel(ada, "test"),
    "alerts_remove_channel": lambda ada: _of_channel(ada, "remove"),
    "users_add": ("/users", {"name": "zoe", "role": "viewer"}),
    "users_link": ("/users/zoe/link", {}),
    "users_role": ("/users/zoe/role", {"role": "operator"}),
    "users_disable": ("/users/zoe/disable", {}),
    "users_enable": ("/users/zoe/enable", {}),
    "users_forget_code": ("/users/zoe/forget-code", {}),
    "users_add_token": ("/users/tokens", {"name": "books", "role": "viewer"}),
    "users_revoke_token": _revoked,
    "connections_make_key": ("/connections/keys", {}),
    "connections_pause": (f"{ONE}/pause", WHY),
    "connections_resume": (f"{ONE}/resume", WHY),
    "connections_test_webhook": (f"{ONE}/webhook-test", {}),
    "connections_sync_webhooks": (f"{ONE}/webhooks", {}),
    "connections_approve_pair": lambda ada: (f"{ONE}/approve", _approval(ada)),
    "connections_rotate_now": (f"{ONE}/rotate/webhook-secret", {"secret": "hush-newer"}),
    "connections_install": (f"{ONE}/install", {}),
    "connections_remove_now": (f"{ONE}/remove", {"typed": "us-store"} | WHY),
}  # fmt: skip


def test_every_act_is_written_down_with_who_did_it(ada: Visitor, world: World) -> None:
    steps = {**STEPS, "connections_add": ("/connections/new", new_connection(world))}
    assert set(steps) == {act.name for act in ada.console.acts}
    silent = []
    for name, step in steps.items():
        if name == "connections_install":
            _with_an_app(world)
        path, body = step(ada) if callable(step) else step
        before = newest(world)
        answer = ada.calls(path, body)
        assert answer.status_code == 200, (name, answer.text)
        if not by_ada(world, after=before):
            silent.append(name)
    assert silent == []


def test_a_test_of_the_webhook_url_that_arrives_is_written_down(world: World, redis_url: str) -> None:
    with opened_office(world, redis_url) as office, opened_console(world, address=office.url) as otto:
        assert "the way in is open" in otto.does(f"{ONE}/webhook-test")
        act = otto.json(ONE)["acts"][0]
    assert (act["actor"], act["action"], list(act["details"])) == ("otto", "webhook test sent", ["delivery"])


def test_nothing_is_written_down_of_a_draft_that_is_not_there(ada: Visitor, world: World) -> None:
    before = newest(world)
    ada.does(f"{DRAFT}/discard")
    assert newest(world) == before


def newest(world: World) -> int:
    """The id of the newest act."""
    with world.engine.begin() as connection:
        return int(connection.execute(select(func.coalesce(func.max(operator_actions.c.id), 0))).scalar_one())


def by_ada(world: World, *, after: int) -> list[str]:
    """What she did since an act."""
    query = select(operator_actions.c.action).where(operator_actions.c.id > after, operator_actions.c.actor == "ada")
    with world.engine.begin() as connection:
        return list(connection.execute(query).scalars())
