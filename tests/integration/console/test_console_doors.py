"""What acts ask before they are carried out, and that nothing that is asked brings the console down."""

import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, text

from connector.flows import people
from connector.flows.acting import Who
from connector.store.roles import Role
from connector.store.users import NewUser
from tests.clock import now
from tests.integration.console.furnished import opened_shop
from tests.integration.console.posts import POSTS, kept, path_of
from tests.visiting import PEOPLE, Visitor
from tests.world import World
from web.console.asking import Because, Form
from web.console.paging import cursor
from web.console.screens import Console, Reach

_VARIABLE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")


def filled(path: str) -> str:
    """The address with something in its variables: this connection, and ids that exist or may exist."""
    values = {"store": "us-store", "int": "1"}
    return _VARIABLE.sub(lambda found: values.get(found[2]) or values.get(found[1] or "", "x"), path)


def api(path: str) -> str:
    """The address under /api/v1."""
    return "/overview" if path == "/" else filled(path)


@pytest.mark.parametrize("key", [["x"], ["x", "y"], ["9" * 30], ["1", "2", "3"], ["-1"]])
def test_a_forged_page_of_a_list_is_refused_as_bad_input(ada: Visitor, key: list[str]) -> None:
    walked = 0
    for screen in ada.console.screens:
        if "after" in screen.asked.model_fields and "<" not in screen.path:
            answer = ada.get(f"/api/v1{api(screen.path)}?after={cursor(key)}")
            assert (answer.status_code, list(answer.get_json().get("errors", {}))) == (400, ["after"]), screen.path
            walked += 1
    assert walked >= 7


# What neither moves money nor lets anybody in. Adding a connection and changing a secret are not here for nothing: a new
# connection writes nothing before it goes live, and a secret that is not known cannot be typed.
WITHOUT_PASSWORD = {
    "alerts_add_channel", "alerts_remove_channel", "alerts_rule", "alerts_test_channel", "connections_add",
    "connections_install", "connections_make_key", "connections_pause", "connections_rotate_now",
    "connections_sync_webhooks", "connections_test_webhook", "inventory_freeze", "inventory_push_now", "inventory_thaw",
    "jobs_change", "mapping_discard", "mapping_look_up", "mapping_propose", "mapping_save", "mapping_value_draft",
    "order_leave", "order_look_again", "order_note",
    "order_sync_now", "problems_assign", "problems_snooze", "reconcile_run", "schedules_pause", "schedules_resume",
    "schedules_run", "users_revoke_token",
}  # fmt: skip


def test_what_can_move_money_or_lets_somebody_in_asks_for_the_password_again(
    ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PEOPLE, "ada", replace(PEOPLE["ada"], password_at=None))
    assert {act.name for act in ada.console.acts if not act.asks_password} == WITHOUT_PASSWORD
    for act in ada.console.acts:
        if act.asks_password:
            answer = ada.presses(filled(act.path))
            assert (answer.status_code, answer.location[:17]) == (303, "/sign-in/password"), act.path
            assert ada.calls(api(act.path)).status_code == 403, act.path


# One press touches one order, one thing of the mapping, one user: it asks for no reason. An act that touches many says so where
# it is registered (`reach`); an act that is new stands in neither list, and these tests ask which it is.
ONE_THING = {
    "alerts_add_channel", "alerts_remove_channel", "alerts_rule", "alerts_test_channel", "connections_add",
    "connections_install", "connections_make_key", "connections_rotate_now", "connections_test_webhook",
    "inventory_freeze", "inventory_thaw", "mapping_discard", "mapping_propose", "mapping_save", "mapping_value_draft",
    "order_adopt_one",
    "order_leave", "order_look_again", "order_note", "order_sync_now", "problems_assign", "problems_snooze", "users_add",
    "users_add_token", "users_disable", "users_enable", "users_forget_code", "users_link", "users_revoke_token",
    "users_role",
}  # fmt: skip
# One press of these reaches far, and yet nothing is asked.
WITHOUT_REASON = {
    "connections_sync_webhooks": "makes subscriptions in the shop; it touches no record",
    "jobs_change": "the job has its reason and had its password; the three words let it wait, go on or end",
    "mapping_look_up": "keeps the ids of names; what was held for such a name is what goes on by itself too",
    "reconcile_run": "reads both systems and writes nothing",
    "schedules_pause": "nothing is lost: what it would have done is done when it goes on",
    "schedules_resume": "what the clock does by itself",
    "schedules_run": "what the clock does by itself, now",
}
# What touches many and writes no money: the reason is enough.
WITHOUT_MONEY = {"connections_pause", "inventory_push_force", "inventory_push_now"}


