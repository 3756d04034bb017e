"""One's own account: the password, the second factor and its recovery codes, the sessions."""

import re

import pytest
from sqlalchemy import Engine, text

from connector.flows import people
from connector.store import console_sessions
from tests.access import OWNER, PASSWORD, Browser, Door, opened_door

NEW = "another good phrase"


@pytest.fixture
def door(database: Engine) -> Door:
    """The door, with anna, an admin."""
    opened = opened_door(database)
    opened.add()
    return opened


def secret_of(page: str) -> str:
    """The key that is to be typed into an app."""
    found = re.search(r"type the key: <code>([A-Z2-7 ]+)</code>", page)
    assert found is not None, page
    return found.group(1).replace(" ", "")


def with_second_factor(door: Door, browser: Browser) -> tuple[str, list[str]]:
    """Adds a second factor; its secret and the recovery codes."""
    secret = secret_of(browser.get("/account/second-factor").text)
    answer = browser.send("/account/second-factor", "/account/second-factor", code=door.code(secret))
    assert answer.status_code == 200
    codes = re.findall(r"<li><code>([a-z2-7-]+)</code>", answer.text)
    assert len(codes) == 10
    door.clock.move(seconds=30)
    return secret, codes


def test_a_new_password_ends_every_other_session(door: Door) -> None:
    here, there = door.signed_in(), door.signed_in()
    answer = here.send("/account", "/account/password", old=PASSWORD, new=NEW, again=NEW)
    assert answer.headers["Location"] == "/account?done=password"
    assert (here.who().status_code, there.who().status_code) == (200, 401)
    assert door.browser().sign_in(password=PASSWORD).status_code == 403
    assert door.browser().sign_in(password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "status", "sentence"),
    [
        ("a wrong password", NEW, NEW, 403, "The password you had is not right."),
        (PASSWORD, NEW, "something else", 400, "was not typed the same twice."),
        (PASSWORD, "short", "short", 400, "A password has 12 to 256 characters"),
    ],
)
def test_a_new_password_that_is_refused_changes_nothing(
    door: Door, old: str, new: str, again: str, status: int, sentence: str
) -> None:
    answer = door.signed_in().send("/account", "/account/password", old=old, new=new, again=again)
    assert answer.status_code == status
    assert sentence in answer.text
    assert door.browser().sign_in(password=PASSWORD).status_code == 303


def test_who_came_by_a_link_chooses_a_password_without_the_old_one_for_a_while(door: Door) -> None:
    links = [door.browser(), door.browser()]
    for browser in links:
        browser.send("/sign-in", "/sign-in/link", link=door.link())
    assert 'name="old"' not in links[0].get("/account").text
    late = door.signed_in()
    assert late.send("/account", "/account/password", new=NEW, again=NEW).status_code == 403
    door.clock.move(minutes=16)
    assert links[0].send("/account", "/account/password", new=NEW, again=NEW).status_code == 403
    again = door.browser()
    again.send("/sign-in", "/sign-in/link", link=door.link())
    assert again.send("/account", "/account/password", new=NEW, again=NEW).status_code == 303
    assert door.browser().sign_in(password=NEW).status_code == 303


def test_a_code_is_asked_for_once_it_was_confirmed(door: Door) -> None:
    browser = door.signed_in()
    shown = browser.get("/account/second-factor")
    assert "<svg" in shown.text
    assert not re.search(r"<style|<script|\sstyle=", shown.text)
    assert door.browser().sign_in().status_code == 303
    wrong = browser.send("/account/second-factor", "/account/second-factor", code="000000")
    assert wrong.status_code == 400
    assert secret_of(wrong.text) == secret_of(shown.text)
    secret, _ = with_second_factor(door, browser)
    assert door.browser().sign_in().status_code == 403
    assert door.browser().sign_in(code="123").status_code == 403
    assert door.browser().sign_in(code=door.code(secret)).status_code == 303


def test_the_same_code_does_not_let_anybody_in_twice(door: Door) -> None:
    secret, _ = with_second_factor(door, door.signed_in())
    code = door.code(secret)
    assert door.browser().sign_in(code=code).status_code == 303
    assert door.browser().sign_in(code=code).status_code == 403
    assert door.browser().sign_in(code=door.code(secret, steps=-1)).status_code == 403
    assert door.browser().sign_in(code=door.code(secret, steps=1)).status_code == 303


def test_the_code_that_confirmed_it_does_not_let_anybody_in(door: Door) -> None:
    browser = door.signed_in()
    secret = secret_of(browser.get("/account/second-factor").text)
    code = door.code(secret)
    browser.send("/account/second-factor", "/account/second-factor", code=code)
    assert door.browser().sign_in(code=code).status_code == 403


