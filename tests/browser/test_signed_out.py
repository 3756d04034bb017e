"""A page whose session has ended stays as it was, says so, and is what signing in again leads back to."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import update

from connector.store import users
from connector.store.console_sessions import IDLE
from connector.store.user_tables import console_sessions
from tests.browser.furnishing import furnish
from tests.browser.site import PASSWORD, Site
from tests.browser.test_keys_and_live_parts import SEEN_AGAIN, path_of
from tests.browser.test_signing_in import sign_in
from tests.clock import now

# What asks by itself on each, and something it shows.
_LIVE = {
    "/": ("#live", "Workers"),
    "/orders/%231201?store=us-store": ("#standing", "How it stands"),
    "/orders": ("main", "#1201"),
    "/inventory?store=us-store": ("main", "MUG"),
    "/jobs": ("main", "prices were wrong"),
    "/connections/us-store/setup": ("main", "deliver"),
}


@pytest.mark.parametrize("address", _LIVE)
def test_what_is_shown_stays_and_the_way_back_in_is_said(context: BrowserContext, site: Site, address: str) -> None:
    page, name = seen_by_somebody(context, site, address)
    part, shown = _LIVE[address]
    expect(page.locator(part)).to_contain_text(shown)
    nobody_pressed_anything(site, name)
    page.evaluate(SEEN_AGAIN)
    expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
    expect(page.locator(part)).to_contain_text(shown)
    expect(page.get_by_label("Password")).to_have_count(0)
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute(
        "href", f"/sign-in?next={quote(address, safe='')}"
    )


def test_a_page_that_is_signed_out_asks_no_more(context: BrowserContext, site: Site) -> None:
    page, name = seen_by_somebody(context, site, "/orders")
    nobody_pressed_anything(site, name)
    page.evaluate(SEEN_AGAIN)
    page.get_by_role("alert").get_by_role("link").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(path_of(request)))
    for _ in range(3):
        page.evaluate(SEEN_AGAIN)
    assert asked == []
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(1)


def test_signing_in_again_leads_back_to_the_page(context: BrowserContext, site: Site) -> None:
    address = "/orders/%231201?store=us-store"
    page, name = seen_by_somebody(context, site, address)
    nobody_pressed_anything(site, name)
    page.evaluate(SEEN_AGAIN)
    page.get_by_role("link", name="Sign in again").click()
    sign_in(page, name, PASSWORD)
    expect(page).to_have_url(f"{site.url}{address}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("#1201")
    expect(page.get_by_role("alert")).to_be_empty()


def test_whoever_signed_in_elsewhere_meanwhile_comes_back_without_a_password(
    context: BrowserContext, site: Site
) -> None:
    page, name = seen_by_somebody(context, site, "/schedules?store=us-store")
    page.goto("/orders?store=us-store")
    nobody_pressed_anything(site, name)
    page.evaluate(SEEN_AGAIN)
    again = page.get_by_role("link", name="Sign in again")
    again.wait_for()
    beside = context.new_page()
    beside.goto("/sign-in")
    sign_in(beside, name, PASSWORD)
    beside.get_by_role("heading", name="Overview").wait_for()
    again.click()
    expect(page).to_have_url(re.compile(r"/orders\?store=us-store$"))


def seen_by_somebody(context: BrowserContext, site: Site, address: str) -> tuple[Page, str]:
    """A page of a shop that has something everywhere, and who looks at it."""
    furnish(site)
    page = context.new_page()
    name = site.comes_in(page)
    page.goto(address)
    return page, name


def nobody_pressed_anything(site: Site, name: str) -> None:
    """For so long that the sessions of this person have ended."""
    with site.world.engine.begin() as connection:
        user = users.by_name(connection, name)
        assert user is not None
        long_ago = now() - IDLE - timedelta(minutes=1)
        of_user = console_sessions.c.user_id == user.id
        connection.execute(update(console_sessions).where(of_user).values(seen_at=long_ago))
