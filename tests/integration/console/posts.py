"""A body for every act of the console that it understands and carries out, over the furnished shop."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text

from connector.store import connections, rule_drafts
from connector.store.connections import StoredConnection
from tests.world import World
from web.console.screens import Act

STORE = "us-store"
# What stands for the variables of an act's path; what differs by the act stands below.
_VARIABLES = {
    "store": STORE, "code": "not_mapped", "sku": "MUG", "number": "1", "job_id": "1", "act": "pause",
    "kind": "oldest_order", "what": "webhook-secret",
}  # fmt: skip
_NAMES = {"order_": "5202", "users_": "zoe", "schedules_": "orders.poll"}

Body = Callable[[World], Mapping[str, Any]]


def _is(**body: Any) -> Body:
    return lambda _world: body


def path_of(act: Act) -> str:
    """Where the act is, of things that are there."""
    names = [value for prefix, value in _NAMES.items() if act.name.startswith(prefix)]
    path = act.path.replace("<name>", names[0] if names else "")
    for name, value in _VARIABLES.items():
        for kind in ("", "int:", "path:"):
            path = path.replace(f"<{kind}{name}>", value)
    assert "<" not in path, path
    return path


def _stored(world: World) -> StoredConnection:
    with world.engine.begin() as connection:
        return connections.by_id(connection, world.connection.id)


def _version(world: World) -> int:
    return _stored(world).rules_version


def _publishing(world: World) -> Mapping[str, Any]:
    with world.engine.begin() as connection:
        draft = rule_drafts.of(connection, world.connection.id)
    assert draft is not None
    return {"note": "no notes any more", "saved_at": draft.saved_at.isoformat()}


def _pair(world: World) -> Mapping[str, Any]:
    approved = _stored(world).approved
    assert approved is not None
    return {
        "shop": approved["shop"],
        "shop_id": approved["shop_id"],
        "account": approved["account"],
        "because": "moved",
    }


def _forcing(world: World) -> dict[str, Any]:
    """A guard stops the push: more would fall to nothing than it allows."""
    with world.engine.begin() as connection:
        stop = text("update stock_comparisons set on_sale = 100, emptied = 90 returning compared_at")
        compared_at = connection.execute(stop).scalar_one()
    return {"store": STORE, "compared_at": compared_at.isoformat(), "because": _WHY}


_WHY = "as the books say"
# In an order in which each can be carried out after those before it.
POSTS: Mapping[str, Body] = {
    "order_note": _is(store=STORE, said="call the warehouse"),
    "order_sync_now": _is(store=STORE),
    "order_leave": _is(store=STORE, because=_WHY),
    "order_look_again": _is(store=STORE),
    "order_adopt_one": _is(store=STORE, document="1", because=_WHY),
    "problems_assign": _is(subject="sku:NOBODY-KNOWS", to="otto"),
    "problems_snooze": _is(subject="sku:NOBODY-KNOWS", hours=1),
    "problems_again_act": _is(subject="gateway:paypal", because=_WHY),
    "mapping_publish": _publishing,
    "mapping_save": lambda world: {"toml": "[rules]\nlocation = '2'\n", "version": _version(world)},
    "mapping_discard": _is(),
    "mapping_propose": lambda world: {"proposal": "[rules.orders]\nnote = 'none'\n", "version": _version(world)},
    "mapping_map": lambda world: {
        "subject": "gateway:paypal", "value": "Card", "second": "Bank", "version": _version(world), "because": _WHY,
    },
    "mapping_value_draft": lambda world: {"table": "currencies", "key": "CHF", "value": "1", "version": _version(world)},
    "mapping_look_up": _is(),
    "mapping_rollback": lambda world: {"version": 1, "present": _version(world), "because": _WHY},
    "problems_map_act": _is(subject="sku:NOBODY-KNOWS", value="MUG-RED", because=_WHY),
    "events_replay_act": _is(store=STORE, topic="orders/create", because=_WHY),
    "jobs_change": _is(),
    "reconcile_run": _is(store=STORE),
    "inventory_freeze": _is(store=STORE, because=_WHY),
    "inventory_thaw": _is(store=STORE),
    "inventory_push_now": _is(store=STORE, because=_WHY),
    "inventory_push_force": _forcing,
    "schedules_run": _is(),
    "schedules_pause": _is(),
    "schedules_resume": _is(),
    "alerts_rule": _is(enabled=True, threshold="2"),
    "alerts_test_channel": _is(),
    "alerts_add_channel": _is(name="night shift", kind="email", target="night@example.com"),
    "alerts_remove_channel": _is(),
    "users_add": _is(name="max", role="viewer", stores=[STORE]),
    "users_link": _is(),
    "users_role": _is(role="operator"),
    "users_disable": _is(),
    "users_enable": _is(),
    "users_forget_code": _is(),
    "users_add_token": _is(name="nightly", role="viewer", stores=[STORE], days=1),
    "users_revoke_token": _is(),
    "connections_make_key": _is(),
    "connections_add": _is(name="eu-store", netsuite_account="1234567-sb1", shopify_shop="demo-store.myshopify.com"),
    "connections_rotate_now": _is(secret="another-secret-of-webhooks"),
    "connections_test_webhook": _is(),
    "connections_sync_webhooks": _is(),
    "connections_install": _is(),
    "connections_pause": _is(because=_WHY),
    "connections_resume": _is(because=_WHY),
    "connections_approve_pair": _pair,
    "connections_remove_now": _is(typed=STORE, because=_WHY),
}  # fmt: skip
# Understood, and refused for what the shop has not: documents of another connector, keys for a second connection, an app.
NOT_DONE_HERE = {"order_adopt_one": None, "connections_add": "netsuite_private_key", "connections_install": None}


def kept(world: World) -> list[object]:
    """What acts leave behind: who did what, and where each record stands."""
    with world.engine.begin() as connection:
        acts = connection.execute(text("select count(*) from operator_actions")).scalar_one()
        rows = connection.execute(text("select id, state, wanted_version from records order by id")).all()
        rules = connection.execute(text("select rules, enabled from connections order by id")).all()
    return [acts, rows, rules]
