"""The first admin comes in by the command line, and whoever has it can put right who may do what."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.access import PASSWORD, Door, opened_door


@pytest.fixture
def door(database: Engine) -> Door:
    """The console's door, on the database the commands work on."""
    return opened_door(database)


def link_of(output: str) -> str:
    """The link's own part of a printed URL."""
    address, _, link = output.strip().partition("?link=")
    assert address == "https://hooks.example.com/sign-in/link"
    return link


def test_the_first_admin_is_added_and_comes_in_by_the_printed_link(run: Any, door: Door) -> None:
    added = run("users", "add", "Zoë", "--role", "admin")
    assert added.exit_code == 0, added.output
    assert "Zoë signs in by it once, until" in added.stderr
    browser = door.browser()
    assert browser.send("/sign-in", "/sign-in/link", link=link_of(added.stdout)).status_code == 303
    assert browser.who().json == {"name": "Zoë", "role": "admin", "connection_ids": None}


def test_a_name_is_taken_in_every_case(run: Any, door: Door) -> None:
    assert run("users", "add", "anna", "--role", "viewer").exit_code == 0
    refused = run("users", "add", "ANNA", "--role", "viewer")
    assert refused.exit_code == 1
    assert "another user's" in str(refused.exception)


@pytest.mark.parametrize("name", ["", " anna", "a\nb", "x" * 65, "<b>"])
def test_a_name_that_nobody_could_read_is_refused(run: Any, door: Door, name: str) -> None:
    assert run("users", "add", name, "--role", "viewer").exit_code == 1
    assert json.loads(run("users", "list", "--json").stdout) == []


def test_users_are_listed_without_what_they_sign_in_with(run: Any, door: Door) -> None:
    door.add("anna", email="Anna@Example.com")
    listed = json.loads(run("users", "list", "--json").stdout)
    assert [(user["name"], user["role"], user["email"], user["connections"]) for user in listed] == [
        ("anna", "admin", "anna@example.com", None)
    ]
    assert not {"password_hash", "totp"} & set(listed[0])
    assert "anna@example.com" in run("users", "list").stdout


def test_role_password_and_door_are_changed(run: Any, door: Door) -> None:
    door.add("anna")
    door.add("ben")
    browser = door.signed_in("ben")
    assert run("users", "role", "ben", "operator").stdout == "ben is operator of all connections\n"
    assert browser.who().json == {"name": "ben", "role": "operator", "connection_ids": None}
    changed = run("users", "password", "ben", typed="another good phrase\nanother good phrase\n")
    assert changed.exit_code == 0, changed.output
    assert browser.who().status_code == 401
    assert door.browser().sign_in("ben", PASSWORD).status_code == 403
    assert door.browser().sign_in("ben", "another good phrase").status_code == 303
    assert run("users", "disable", "ben").exit_code == 0
    assert door.browser().sign_in("ben", "another good phrase").status_code == 403
    assert run("users", "enable", "ben").exit_code == 0
    assert door.browser().sign_in("ben", "another good phrase").status_code == 303


@pytest.mark.parametrize("arguments", [("disable", "anna"), ("role", "anna", "viewer")])
def test_the_last_admin_stays_one(run: Any, door: Door, arguments: tuple[str, ...]) -> None:
    door.add("anna")
    refused = run("users", *arguments)
    assert refused.exit_code == 1
    assert "anna is the only admin who can come in" in str(refused.exception)
    assert door.signed_in().who().json == {"name": "anna", "role": "admin", "connection_ids": None}


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "anna12345678", "x" * 257])
def test_a_password_that_is_easily_guessed_is_refused(run: Any, door: Door, password: str) -> None:
    door.add("anna")
    assert run("users", "password", "anna", "--password", password).exit_code == 1
    door.signed_in()


def test_a_token_is_made_used_and_revoked(run: Any, door: Door) -> None:
    made = json.loads(run("users", "tokens", "add", "ci", "--role", "viewer", "--json").stdout)
    bearer = {"Authorization": f"Bearer {made['token']}"}
    client = door.app.test_client()
    assert client.get("/api/v1/who", headers=bearer).json == {
        "name": "token ci", "role": "viewer", "connection_ids": None,
    }  # fmt: skip
    (listed,) = json.loads(run("users", "tokens", "list", "--json").stdout)
    assert made["token"] not in json.dumps(listed)
    assert listed["last_used_at"] is not None
    assert "ci" in run("users", "tokens", "list").stdout
    assert run("users", "tokens", "revoke", str(made["id"])).exit_code == 0
    assert client.get("/api/v1/who", headers=bearer).status_code == 401


def test_a_connection_that_does_not_exist_is_no_way_to_see_all(run: Any, door: Door) -> None:
    refused = run("users", "add", "anna", "--role", "viewer", "--connection", "us-stroe")
    assert refused.exit_code == 1
    assert "no connection named us-stroe" in str(refused.exception)
    assert json.loads(run("users", "list", "--json").stdout) == []
