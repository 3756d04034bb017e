"""Every route that is served, by every method: which role it needs, that nobody else comes in, and why some are for all."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from connector.store.roles import Role
from tests.access import opened_door
from tests.integration.console.test_console_doors import filled
from tests.visiting import Visitor
from tests.world import SESSION_SECRET

_BY_ROLE = {Role.VIEWER: "vera", Role.OPERATOR: "otto", Role.ADMIN: "ada"}
# What needs more than a viewer, a page and its twin alike. All else is read by everybody who is let in, and writes nothing.
OPERATOR = {
    "alerts_rule", "alerts_test_channel", "connections_pause", "connections_ping", "connections_resume",
    "connections_setup", "connections_test_webhook", "connections_webhooks", "events_replay_act", "events_revealed",
    "inventory_freeze", "inventory_push_now", "inventory_thaw", "jobs_change", "mapping_discard", "mapping_draft",
    "mapping_example", "mapping_locations", "mapping_look_up", "mapping_map", "mapping_value_draft",
    "mapping_propose", "mapping_save", "mapping_test", "mapping_value",
    "order_adopt_one", "order_leave", "order_look_again", "order_note", "order_sync_now", "problems_again_act",
    "problems_assign", "problems_map_act", "problems_snooze", "reconcile_run", "schedules_pause", "schedules_resume",
    "schedules_run",
}  # fmt: skip
ADMIN = {
    "alerts_add_channel", "alerts_remove_channel", "connections_add", "connections_approve", "connections_approve_pair",
    "connections_certificate", "connections_install", "connections_make_key", "connections_new", "connections_remove",
    "connections_remove_now", "connections_rotate", "connections_rotate_now", "connections_rotate_one",
    "connections_sync_webhooks", "inventory_push_force", "mapping_publish", "mapping_rollback", "system", "users", "users_add",
    "users_add_token", "users_disable", "users_enable", "users_forget_code", "users_link", "users_revoke_token",
    "users_role",
}  # fmt: skip
# For whoever is signed in, whatever the role: it is their own.
OWN = {
    "account.account", "account.change_password", "account.confirm", "account.end_sessions", "account.enrol",
    "account.remove", "access.give_password", "access.password", "access.sign_out",
}  # fmt: skip
FOR_ALL = {
    "access.come_in": "asks who somebody is",
    "access.come_in_by_link": "proves itself by a link that is good once",
    "access.link": "shows the button of such a link",
    "access.sign_in": "asks who somebody is",
    "health.healthz": "says that the process lives, and nothing else",
    "health.metrics": "numbers for the platform's own network, without names",
    "health.readyz": "says what is not well in one word each, for the platform",
    "install.begin": "proves itself by a link that an admin made, and the cookie of its browser",
    "install.callback": "proves itself by Shopify's signature and the cookie of its browser",
    "install.confirm": "proves itself by a link that an admin made",
    "netsuite_events.netsuite": "proves itself by its signature",
    "single_sign_on.callback": "proves itself by the provider's answer to a question of this browser",
    "single_sign_on.start": "sends to the provider that says who somebody is",
    "static": "styles, scripts and signs of ours, the same for all",
    "webhooks.shopify": "proves itself by Shopify's signature",
}
# By what is asked they are understood by no one: who passes the door is told so, and nothing is done.
_ODD = "there_is_no_such_field"
_HARMLESS = {
    "api.openapi": 200,
    "api.missing": 404,
    "console.missing": 404,
    "console.mapping_map": 404,
    "console.mapping_value_draft": 404,
    "console.connections_rotate_now": 404,
}
Route = tuple[str, str, str]


@pytest.fixture(scope="module")
def served() -> set[Route]:
    """What the server serves, as it is put together from the environment: endpoint, path and method."""
    environment = {
        "DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0",
        "CONNECTOR_KEYS": f"k1:{b64encode(b'k' * 32).decode()}", "CONNECTOR_SESSION_SECRET": SESSION_SECRET,
        "CONNECTOR_PUBLIC_URL": "https://hooks.example.com", "CONNECTOR_OIDC_ISSUER": "https://people.example.com",
        "CONNECTOR_OIDC_CLIENT_ID": "console", "CONNECTOR_OIDC_CLIENT_SECRET": "hush",
    }  # fmt: skip
    asked = (
        "import json; from web.wsgi import app; "
        "print(json.dumps([[r.endpoint, r.rule, m] for r in app.url_map.iter_rules() for m in r.methods]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, check=True, text=True, env={**os.environ, **environment}
    )
    return {(endpoint, path, method) for endpoint, path, method in json.loads(told.stdout)}


def test_every_route_that_is_served_is_walked_or_says_why_it_is_for_all(served: set[Route], otto: Visitor) -> None:
    elsewhere = {route for route in served if not route[0].startswith(("console.", "api."))}
    assert {endpoint for endpoint, _, _ in elsewhere} == OWN | FOR_ALL.keys()
    walked = {
        (rule.endpoint, rule.rule, method) for rule in otto.app.url_map.iter_rules() for method in rule.methods or ()
    }
    assert served - elsewhere == {route for route in walked if route[0] != "static"}


def test_every_route_of_the_console_needs_its_role_and_no_other(otto: Visitor) -> None:
    wrong = []
    for endpoint, path, method in routes(otto):
        for role, name in _BY_ROLE.items():
            is_let_in = role.covers(needed(endpoint))
            status = asked(replace(otto, name=name), path, method)
            if status != (_HARMLESS.get(endpoint, 400) if is_let_in else 403):
                wrong.append((endpoint, method, role.value, status))
    assert wrong == []


def test_nobody_comes_in_by_any_route_of_the_console(otto: Visitor) -> None:
    nobody = replace(otto, name="nobody")
    for endpoint, path, method in routes(otto):
        assert asked(nobody, path, method) == (401 if path.startswith("/api/") else 303), (endpoint, method)


def test_what_only_reads_is_read_by_everybody_and_every_act_needs_more(otto: Visitor) -> None:
    acts = {act.name for act in otto.console.acts}
    names = {endpoint.partition(".")[2] for endpoint, _, _ in routes(otto)}
    assert acts <= OPERATOR | ADMIN <= names
    assert not OPERATOR & ADMIN
    assert {screen.name for screen in otto.console.screens} | acts <= names


def test_ones_own_account_is_for_whoever_is_signed_in(database: Engine) -> None:
    door = opened_door(database)
    door.app.config["WTF_CSRF_ENABLED"] = False
    walked = set()
    for rule in door.app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"GET", "POST"}:
            if rule.endpoint in OWN:
                browser = door.app.test_client()
                if method == "POST":
                    token = browser.get("/sign-in").text.partition('name="csrf_token" value="')[2].partition('"')[0]
                    answer = browser.post(rule.rule, data={"csrf_token": token})
                else:
                    answer = browser.get(rule.rule)
                assert (answer.status_code, (answer.location or "")[:8]) == (303, "/sign-in"), (
                    rule.endpoint,
                    answer.text,
                )
                walked.add(rule.endpoint)
    assert walked == OWN


def routes(visitor: Visitor) -> Iterator[Route]:
    """Every route of the console and its API by each method that reads or writes."""
    for rule in visitor.app.url_map.iter_rules():
        if rule.endpoint.startswith(("console.", "api.")):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, rule.rule, method


def needed(endpoint: str) -> Role:
    """The role that a route needs."""
    name = endpoint.partition(".")[2]
    return Role.ADMIN if name in ADMIN else Role.OPERATOR if name in OPERATOR else Role.VIEWER


def asked(visitor: Visitor, path: str, method: str) -> int:
    """The status of a request that nobody understands; it does nothing."""
    client, at, headers = visitor.client, filled(path), {"X-Who": visitor.name}
    if method == "GET":
        return client.get(f"{at}?{_ODD}=1", headers=headers).status_code
    body = {"json": {_ODD: 1}} if path.startswith("/api/") else {"data": {_ODD: "1"}}
    return client.open(at, method=method, headers=headers, **body).status_code
