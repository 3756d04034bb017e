"""Tokens of the API: whom they stand for, when they end, and who may make them."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from connector.errors import Rejected
from connector.flows import api_access, people
from connector.flows.acting import NotAllowed, Who
from connector.flows.passwords import Passwords
from connector.flows.throttling import TooManyTries
from connector.store.api_tokens import NewToken
from connector.store.roles import Role
from tests.access import OWNER, Door, opened_door


@pytest.fixture
def door(database: Engine) -> Door:
    """The door, with anna, an admin, and ben, who only looks."""
    opened = opened_door(database)
    opened.add(password=None)
    opened.add("ben", Role.VIEWER, connection_ids=(7,), password=None)
    return opened


def made(door: Door, new: NewToken, by: Who = OWNER) -> str:
    """The text of a new token."""
    return api_access.make(door.engine, new, by=by, now=door.clock()).text


def asked(door: Door, token: str, scheme: str = "Bearer") -> tuple[int, object]:
    """What the API answers to a token."""
    answer = door.app.test_client().get("/api/v1/who", headers={"Authorization": f"{scheme} {token}"})
    return answer.status_code, answer.json if answer.status_code == 200 else None


def as_ben(door: Door) -> Who:
    """Ben, signed in."""
    return Who("ben", Role.VIEWER, (7,), None, door.user("ben").id)


def test_a_token_acts_for_its_user_with_the_users_present_role(door: Door) -> None:
    token = made(door, NewToken("script", user_id=door.user("ben").id), by=as_ben(door))
    assert asked(door, token) == (200, {"name": "ben by token script", "role": "viewer", "connection_ids": [7]})
    people.set_role(door.engine, "ben", Role.OPERATOR, None, by=OWNER)
    assert asked(door, token) == (200, {"name": "ben by token script", "role": "operator", "connection_ids": None})
    people.disable(door.engine, "ben", by=OWNER, now=door.clock())
    assert asked(door, token) == (401, None)


def test_a_token_ends_when_it_says_and_when_it_is_revoked(door: Door) -> None:
    ends_at = door.clock() + timedelta(days=1)
    first = made(door, NewToken("a", role=Role.VIEWER, ends_at=ends_at))
    second = api_access.make(door.engine, NewToken("b", role=Role.VIEWER), by=OWNER, now=door.clock())
    assert asked(door, first, scheme="bearer")[0] == 200
    door.clock.move(days=1)
    assert asked(door, first)[0] == 401
    assert asked(door, second.text)[0] == 200
    api_access.revoke(door.engine, second.token.id, by=OWNER, now=door.clock())
    assert asked(door, second.text)[0] == 401


def test_nothing_else_is_a_token(door: Door) -> None:
    token = made(door, NewToken("a", role=Role.VIEWER))
    assert asked(door, token, scheme="Basic")[0] == 401
    assert asked(door, "")[0] == 401
    assert asked(door, token[4:])[0] == 401
    assert asked(door, token + "x")[0] == 401
    assert re.fullmatch(r"mlc_[\w-]{43}", token)


def test_a_token_is_no_session(door: Door) -> None:
    token = made(door, NewToken("a", role=Role.ADMIN))
    assert door.app.test_client().get("/who", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_only_its_hash_is_kept(door: Door) -> None:
    token = made(door, NewToken("a", role=Role.VIEWER))
    with door.engine.begin() as connection:
        rows = repr(connection.execute(text("select * from api_tokens")).all())
        rows += repr(connection.execute(text("select * from operator_actions")).all())
    assert token not in rows


@pytest.mark.parametrize(
    "new",
    [
        NewToken("a", role=Role.VIEWER, connection_ids=(7,)),
        NewToken("a", user_id=1),
    ],
)
def test_who_is_no_admin_makes_tokens_for_himself_alone(door: Door, new: NewToken) -> None:
    with pytest.raises(NotAllowed):
        made(door, new, by=as_ben(door))


@pytest.mark.parametrize(
    "new",
    [
        NewToken("a", role=Role.VIEWER),
        NewToken("a", role=Role.VIEWER, connection_ids=(7, 8)),
        NewToken("a", user_id=1),
    ],
)
def test_an_admin_of_some_connections_gives_no_more_than_he_has(door: Door, new: NewToken) -> None:
    some = Who("carl", Role.ADMIN, (7,), None, 99)
    with pytest.raises(NotAllowed):
        made(door, new, by=some)
    assert made(door, NewToken("a", role=Role.ADMIN, connection_ids=(7,)), by=some)
    with pytest.raises(NotAllowed):
        people.set_role(door.engine, "ben", Role.ADMIN, None, by=some)
    with pytest.raises(NotAllowed):
        people.invite(door.engine, "anna", by=some, now=door.clock())


@pytest.mark.parametrize(
    "new",
    [
        NewToken("", role=Role.VIEWER),
        NewToken("a"),
        NewToken("a", user_id=1, role=Role.VIEWER),
        NewToken("a", user_id=1, connection_ids=(7,)),
    ],
)
def test_a_token_that_would_be_nobodys_is_refused(door: Door, new: NewToken) -> None:
    with pytest.raises(Rejected):
        made(door, new)


def test_nobody_revokes_the_token_of_somebody_else_but_an_admin(door: Door) -> None:
    owned = api_access.make(door.engine, NewToken("a", user_id=1), by=OWNER, now=door.clock())
    with pytest.raises(NotAllowed):
        api_access.revoke(door.engine, owned.token.id, by=as_ben(door), now=door.clock())
    own = api_access.make(door.engine, NewToken("b", user_id=door.user("ben").id), by=as_ben(door), now=door.clock())
    api_access.revoke(door.engine, own.token.id, by=as_ben(door), now=door.clock())
    assert asked(door, own.text)[0] == 401


def test_an_address_that_tries_many_wrong_tokens_is_told_to_wait_and_a_right_one_passes(door: Door) -> None:
    token = made(door, NewToken("a", role=Role.VIEWER))
    answers = [asked(door, f"mlc_{number}")[0] for number in range(22)]
    assert answers[-1] == 429
    assert asked(door, token)[0] == 200


def test_many_at_once_cannot_take_the_web_process_with_passwords(door: Door) -> None:
    passwords = Passwords()

    def compare(_number: int) -> str:
        try:
            passwords.is_right(None, "a wrong password")
        except TooManyTries as error:
            return error.code
        return "compared"

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(compare, range(64)))
    assert set(answers) == {"compared", "too_many_tries"}
    assert compare(0) == "compared"


def test_a_cookie_counts_for_nothing_there_however_the_page_asks(door: Door) -> None:
    door.add("otto")
    browser = door.signed_in("otto")
    assert browser.get("/poll").status_code == 200
    assert browser.get("/api/v1/poll", **{"HX-Request": "true"}).status_code == 401
