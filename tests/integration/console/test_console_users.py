"""/users: who may come in, and tokens."""

from dataclasses import replace

import pytest

from connector.flows import people
from connector.flows.acting import Who
from connector.store.roles import Role
from connector.store.users import NewUser
from tests.clock import now
from tests.visiting import PEOPLE, Visitor, words
from tests.world import World


@pytest.fixture
def owner(world: World) -> None:
    """Somebody who can come in whatever happens to others."""
    people.add(world.engine, NewUser("owner", Role.ADMIN), by=Who("command line", Role.ADMIN), now=now())


def test_a_user_is_added_and_given_a_link(ada: Visitor) -> None:
    said = ada.is_given("/users", name="zoe", role="viewer", stores="us-store")
    assert "Give zoe this link; it is good once, for a day. https://hooks.example.com/sign-in/link?link=" in said
    (zoe,) = [user for user in ada.json("/users")["users"] if user["name"] == "zoe"]
    assert (zoe["role"], zoe["stores"]) == ("viewer", ["us-store"])


@pytest.mark.usefixtures("owner")
def test_a_user_is_given_another_role_shut_out_and_let_in(ada: Visitor) -> None:
    ada.is_given("/users", name="zoe", role="viewer")
    assert "zoe is operator" in ada.does("/users/zoe/role", role="operator")
    assert "shut out" in ada.does("/users/zoe/disable")
    assert "may come in again" in ada.does("/users/zoe/enable")
    assert ada.presses("/users/nobody/disable").status_code == 409


def test_a_token_is_shown_once_and_revoked(ada: Visitor) -> None:
    assert "Bearer. mlc_" in ada.is_given("/users/tokens", name="books", role="viewer", days="30")
    (token,) = ada.json("/users")["tokens"]
    assert "mlc_" not in ada.reads("/users").replace("Bearer mlc_", "")
    assert "is good no more" in ada.does(f"/users/tokens/{token['id']}/revoke")
    assert ada.json("/users")["tokens"][0]["revoked_at"] is not None


def test_an_operator_sees_no_users(otto: Visitor) -> None:
    assert otto.get("/users").status_code == 403
    assert otto.presses("/users", name="zoe", role="admin").status_code == 403


def test_an_admin_of_some_stores_gives_no_more_than_that(ada: Visitor, stranger: Visitor) -> None:
    ada.is_given("/users", name="zoe", role="viewer")
    ada.is_given("/users/tokens", name="books", role="viewer")
    number = ada.json("/users")["tokens"][0]["id"]
    assert stranger.json("/users") == {"users": [], "tokens": []}
    assert stranger.presses("/users/zoe/role", role="admin").status_code == 403
    assert stranger.presses(f"/users/tokens/{number}/revoke").status_code == 404
    assert stranger.presses("/users", name="max", role="admin", stores="us-store").status_code == 404


def test_the_password_is_asked_again_when_it_was_given_long_ago(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEOPLE, "ada", replace(PEOPLE["ada"], password_at=None))
    answer = ada.presses("/users", name="zoe", role="viewer")
    assert (answer.status_code, answer.location) == (303, "/sign-in/password")
    assert "zoe" not in words(ada.get("/users").text)


def test_a_program_is_told_a_new_token_once_and_under_its_key_again(ada: Visitor) -> None:
    first, again = (
        ada.calls("/users/tokens", {"name": "books", "role": "viewer"}, **{"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.get_json()["secret"].startswith("mlc_")
    assert first.get_json() == again.get_json()
    assert len(ada.json("/users")["tokens"]) == 1
