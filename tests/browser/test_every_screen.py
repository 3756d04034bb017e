"""Every screen of the menu: nothing for axe to find in light and dark, no script refused, usable at phone width."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site
from tests.payloads import rest_order
from tests.waiting import eventually

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: Site, scheme: str) -> None:
    page = signed_in(browser, site, color_scheme=scheme)
    found = {}
    for path in menu(page):
        page.goto(path)
        violations = Axe().run(page, options=_RULES).response["violations"]
        found[path] = [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations]
    assert {path: what for path, what in found.items() if what} == {}


def test_no_page_is_wider_than_a_phone_and_none_complains(browser: Browser, site: Site) -> None:
    page = signed_in(browser, site, viewport={"width": 390, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    too_wide = []
    for path in menu(page):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            too_wide.append((path, width))
    assert (too_wide, said) == ([], [])


def test_every_screen_is_read_without_script(browser: Browser, site: Site) -> None:
    page = signed_in(browser, site, java_script_enabled=False)
    for path in menu(page):
        page.goto(path)
        expect(page.locator("h1")).to_have_count(1)


def test_the_page_is_reached_by_keys_alone(browser: Browser, site: Site) -> None:
    page = signed_in(browser, site)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_label("Find an order")).to_be_focused()
    page.locator("main").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def signed_in(browser: Browser, site: Site, **options: object) -> Page:
    """An admin, in a shop in which one order waits and one is in step."""
    if not site.has_orders:
        site.has_orders = True
        site.product.sell(rest_order(5201))
        site.product.sell(rest_order(5202, sku="NOBODY-KNOWS"))
        eventually(
            lambda: {site.world.record(5201).state, site.world.record(5202).state} == {"in_sync", "held"}, within=30
        )
    context = browser.new_context(base_url=site.url, **options)  # type: ignore[arg-type]  # each test names one option
    context.set_default_timeout(15_000)
    page = context.new_page()
    site.comes_in(page)
    return page


def menu(page: Page) -> list[str]:
    """The addresses of the menu, of pages behind them, and the own account."""
    page.goto("/")
    found = re.findall(r'<li><a href="([^"]+)"', page.content())
    assert len(found) > 10
    behind = [
        address
        for path in found
        if path in ("/orders", "/problems", "/events", "/connections")
        for address in first_row(page, path)
    ]
    order = next(path for path in behind if path.startswith("/orders/"))
    name = order.partition("?")[0]
    parts = [f"{name}/{part}?store=us-store" for part in ("money", "fields", "plan", "sync", "ignore")]
    return [*found, *behind, *parts, "/connections/new", "/account", "/sign-in/password"]


def first_row(page: Page, path: str) -> list[str]:
    """Where the first row of a list leads."""
    page.goto(path)
    row = page.locator("main a[data-row]").first
    return [str(row.get_attribute("href"))] if row.count() else []
