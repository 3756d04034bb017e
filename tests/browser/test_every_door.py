"""What people meet before and beside the screens is for everyone too: the door, refusals, first steps, a halted connection."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from connector.store.connection_tables import connections
from connector.store.roles import Role
from tests.browser.everyone import faults
from tests.browser.furnishing import furnish
from tests.browser.site import PASSWORD, Site
from tests.browser.test_signing_in import sign_in
from tests.clock import now

# In the order of the menu; to somebody who sees no connection.
_EMPTY = {
    "/": "First steps",
    "/orders": "No orders yet",
    "/problems": "Nothing needs you",
    "/events": "No delivery fits",
    "/inventory": "No connection yet",
    "/mapping": "No connection yet",
    "/reconcile": "No connection yet",
    "/connections": "No connection yet",
    "/schedules": "No schedules yet",
    "/jobs": "No jobs yet",
    "/alerts": "Nothing came up",
}
_HALTED = {
    "/": "the log-in was refused",
    "/connections": "the log-in was refused",
    "/connections/us-store": "the log-in was refused",
    "/connections/us-store/setup": "halted",
}


def test_the_page_to_sign_in_is_for_everyone(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto("/sign-in")
    assert faults(page) == {}
    expect(page.locator(".environment")).to_have_count(0)
    name, _ = site.link(Role.VIEWER)
    sign_in(page, name, "not the password at all")
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == {}


def test_a_sign_in_link_and_one_that_is_used_are_for_everyone(context: BrowserContext, site: Site) -> None:
    _, link = site.link(Role.VIEWER)
    page = context.new_page()
    page.goto(link)
    assert faults(page) == {}
    page.get_by_role("button", name="Sign in").click()
    page.locator("#new").wait_for()
    context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("heading", name="This link is over")).to_be_visible()
    assert faults(page) == {}


def test_the_second_factor_is_added_and_asked_for_by_keys_alone(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    name = site.comes_in(page)
    page.goto("/account/second-factor")
    assert faults(page) == {}
    page.get_by_label(re.compile("^Code the app shows")).fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == {}
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label(re.compile("^Code the app shows")).fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    assert faults(page) == {}
    recovery = page.locator("li code").first.inner_text()
    context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_label("Name").fill(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(recovery)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_a_wrong_password_where_it_is_asked_again_is_for_everyone(page: Page) -> None:
    page.goto("/sign-in/password?next=/connections/us-store/approve")
    expect(page.locator(".brand .environment")).to_have_text("SANDBOX")
    page.get_by_label("Password").fill("not the password at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(".brand .environment")).to_have_text("SANDBOX")
    assert faults(page) == {}


def test_what_is_shown_once_is_for_everyone(page: Page) -> None:
    page.goto("/users")
    page.get_by_text("Make a token").click()
    made = page.locator("form[action='/users/tokens']")
    made.get_by_label("Name").fill("for this test")
    made.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Keep this now")).to_be_visible()
    assert faults(page) == {}


@pytest.mark.parametrize("address", ["/nowhere", "/orders?colour=red", "/inventory/NOTHING?store=us-store"])
def test_a_refusal_is_for_everyone(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".brand .environment")).to_have_text("SANDBOX")
    assert faults(page) == {}


@pytest.fixture(scope="module")
def newcomer(browser: Browser, site: Site) -> Iterator[Page]:
    """An admin to whom nothing is shown yet."""
    page = browser.new_context(base_url=site.url).new_page()
    site.comes_in(page, sees=(0,))
    yield page
    page.context.close()


@pytest.mark.parametrize("address", _EMPTY)
def test_a_page_with_nothing_on_it_is_for_everyone(newcomer: Page, address: str) -> None:
    newcomer.goto(address)
    expect(newcomer.locator("main")).to_contain_text(_EMPTY[address])
    assert faults(newcomer) == {}


@pytest.fixture(scope="module")
def halted(browser: Browser, site: Site) -> Iterator[Page]:
    """An admin while the connection is halted: NetSuite refused its log-in."""
    furnish(site)
    page = browser.new_context(base_url=site.url).new_page()
    site.comes_in(page)
    at = now()
    _keep(site, "unauthorized", "the log-in was refused", halted_at=at, probe_at=at + timedelta(hours=1))
    yield page
    _keep(site, None, None, halted_at=None, probe_at=None)
    page.context.close()


@pytest.mark.parametrize("address", _HALTED)
def test_a_halted_connection_is_told_to_everyone(halted: Page, address: str) -> None:
    halted.goto(address)
    expect(halted.locator("main")).to_contain_text(_HALTED[address])
    assert faults(halted) == {}


def _keep(site: Site, code: str | None, reason: str | None, **times: object) -> None:
    with site.world.engine.begin() as database:
        database.execute(update(connections).values(halt_code=code, halt_reason=reason, **times))