def test_what_touches_many_records_asks_why_and_what_writes_their_money_for_the_password(otto: Visitor) -> None:
    acts = otto.console.acts
    assert {act.name for act in acts if act.reach is Reach.ONE} == ONE_THING | WITHOUT_REASON.keys()
    assert {act.name for act in acts if act.reach is Reach.MANY} == WITHOUT_MONEY
    assert {act.name for act in acts if act.reach is Reach.MONEY} == {
        "connections_approve_pair", "connections_remove_now", "connections_resume", "events_replay_act", "mapping_map",
        "mapping_publish", "mapping_rollback", "problems_again_act", "problems_map_act",
    }  # fmt: skip
    assert all(act.asks_password for act in acts if act.reach is Reach.MONEY)


def test_no_act_on_many_records_is_carried_out_without_a_reason(database: Engine, redis_url: str) -> None:
    with opened_shop(database, redis_url) as (world, visitor):
        ada = replace(visitor, name="ada")
        before = kept(world)
        for act in ada.console.acts:
            if act.reach is not Reach.ONE:
                body = dict(POSTS[act.name](world))
                (reason,) = {"because", "note"} & body.keys()
                for said in ({}, {reason: ""}, {reason: "  "}):
                    answer = ada.calls(path_of(act), {name: body[name] for name in body if name != reason} | said)
                    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, [reason]), act.name
                # A page whose form is about something in its address is not there without it.
                assert ada.presses(path_of(act), **body | {reason: ""}).status_code in (400, 404), act.name
        assert kept(world) == before


def test_no_act_on_one_thing_makes_many_records_due(database: Engine, redis_url: str) -> None:
    """What calls itself one thing touches the records of one order at most: the order, and what the shop is told of it."""
    with opened_shop(database, redis_url) as (world, visitor):
        ada = replace(visitor, name="ada")
        people.add(world.engine, NewUser("zoe", Role.VIEWER), by=Who("command line", Role.ADMIN), now=now())
        acts = {act.name: act for act in ada.console.acts}
        for name in POSTS:
            if name in ONE_THING:
                before = versions(world)
                ada.calls(path_of(acts[name]), POSTS[name](world))
                changed = {number for number, version in versions(world).items() if before.get(number) != version}
                assert len({shopify_id for _, shopify_id in changed}) <= 1, name


def test_an_act_on_many_records_is_not_registered_without_its_questions(otto: Visitor) -> None:
    console = Console(otto.console.site)
    with pytest.raises(TypeError, match="reason"):
        console.act("all_at_once", "/all-at-once", Form, asks_password=True, reach=Reach.MANY)
    with pytest.raises(TypeError, match="password"):
        console.act("all_at_once", "/all-at-once", Because, reach=Reach.MONEY)
    assert console.acts == []


def versions(world: World) -> dict[tuple[str, str], tuple[object, ...]]:
    """Where each record stands, by its kind and id in the shop."""
    with world.engine.begin() as connection:
        found = connection.execute(
            text("select kind, shopify_id, state, wanted_version, next_attempt_at from records")
        ).all()
    return {(row.kind, row.shopify_id): tuple(row) for row in found}


ODD = ("\x00", "9" * 40, "-1", "9999-12-31", "2026-01-01T00:00:00", "[", "\ud83d", "a" * 3000)


def test_nothing_that_is_asked_is_answered_as_a_failure_of_ours(ada: Visitor) -> None:
    """Whatever stands in a query: understood or refused, never 5xx."""
    wrong = []
    for screen in ada.console.screens:
        for name in screen.asked.model_fields:
            for odd in ODD:
                query = urlencode({name: odd}, errors="surrogatepass")
                status = ada.get(f"/api/v1{api(screen.path)}?{query}").status_code
                if status >= 500:
                    wrong.append((screen.path, name, odd[:12], status))
    assert wrong == []


def test_no_number_in_an_address_is_answered_as_a_failure_of_ours(ada: Visitor) -> None:
    for screen in ada.console.screens:
        if "<int:" in screen.path:
            path = re.sub(r"<int:\w+>", "9" * 30, screen.path)
            assert ada.get(filled(path)).status_code < 500, screen.path
