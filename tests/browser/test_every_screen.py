"""Every screen that the console registers is for whoever sees little, sees it small, has keys only, or runs no scripts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import addresses
from tests.browser.everyone import faults
from tests.browser.furnishing import furnish
from tests.browser.site import Site
from tests.visiting import opened_console

_EACH = pytest.mark.parametrize("screen", [*addresses.SCREENS, *addresses.OWN])


@dataclass(slots=True)
class Visit:
    """An admin at a shop that has something on each screen. `plain`: the same person where no script runs.

    `said`: what the browser complained of.
    """

    page: Page
    plain: Page
    at: Mapping[str, str]
    said: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """One person for all of these tests: each address is opened twice, once without scripts."""
    furnish(site)
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    site.comes_in(page)
    plain = browser.new_context(
        base_url=site.url, storage_state=context.storage_state(), java_script_enabled=False
    ).new_page()
    made = Visit(page, plain, addresses.filled(page, site.world.connection.name))
    page.on("console", lambda message: made.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: made.said.append(str(error)))
    yield made
    plain.context.close()
    context.close()


def test_the_address_of_each_registered_screen_is_known(site: Site) -> None:
    with opened_console(site.world) as visitor:
        assert {screen.name for screen in visitor.console.screens} == addresses.SCREENS.keys()


def test_a_screen_that_nothing_can_be_shown_of_is_named(visit: Visit) -> None:
    with pytest.raises(LookupError, match=r"about: order, .*order_adopt, .*jobs_one"):
        addresses.filled(visit.page, "no-such-store")


def test_documents_of_another_connector_are_there_to_choose_from(visit: Visit) -> None:
    visit.page.goto(visit.at["order_adopt"])
    expect(visit.page.locator("tbody tr")).to_have_count(2)
    expect(visit.page.locator("main")).to_contain_text("it comes to 19")


@_EACH
def test_a_screen_is_for_everyone(visit: Visit, screen: str) -> None:
    visit.said.clear()
    addresses.arrive(visit.page, visit.at[screen])
    assert (faults(visit.page), visit.said) == ({}, [])


@_EACH
def test_a_screen_is_read_without_script(visit: Visit, screen: str) -> None:
    visit.plain.goto(visit.at[screen])
    expect(visit.plain.locator("h1")).to_have_count(1)
    is_of_one_store = screen not in addresses.OF_SEVERAL and screen not in addresses.OWN
    expect(visit.plain.locator("h1 .environment")).to_have_text(["SANDBOX"] if is_of_one_store else [])
    # In the head as well; a page without one says it beside the product's name.
    expect(visit.plain.locator(":is(.top, .alone .brand)")).to_contain_text("SANDBOX")


def test_the_page_is_reached_by_keys_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_label("Find an order")).to_be_focused()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_whoever_stands_in_a_part_that_is_renewed_stands_there_still(visit: Visit) -> None:
    page = visit.page
    page.goto("/")
    page.locator("#live a").last.focus()
    page.evaluate("document.getElementById('live').dataset.before = ''")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('tick'))")
    expect(page.locator("#live:not([data-before])")).to_have_count(1)
    expect(page.locator("#live a").last).to_be_focused()
