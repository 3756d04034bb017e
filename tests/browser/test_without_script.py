"""What people do most, where no script runs: each form is sent as it stands in the page, and the next page says what was done."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import PASSWORD, Site
from tests.browser.test_operations import give_password, sell
from tests.browser.test_signing_in import sign_in
from tests.waiting import eventually


@pytest.fixture
def plain(browser: Browser, site: Site) -> Iterator[Page]:
    """A page at which an admin is signed in, in a browser that runs no script."""
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    context.set_default_timeout(15_000)
    page = context.new_page()
    site.comes_in(page)
    yield page
    context.close()


def test_a_person_signs_out_and_in(plain: Page, site: Site) -> None:
    plain.goto("/account")
    name = plain.locator("h1").inner_text()
    plain.goto("/")
    plain.locator(".me summary").click()
    plain.get_by_role("button", name="Sign out").click()
    expect(plain.get_by_role("heading", name="Sign in")).to_be_visible()
    plain.goto("/schedules")
    expect(plain).to_have_url(f"{site.url}/sign-in?next=%2Fschedules")
    sign_in(plain, name, PASSWORD)
    expect(plain).to_have_url(f"{site.url}/schedules")


def test_a_note_is_kept_and_an_order_is_left_alone_and_looked_at_again(plain: Page, site: Site) -> None:
    held(site, 5901, "NOBODY-NOTES")
    plain.goto("/orders/%231901")
    plain.get_by_label("Note for the others").fill("the buyer was called")
    plain.get_by_role("button", name="Keep the note").click()
    expect(plain.locator(".line")).to_contain_text("the buyer was called")
    plain.get_by_role("link", name="Leave it alone…").click()
    plain.get_by_label("Why").fill("sold by hand")
    plain.get_by_role("button", name="Leave it alone").click()
    expect(plain.locator("#order-state")).to_contain_text("ignored")
    expect(plain.locator("#standing")).to_contain_text("sold by hand")
    plain.get_by_role("button", name="Look at it again").click()
    expect(plain.get_by_role("status")).to_be_visible()
    eventually(lambda: site.world.record(5901).state == "held", within=30)


def test_a_missing_value_is_mapped_and_what_waited_goes_on(plain: Page, site: Site) -> None:
    held(site, 5902, "NOBODY-MAPS")
    plain.goto("/problems")
    plain.get_by_role("link", name=re.compile("NOBODY-MAPS")).first.click()
    plain.get_by_label("NetSuite item").fill("812")
    plain.get_by_role("button", name="See what happens").click()
    plain.get_by_label("Why").fill("it is stocked as the red one")
    plain.get_by_role("button", name=re.compile("Map and release")).click()
    give_password(plain)
    eventually(lambda: site.world.record(5902).state == "in_sync", within=30)


def test_all_that_waits_for_a_cause_is_tried_again(plain: Page, site: Site) -> None:
    held(site, 5903, "NOBODY-TRIES")
    plain.goto("/problems")
    plain.get_by_role("link", name=re.compile("NOBODY-TRIES")).first.click()
    plain.get_by_role("link", name="Try all again…").click()
    plain.get_by_label("Why").fill("the item is there by now")
    plain.get_by_role("button", name="Try 1 again").click()
    give_password(plain)
    expect(plain.get_by_role("status")).to_contain_text("1")
    eventually(lambda: site.world.record(5903).state == "held", within=30)


def test_a_schedule_is_paused_and_goes_on(plain: Page, site: Site) -> None:
    plain.goto(f"/schedules?store={site.world.connection.name}")
    row = plain.locator("tbody tr", has_text="orders.reconcile")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused by")
    row.get_by_role("button", name="Go on").click()
    expect(row.get_by_role("button", name="Pause")).to_be_visible()
    expect(row).not_to_contain_text("paused by")


def held(site: Site, number: int, sku: str) -> None:
    """An order that waits for its SKU."""
    sell(site, number, sku=sku)
    eventually(lambda: site.world.record(number).state == "held", within=30)
