"""Whoever sees other connections only finds nothing of this one: no page, no twin, no file, no act, by no id."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from connector.flows import people
from connector.flows.acting import Who
from connector.store.roles import Role
from connector.store.users import NewUser
from tests.browser.addresses import SCREENS, filled_by
from tests.clock import now
from tests.integration.console.furnished import opened_shop, seen_at
from tests.integration.console.posts import NOT_DONE_HERE, POSTS, STORE, kept, path_of
from tests.visiting import Visitor
from tests.world import World

# Parts and files, which have no twin.
PIECES = {
    "news": "/orders/news?than=1&store={store}",
    "orders_csv": "/orders.csv?store={store}",
    "order_news": "/orders/{order}/news?store={store}&than=0",
    "problems_news": "/problems/news?store={store}",
    "events_news": "/events/news?store={store}",
    "inventory_news": "/inventory-news?store={store}",
    "inventory_csv": "/inventory.csv?store={store}",
    "reconcile_news": "/reconcile/news?store={store}",
    "reconcile_csv": "/reconcile.csv?store={store}",
    "reconcile_differences_csv": "/reconcile-differences.csv?store={store}",
    "jobs_rows": "/jobs/rows?store={store}",
    "jobs_progress": "/jobs/{job}/progress",
    "mapping_toml": "/mapping/{store}/rules.toml",
    "connections_arrival": "/connections/{store}/arrival",
    "audit_csv": "/audit.csv?store={store}",
    "connections_certificate": "/connections/keys/{key}.crt",
}
# Of all connections together: who sees some only is told that, and learns nothing of any.
OF_ALL = {"connections_new", "connections_make_key", "connections_add"}
# Users and tokens are nobody's connection: an admin of others is refused as such, whoever it is about.
OF_PEOPLE = {"users_link", "users_role", "users_disable", "users_enable", "users_forget_code"}
# Words of this shop that stand in no answer to a stranger.
OURS = (STORE, "demo-store", "1234567", "#1201", "NOBODY-KNOWS", "paypal", "MUG")


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[tuple[World, Visitor]]:
    """The furnished shop, and an admin of all at its console."""
    with opened_shop(database, redis_url) as (world, visitor):
        people.add(world.engine, NewUser("zoe", Role.VIEWER), by=Who("command line", Role.ADMIN), now=now())
        yield world, replace(visitor, name="ada")


def test_every_address_answers_who_sees_the_shop_and_not_the_stranger(shop: tuple[World, Visitor]) -> None:
    _, ada = shop
    stranger = replace(ada, name="stranger")
    at = addresses(ada)
    assert {f"console.{name}" for name in at} | {"console.missing"} == {
        rule.endpoint
        for rule in ada.app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "GET" in (rule.methods or set())
    }
    wrong: list[tuple[object, ...]] = []
    for name, address in at.items():
        for path in (address, f"/api/v1{'/overview' if address == '/' else address}"):
            if path.startswith("/api") and name in PIECES:
                continue
            if (known := ada.get(path).status_code) != 200:
                wrong.append((path, "ada", known))
            # Without the store in the query, the thing itself must not be found.
            for asked in {path, path.replace(f"?store={STORE}", ""), path.replace(f"&store={STORE}", "")}:
                answer = stranger.get(asked)
                if answer.status_code not in allowed(name, asked) or shows(answer, asked):
                    wrong.append((asked, "stranger", answer.status_code, shows(answer, asked)))
    assert wrong == []


def test_a_filter_by_this_connection_finds_no_list(shop: tuple[World, Visitor]) -> None:
    _, ada = shop
    stranger = replace(ada, name="stranger")
    for screen in ada.console.screens:
        if "<" not in screen.path and screen.name not in OF_ALL | {"users", "system", "overview"}:
            path = f"{screen.path}?{urlencode({'store': STORE})}"
            assert (ada.get(path).status_code, stranger.get(path).status_code) == (200, 404), path
            assert stranger.get(f"/api/v1{path}").status_code == 404, path


def test_every_act_is_carried_out_for_who_sees_the_shop_and_is_not_found_by_the_stranger(
    shop: tuple[World, Visitor],
) -> None:
    world, ada = shop
    stranger = replace(ada, name="stranger")
    acts = {act.name: act for act in ada.console.acts}
    assert acts.keys() == POSTS.keys()
    before = kept(world)
    for name, act in acts.items():
        refused = 403 if name in OF_ALL | OF_PEOPLE else 404
        body = POSTS[name](world)
        for answer in (stranger.calls(path_of(act), body), stranger.presses(path_of(act), **body)):
            assert (name, answer.status_code) == (name, refused), answer.text
            assert not shows(answer, f"{path_of(act)} {body}"), (name, answer.text)
    assert kept(world) == before
    for name in POSTS:
        answer = ada.calls(path_of(acts[name]), POSTS[name](world))
        if name in NOT_DONE_HERE:
            assert answer.status_code == 400, (name, answer.text)
            assert NOT_DONE_HERE[name] in {None, *answer.get_json().get("errors", {})}, answer.text
        else:
            assert (name, answer.status_code) == (name, 200), answer.text


def addresses(ada: Visitor) -> dict[str, str]:
    """Of every page, part and file, each of something that is there."""
    ada.does("/connections/keys")
    found = filled_by(lambda page, seen: seen_at(ada, page, seen), STORE)
    names = {
        "store": STORE,
        "order": found["order"].partition("?")[0].rpartition("/")[2],
        "job": "1",
        "key": ada.json("/connections/new")["keys"][0]["name"],
    }
    screens = {name: found[name] for name in SCREENS}
    return screens | {name: at.format(**names) for name, at in PIECES.items()}


def allowed(name: str, asked: str) -> set[int]:
    """What a stranger may be answered.

    What is this shop's is not there. A list of all that are seen is there and has nothing in it; of a list that is always of
    one store there is none.
    """
    if name in OF_ALL:
        return {403}
    if STORE in asked or name in OF_ONE_THING:
        return {404}
    return {200, 404} if name in OF_ONE_STORE else {200}


# Found by a name or an id in the address, without the store.
OF_ONE_THING = {name for name, at in {**SCREENS, **PIECES}.items() if "{" in at.partition("?")[0]}
# Of the first store that is seen, where none is said.
OF_ONE_STORE = {"inventory", "inventory_push", "inventory_news", "inventory_csv", "mapping", "reconcile"} | {
    "reconcile_news", "reconcile_csv", "reconcile_differences_csv",
}  # fmt: skip


def shows(answer: TestResponse, asked: str) -> list[str]:
    """Words of the shop in an answer that were not in what was asked."""
    said = answer.text.replace(asked, "")
    return [word for word in OURS if word in said and word not in asked]
