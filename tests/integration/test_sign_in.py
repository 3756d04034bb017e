"""Signing in by password or link, sessions that end, and guesses that become slow."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from connector.flows import people, signing_in
from connector.flows.acting import NotSignedIn
from connector.flows.signing_in import Given, LinkOver, Visitor, WrongSignIn
from connector.flows.throttling import TooManyTries
from connector.store.roles import Role
from tests.access import OWNER, PASSWORD, Browser, Door, opened_door
from tests.tokens import at_once

HERE = Visitor("192.0.2.7", "a browser")


@pytest.fixture
def door(database: Engine) -> Door:
    """The door, with anna, an admin."""
    opened = opened_door(database)
    opened.add()
    return opened


def attempt(door: Door, name: str = "anna", password: str = "a wrong password", address: str = HERE.address) -> str:
    """What one try came to."""
    try:
        signing_in.sign_in(door.gate.access, Given(name, password), Visitor(address), now=door.clock())
    except (WrongSignIn, TooManyTries) as error:
        return error.code
    return "in"


def test_a_person_signs_in_and_out(door: Door) -> None:
    browser = door.browser()
    answer = browser.sign_in(next="/orders?state=held")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders?state=held")
    assert browser.who().json == {"name": "anna", "role": "admin", "connection_ids": None}
    assert door.user().last_signed_in_at == door.clock()
    gone = browser.send("/sign-in/password", "/sign-out")
    assert (gone.status_code, gone.headers["Location"]) == (303, "/sign-in")
    assert browser.who().status_code == 401


def test_a_session_that_was_signed_out_does_not_come_back_with_its_cookie(door: Door) -> None:
    browser = door.signed_in()
    cookie = browser.client.get_cookie("ml_connector_session")
    assert cookie is not None
    browser.send("/sign-in/password", "/sign-out")
    browser.client.set_cookie("ml_connector_session", cookie.value)
    assert browser.who().status_code == 401


def test_a_name_counts_in_whatever_case(door: Door) -> None:
    assert door.browser().sign_in("ANNA").status_code == 303


def test_a_wrong_password_and_a_name_nobody_has_are_answered_alike(door: Door) -> None:
    wrong = door.browser().sign_in(password="a wrong password")
    unknown = door.browser().sign_in("nobody", password="a wrong password")
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    sentence = "The name, the password or the code is not right."
    assert sentence in wrong.text
    assert sentence in unknown.text
    assert "a wrong password" not in wrong.text


def test_a_name_nobody_has_costs_the_work_of_a_password(door: Door) -> None:
    assert not door.gate.access.passwords.is_right(None, "nobody has this password")


def test_guesses_become_slow_and_the_right_password_waits_too(door: Door) -> None:
    assert [attempt(door, address=f"198.51.100.{n}") for n in range(6)] == ["wrong_sign_in"] * 6
    assert attempt(door, password=PASSWORD) == "too_many_tries"
    door.clock.move(seconds=1)
    assert attempt(door) == "wrong_sign_in"
    door.clock.move(seconds=1)
    assert attempt(door) == "too_many_tries"
    door.clock.move(seconds=1)
    assert attempt(door, password=PASSWORD) == "in"
    assert attempt(door, password=PASSWORD) == "in"


def test_an_unknown_name_becomes_slow_in_the_same_way(door: Door) -> None:
    tries = {name: [attempt(door, name, address=f"{name}.{n}") for n in range(9)] for name in ("anna", "nobody")}
    assert tries["anna"] == tries["nobody"] == ["wrong_sign_in"] * 6 + ["too_many_tries"] * 3


def test_the_wait_doubles_to_five_minutes_and_no_further(door: Door) -> None:
    waits = []
    for number in range(20):
        assert attempt(door, address=f"198.51.100.{number}") == "wrong_sign_in"
        if number >= 5:
            with pytest.raises(TooManyTries) as refused:
                door.gate.access.throttle.take("anna", f"203.0.113.{number}", now=door.clock())
            waits.append(refused.value.retry_after)
        door.clock.move(minutes=5)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[300] * 6]


def test_guesses_at_the_same_moment_are_no_way_around_the_wait(door: Door) -> None:
    throttle = door.gate.access.throttle

    def taken(number: int) -> bool:
        try:
            throttle.take("anna", f"198.51.100.{number}", now=door.clock())
        except TooManyTries:
            return False
        return True

    assert sum(at_once(16, taken)) == 6


def test_one_address_that_tries_many_names_becomes_slow(door: Door) -> None:
    tries = [attempt(door, f"name-{number}") for number in range(23)]
    assert tries == ["wrong_sign_in"] * 21 + ["too_many_tries"] * 2
    assert attempt(door, "anna", PASSWORD, address="203.0.113.9") == "in"


def test_an_ipv6_network_is_one_address(door: Door) -> None:
    tries = [attempt(door, f"name-{number}", address=f"2001:db8::{number:x}") for number in range(22)]
    assert tries[-1] == "too_many_tries"


def test_failures_are_forgotten_after_a_day(door: Door) -> None:
    for number in range(6):
        attempt(door, address=f"198.51.100.{number}")
    door.clock.move(hours=25)
    assert [attempt(door), attempt(door)] == ["wrong_sign_in"] * 2


def test_the_page_says_how_long_to_wait(door: Door) -> None:
    for _ in range(6):
        door.browser().sign_in(password="a wrong password")
    answer = door.browser().sign_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "in 1 second." in answer.text


def test_no_name_and_no_address_is_kept_of_who_failed(door: Door) -> None:
    attempt(door, "my secret password")
    with door.engine.begin() as connection:
        rows = connection.execute(text("select * from sign_in_failures")).all()
    assert rows
    assert "my secret password" not in repr(rows)
    assert HERE.address not in repr(rows)


def test_a_session_ends_after_half_an_hour_without_a_request(door: Door) -> None:
    browser = door.signed_in()
    for _ in range(4):
        door.clock.move(minutes=29)
        assert browser.who().status_code == 200
    door.clock.move(minutes=31)
    assert browser.who().status_code == 401


def test_what_a_page_asks_by_itself_keeps_no_session_from_ending(door: Door) -> None:
    browser = door.signed_in()
    door.clock.move(minutes=20)
    assert browser.get("/poll").status_code == 200
    door.clock.move(minutes=11)
    assert browser.get("/poll").status_code == 401


def test_a_session_ends_after_twelve_hours_however_busy(door: Door) -> None:
    browser = door.signed_in()
    for _ in range(35):
        door.clock.move(minutes=20)
        assert browser.who().status_code == 200
    door.clock.move(minutes=20)
    assert browser.who().status_code == 401


def test_a_changed_role_is_in_force_with_the_next_request(door: Door) -> None:
    door.add("ben")
    browser = door.signed_in("ben")
    people.set_role(door.engine, "ben", Role.VIEWER, (7,), by=OWNER)
    assert browser.who().json == {"name": "ben", "role": "viewer", "connection_ids": [7]}


def test_a_disabled_user_is_out_at_once_and_comes_in_no_more(door: Door) -> None:
    door.add("ben")
    browser = door.signed_in("ben")
    link = door.link("ben")
    people.disable(door.engine, "ben", by=OWNER, now=door.clock())
    assert browser.who().status_code == 401
    assert attempt(door, "ben", PASSWORD) == "wrong_sign_in"
    with pytest.raises(LinkOver):
        signing_in.link_user(door.gate.access, link, now=door.clock())
    people.enable(door.engine, "ben", by=OWNER)
    assert browser.who().status_code == 401
    assert attempt(door, "ben", PASSWORD) == "in"


def test_a_link_signs_in_once(door: Door) -> None:
    door.add("ben", password=None)
    link = door.link("ben")
    browser, other = door.browser(), door.browser()
    page = f"/sign-in/link?link={link}"
    assert "Sign in as ben" in other.get(page).text
    answer = browser.send(page, "/sign-in/link", link=link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.who().json == {"name": "ben", "role": "admin", "connection_ids": None}
    assert other.send("/sign-in", "/sign-in/link", link=link).status_code == 410
    assert other.get(page).status_code == 410
    assert other.who().status_code == 401


def test_looking_at_a_link_does_not_use_it_up(door: Door) -> None:
    link = door.link()
    for _ in range(3):
        assert door.browser().get(f"/sign-in/link?link={link}").status_code == 200
    assert door.browser().send("/sign-in", "/sign-in/link", link=link).status_code == 303


def test_a_link_ends_after_a_day_and_with_the_next_one(door: Door) -> None:
    first, second = door.link(), door.link()
    with pytest.raises(LinkOver):
        signing_in.link_user(door.gate.access, first, now=door.clock())
    assert signing_in.link_user(door.gate.access, second, now=door.clock()).name == "anna"
    with pytest.raises(LinkOver):
        signing_in.link_user(door.gate.access, second, now=door.clock() + timedelta(hours=24))


def test_what_moves_money_asks_for_the_password_again_after_ten_minutes(door: Door) -> None:
    browser = door.signed_in()
    signed_in = signing_in.session(door.gate.access, _token(browser), now=door.clock())
    signed_in.who.must_have_given_password(now=door.clock())
    door.clock.move(minutes=11)
    assert browser.send("/sign-in/password", "/sign-in/password", password="a wrong one").status_code == 403
    answer = browser.send("/sign-in/password", "/sign-in/password", password=PASSWORD, next="/orders/1001")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders/1001")
    again = signing_in.session(door.gate.access, _token(browser), now=door.clock())
    assert again.who.password_at == door.clock()


def test_only_hashes_of_sessions_and_links_are_kept(door: Door) -> None:
    browser = door.signed_in()
    link = door.link()
    with door.engine.begin() as connection:
        rows = repr(connection.execute(text("select * from console_sessions")).all())
        rows += repr(connection.execute(text("select * from sign_in_links")).all())
    assert _token(browser) not in rows
    assert link not in rows


def test_every_act_is_written_down(door: Door) -> None:
    door.signed_in().send("/sign-in/password", "/sign-out")
    with door.engine.begin() as connection:
        acts = connection.execute(text("select actor, action from operator_actions order by id")).all()
    assert [tuple(act) for act in acts] == [
        ("command line", "user added"),
        ("command line", "password changed"),
        ("anna", "signed in"),
        ("anna", "signed out"),
    ]


def test_a_token_nobody_gave_is_no_session(door: Door) -> None:
    with pytest.raises(NotSignedIn):
        signing_in.session(door.gate.access, "x" * 43, now=door.clock())


def _token(browser: Browser) -> str:
    cookie = browser.client.get_cookie("ml_connector_session")
    assert cookie is not None
    return cookie.value


def test_a_name_that_no_text_may_hold_is_refused_and_not_a_failure_of_ours(door: Door) -> None:
    assert door.browser().sign_in("an\0na").status_code == 400


def test_a_form_of_more_than_half_a_megabyte_is_not_read_before_anybody_signed_in(door: Door) -> None:
    answer = door.browser().client.post("/sign-in", data={"name": "x" * 600_000})
    assert answer.status_code == 413