def test_a_code_of_a_clock_that_is_far_off_is_refused(door: Door) -> None:
    secret, _ = with_second_factor(door, door.signed_in())
    assert door.browser().sign_in(code=door.code(secret, steps=2)).status_code == 403


def test_a_wrong_password_uses_up_no_code(door: Door) -> None:
    secret, codes = with_second_factor(door, door.signed_in())
    assert door.browser().sign_in(password="a wrong password", code=door.code(secret)).status_code == 403
    assert door.browser().sign_in(password="a wrong password", code=codes[0]).status_code == 403
    assert door.browser().sign_in(code=door.code(secret)).status_code == 303
    assert door.browser().sign_in(code=codes[0]).status_code == 303


def test_a_recovery_code_lets_in_once(door: Door) -> None:
    _, codes = with_second_factor(door, door.signed_in())
    assert door.browser().sign_in(code=codes[3].upper()).status_code == 303
    assert door.browser().sign_in(code=codes[3]).status_code == 403
    browser = door.signed_in(code=codes[4].replace("-", " "))
    assert "8 recovery codes left" in browser.get("/account").text


def test_a_link_does_not_stand_for_the_second_factor(door: Door) -> None:
    secret, _ = with_second_factor(door, door.signed_in())
    link = door.link()
    page = f"/sign-in/link?link={link}"
    browser = door.browser()
    refused = browser.send(page, "/sign-in/link", link=link, code="000000")
    assert refused.status_code == 403
    assert "The code is not right." in refused.text
    assert browser.send(page, "/sign-in/link", link=link, code=door.code(secret)).status_code == 303


def test_the_second_factor_is_removed_with_the_password_only(door: Door) -> None:
    browser = door.signed_in()
    with_second_factor(door, browser)
    door.clock.move(minutes=11)
    assert browser.send("/account", "/account/second-factor/remove").headers["Location"] == "/sign-in/password"
    assert door.user().has_second_factor
    browser.send("/sign-in/password", "/sign-in/password", password=PASSWORD)
    assert browser.send("/account", "/account/second-factor/remove").headers["Location"] == "/account?done=code-removed"
    assert door.browser().sign_in().status_code == 303
    asked = browser.get("/account/second-factor")
    assert asked.status_code == 200
    door.clock.move(minutes=11)
    asked = browser.get("/account/second-factor")
    assert asked.headers["Location"] == "/sign-in/password?next=%2Faccount%2Fsecond-factor"


def test_an_admin_takes_away_the_second_factor_of_a_lost_phone(door: Door) -> None:
    browser = door.signed_in()
    with_second_factor(door, browser)
    people.remove_second_factor(door.engine, "anna", by=OWNER)
    assert browser.who().status_code == 401
    assert door.browser().sign_in().status_code == 303


def test_the_secret_of_a_second_factor_is_sealed_and_its_codes_are_hashed(door: Door) -> None:
    secret, codes = with_second_factor(door, door.signed_in())
    with door.engine.begin() as connection:
        rows = repr(connection.execute(text("select * from users")).all())
        rows += repr(connection.execute(text("select * from recovery_codes")).all())
        rows += repr(connection.execute(text("select * from operator_actions")).all())
    assert secret not in rows
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)


def test_own_sessions_are_ended_from_elsewhere_and_those_of_others_are_not(door: Door) -> None:
    door.add("ben")
    here, there, ben = door.signed_in(), door.signed_in(), door.signed_in("ben")
    with door.engine.begin() as connection:
        (of_ben,) = console_sessions.of_user(connection, door.user("ben").id, now=door.clock())
        of_anna = console_sessions.of_user(connection, door.user().id, now=door.clock())
    here.send("/account", "/account/sessions/end", session=str(of_ben.id))
    assert ben.who().status_code == 200
    here.send("/account", "/account/sessions/end", session=str(of_anna[0].id))
    assert (here.who().status_code, there.who().status_code) == (200, 401)
    door.signed_in()
    here.send("/account", "/account/sessions/end", session="others")
    with door.engine.begin() as connection:
        assert len(console_sessions.of_user(connection, door.user().id, now=door.clock())) == 1


def test_another_s_guesses_keep_nobody_with_a_second_factor_from_coming_in_by_a_link(door: Door) -> None:
    secret, _ = with_second_factor(door, door.signed_in())
    for _ in range(10):
        door.browser().sign_in(password="a wrong one, again")
    link = people.invite(door.engine, "anna", by=OWNER, now=door.clock()).link
    answer = door.browser().send(f"/sign-in/link?link={link}", "/sign-in/link", link=link, code=door.code(secret))
    assert answer.status_code == 303
