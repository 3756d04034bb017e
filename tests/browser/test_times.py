"""How long ago something was stands in lists; the moment itself shows to whoever comes by keys, by touch or on paper."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from connector.store.roles import Role
from tests.browser.everyone import overhang
from tests.browser.furnishing import furnish
from tests.browser.site import Site
from tests.browser.test_keys_and_live_parts import SEEN_AGAIN

# More than there are stops before the first row of a list.
TABS = 12
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


def moment_beside(time: Locator) -> str | None:
    """The moment that is drawn beside how long ago it was; None where it is not drawn."""
    drawn = str(time.evaluate("(one) => getComputedStyle(one, '::after').content"))
    found = _STAMP.search(drawn)
    return found and found[0]


def height(one: Locator) -> float:
    box = one.bounding_box()
    assert box is not None
    return box["height"]


def test_the_row_that_keys_have_come_to_shows_its_moment(page: Page, site: Site) -> None:
    furnish(site)
    page.goto("/orders")
    first, second = page.locator("tbody tr").nth(0), page.locator("tbody tr").nth(1)
    low = height(first.locator("time").last)
    page.keyboard.press("j")
    expect(first.locator("a[data-row]")).to_be_focused()
    assert moment_beside(first.locator("time").last) == first.locator("time").last.get_attribute("title")
    assert height(first.locator("time").last) > 2 * low
    assert moment_beside(second.locator("time").last) is None
    page.keyboard.press("j")
    assert [moment_beside(one.locator("time").last) is not None for one in (first, second)] == [False, True]


def test_a_pointer_moves_no_row(page: Page, site: Site) -> None:
    furnish(site)
    page.goto("/orders")
    row = page.locator("tbody tr").first
    before = height(row)
    row.hover()
    assert (height(row), moment_beside(row.locator("time").last)) == (before, None)
    expect(row.locator("time").last).to_have_attribute("title", _STAMP)


def test_where_a_row_takes_no_focus_its_time_does(browser: Browser, site: Site) -> None:
    furnish(site)
    viewer = browser.new_context(base_url=site.url).new_page()
    site.comes_in(viewer, Role.VIEWER)
    viewer.goto("/schedules")
    time = viewer.locator("tbody time").first
    assert moment_beside(time) is None
    viewer.locator("main").focus()
    for _ in range(TABS):
        viewer.keyboard.press("Tab")
        if time.evaluate("it => it === document.activeElement"):
            break
    expect(time).to_be_focused()
    assert moment_beside(time) == time.get_attribute("title")
    viewer.context.close()


def test_a_number_that_leads_on_shows_the_moment_with_its_focus(page: Page, site: Site) -> None:
    furnish(site)
    page.goto("/inventory?store=us-store")
    figure = page.locator("a.figure:has(time)").first
    expect(figure.locator("time[tabindex]")).to_have_count(0)
    page.keyboard.press("Tab")
    figure.focus()
    assert moment_beside(figure.locator("time").last) is not None


@pytest.mark.parametrize("address", ["/orders", "/problems", "/inventory?store=us-store", "/schedules", "/connections"])
def test_where_nothing_hovers_each_moment_is_shown_and_fits(browser: Browser, site: Site, address: str) -> None:
    furnish(site)
    phone = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    ).new_page()
    site.comes_in(phone)
    phone.goto(address)
    times = phone.locator("main time[data-ago]").all()
    assert times
    assert all(moment_beside(one) for one in times)
    assert [overhang(phone, width) for width in (390, 320)] == [0, 0]
    phone.context.close()


def test_on_paper_each_moment_is_shown(page: Page, site: Site) -> None:
    furnish(site)
    page.goto("/orders")
    page.emulate_media(media="print")
    assert moment_beside(page.locator("tbody time").first) is not None


def test_whoever_stands_at_a_time_that_is_renewed_stands_there_still(page: Page, site: Site) -> None:
    furnish(site)
    page.goto("/")
    times = page.locator("#live time[tabindex]")
    times.nth(1).focus()
    page.evaluate("document.getElementById('live').dataset.before = ''")
    page.evaluate(SEEN_AGAIN)
    expect(page.locator("#live:not([data-before])")).to_have_count(1)
    expect(times.nth(1)).to_be_focused()
    assert moment_beside(times.nth(1)) is not None
