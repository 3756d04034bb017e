"""Signing in and out."""

from playwright.sync_api import BrowserContext, Page, expect

from connector.store.roles import Role
from tests.browser.site import PASSWORD, Site


def test_a_person_comes_in_by_a_link_once_then_by_a_password(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    name = site.comes_in(page)
    page.goto("/")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/schedules")
    expect(page).to_have_url(f"{site.url}/sign-in?next=%2Fschedules")
    sign_in(page, name, "wrong password again")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, name, PASSWORD)
    expect(page).to_have_url(f"{site.url}/schedules")


def test_a_used_link_says_so(context: BrowserContext, site: Site) -> None:
    _, link = site.link(Role.VIEWER)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    context.clear_cookies()
    page.goto(link)
    expect(page.locator("main")).to_contain_text("used")


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
