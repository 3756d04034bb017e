"""Lists are walked by keys, addresses are copied, and a page that nobody sees asks nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import text

from tests.browser.everyone import faults
from tests.browser.site import Site
from tests.hearing import heard
from tests.payloads import rest_order
from tests.waiting import eventually

_NUMBERS = (5601, 5602, 5603)
_HIDE = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
# A tab that is seen again asks at once.
SEEN_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def sold(site: Site) -> None:
    for number in _NUMBERS:
        site.product.sell(rest_order(number))
    eventually(lambda: {site.world.record(number).state for number in _NUMBERS} == {"in_sync"}, within=30)


def test_a_list_is_walked_and_opened_by_keys(page: Page, site: Site) -> None:
    sold(site)
    page.goto("/orders")
    rows = page.locator("main a[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.nth(1)).to_be_focused()
    name = rows.nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name.split()[0])
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile(r"/sync(\?|$)"))


@pytest.mark.parametrize(("tab", "state"), [("retrying", "pending"), ("resolved", "in_sync")])
def test_a_tab_of_the_problems_is_walked_down_to_an_order_by_keys(page: Page, site: Site, tab: str, state: str) -> None:
    with noted(site, state) as name:
        page.goto(f"/problems?tab={tab}&reason=closed_period")
        page.keyboard.press("j")
        expect(page.locator("main a[data-row]")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/problems/us-store/closed_period\\?tab={tab}"))
        assert faults(page) == {}
        page.locator("main a[data-row]").wait_for()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)


@contextmanager
def noted(site: Site, state: str) -> Iterator[str]:
    """An order that was held for a closed period and stands so now, due in an hour; its name. It is gone afterwards."""
    order = (
        "insert into records (connection_id, kind, shopify_id, name, state, reason_code, next_attempt_at) "
        "select id, 'order', '9901', '#9901', :state, case :state when 'pending' then 'closed_period' end, "
        "now() + interval '1 hour' from connections where name = 'us-store' returning id"
    )
    held = (
        "insert into attempts (record_id, worker, rules_version, outcome, calls, held_for) "
        "values (:id, 'test', 1, 'closed_period', '[]', '')"
    )
    with site.world.engine.begin() as connection:
        record = {"id": connection.execute(text(order), {"state": state}).scalar_one()}
        connection.execute(text(held), record)
    try:
        yield "#9901"
    finally:
        with site.world.engine.begin() as connection:
            connection.execute(text("delete from attempts where record_id = :id"), record)
            connection.execute(text("delete from records where id = :id"), record)


def test_keys_are_letters_while_somebody_types(page: Page, site: Site) -> None:
    sold(site)
    page.goto("/orders")
    page.keyboard.press("/")
    page.keyboard.type("jkr?")
    expect(page.locator("input:focus")).to_have_value("jkr?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_address_is_copied(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.goto("/connections/us-store/setup")
    button = page.get_by_role("button", name="Copy").first
    address = button.get_attribute("data-copy")
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_a_hidden_page_asks_nothing_and_one_that_is_seen_again_asks_at_once(page: Page, site: Site) -> None:
    sold(site)
    page.goto("/orders")
    page.evaluate(_HIDE % "true")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(path_of(request)))
    for _ in range(3):
        page.evaluate(SEEN_AGAIN)
    assert asked == []
    page.evaluate(_HIDE % "false")
    with page.expect_request(lambda request: path_of(request) == "/orders/news"):
        page.evaluate(SEEN_AGAIN)


def test_the_overview_renews_why_orders_wait_and_what_may_be_asked(page: Page, site: Site) -> None:
    sold(site)
    page.goto("/")
    page.evaluate("document.querySelector('#budgets').dataset.old = 'yes'")
    missing = page.locator("#live").get_by_role("link", name="NEVER-SEEN")
    expect(missing).to_have_count(0)
    site.product.sell(rest_order(5604, sku="NEVER-SEEN"))
    eventually(lambda: site.world.record(5604).state == "held", within=30)
    page.evaluate(SEEN_AGAIN)
    expect(missing).to_be_visible()
    expect(page.locator("#budgets")).to_have_count(1)
    expect(page.locator("#budgets[data-old]")).to_have_count(0)


def path_of(request: Request) -> str:
    """Without the query."""
    return urlsplit(request.url).path


def test_an_order_that_is_looked_at_says_what_is_new_and_moves_nothing(page: Page, site: Site) -> None:
    sold(site)
    page.goto("/orders/5601")
    line = page.locator("ol.line > li")
    before = line.count()
    heard(site.world, "orders/updated", rest_order(_NUMBERS[0]))
    more = page.get_by_role("link", name=re.compile("new – show"))
    eventually(lambda: asked_again(page) and more.is_visible(), within=30)
    assert line.count() == before
    more.click()
    expect(line).not_to_have_count(before)


def asked_again(page: Page) -> bool:
    page.evaluate(SEEN_AGAIN)
    return True
