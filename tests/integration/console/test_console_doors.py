"""Every address of the console and its API: who may use it, and that nobody learns of connections that are not theirs."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from werkzeug.routing import Rule

from connector.store.roles import Role
from tests.visiting import PEOPLE, Visitor
from web.console.paging import cursor

_BY_ROLE = {Role.VIEWER: "vera", Role.OPERATOR: "otto", Role.ADMIN: "ada"}
_VARIABLE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
# Says what the API is; there is nothing of a connection in it.
_OF_NOBODY = ("/api/v1/openapi.json",)


def test_nobody_comes_in_anywhere(otto: Visitor) -> None:
    nobody = replace(otto, name="nobody")
    for rule, method in doors(otto):
        answer = nobody.client.open(filled(rule.rule), method=method)
        expected = 401 if rule.rule.startswith("/api/") else 303
        assert answer.status_code == expected, (method, rule.rule, answer.status_code)
        if expected == 303:
            assert answer.location.startswith("/sign-in"), rule.rule


def test_an_act_is_refused_to_every_role_below_its_own(otto: Visitor) -> None:
    walked = 0
    for act in otto.console.acts:
        for role, name in _BY_ROLE.items():
            if role.covers(act.role):
                continue
            visitor = replace(otto, name=name)
            assert visitor.presses(filled(act.path)).status_code == 403, (act.path, role)
            assert visitor.calls(api(act.path)).status_code == 403, (act.path, role)
            walked += 1
    assert walked >= len(otto.console.acts)


def test_a_screen_is_refused_to_every_role_below_its_own(otto: Visitor) -> None:
    for screen in otto.console.screens:
        for role, name in _BY_ROLE.items():
            if not role.covers(screen.role):
                visitor = replace(otto, name=name)
                assert visitor.get(filled(screen.path)).status_code == 403, (screen.path, role)
                assert visitor.get("/api/v1" + api(screen.path)).status_code == 403, (screen.path, role)


def test_whoever_sees_other_connections_only_finds_nothing_of_this_one(otto: Visitor, stranger: Visitor) -> None:
    for rule, method in doors(otto):
        if rule.rule in _OF_NOBODY:
            continue
        answer = stranger.client.open(filled(rule.rule), method=method, headers={"X-Who": "stranger"}, json=_body(rule))
        assert answer.status_code < 500, (method, rule.rule, answer.text[:300])
        named = "us-store" in answer.text.replace(filled(rule.rule), "").replace("connection us-store", "")
        assert not named or answer.status_code >= 400, (method, rule.rule)
        if "<store>" in rule.rule:
            assert answer.status_code in (400, 404), (method, rule.rule, answer.status_code)


def doors(visitor: Visitor) -> Iterator[tuple[Rule, str]]:
    """Every address with each of its methods."""
    found = [
        (rule, method)
        for rule in visitor.app.url_map.iter_rules()
        if rule.endpoint.startswith(("console.", "api."))
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]
    assert len(found) > 20
    yield from found


def filled(path: str) -> str:
    """The address with something in its variables: this connection, and ids that exist or may exist."""
    values = {"store": "us-store", "int": "1"}
    return _VARIABLE.sub(lambda found: values.get(found[2]) or values.get(found[1] or "", "x"), path)


def api(path: str) -> str:
    """The address under /api/v1."""
    return "/overview" if path == "/" else filled(path)


def _body(rule: Rule) -> dict[str, str] | None:
    return {} if rule.rule.startswith("/api/") else None


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
    "jobs_change", "mapping_discard", "mapping_propose", "mapping_save", "order_leave", "order_look_again", "order_note",
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
