"""A second shop is added in the console, from the form to its first order, against both sandboxes."""

import re

from playwright.sync_api import Locator, Page, expect

from connector.mapping.rules import Rules
from connector.mapping.toml_text import toml
from connector.sandbox.shopify.webhooks import deliver
from tests import factories
from tests.browser.site import Site
from tests.payloads import payment, rest_order
from tests.waiting import eventually
from tests.world import WEBHOOK_SECRET, key_pair


def test_a_shop_is_added_tested_mapped_tried_and_goes_live(page: Page, site: Site) -> None:
    fill_in(page, site)
    page.get_by_role("button", name="Add it, paused").click()
    expect(page.get_by_role("heading", name="Set up second")).to_be_visible()
    expect(page.locator(".state-line")).to_contain_text("paused: nothing is written")
    url = str(page.get_by_role("button", name="Copy").first.get_attribute("data-copy"))
    assert re.fullmatch(r".*/webhooks/shopify/[\w-]+", url)

    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("main")).to_contain_text("last delivery seen", timeout=20_000)

    back_to_the_steps(page)
    step(page, "Test both sides").get_by_role("link", name="Test").click()
    expect(page.get_by_role("heading", name="Test of second")).to_be_visible()
    # Of either side.
    expect(page.get_by_role("row", name=re.compile("^token ok"))).to_have_count(2)
    page.get_by_role("button", name="Begin a draft with these").click()
    expect(page.locator("main")).to_contain_text("The proposal is a draft now")
    back_to_the_steps(page)
    expect(step(page, "Check the mapping")).to_contain_text("nothing is mapped yet")

    check_the_mapping(page)

    order = rest_order(5301)
    site.world.shop.put_order(order, [payment(order)])
    announce(site, url, order["id"])
    back_to_the_steps(page)
    page.get_by_label("One of the newest").select_option(str(order["id"]))
    page.get_by_role("button", name="Dry run").click()
    expect(page.locator("#tried ~ h3").filter(has_text="Sales order")).to_have_count(1)
    assert not of_order(site, 5301)

    page.get_by_label(re.compile("^Why")).fill("all was tried")
    page.get_by_role("button", name="Let it go live").click()
    eventually(lambda: len(of_order(site, 5301)) == 1, within=60)


def step(page: Page, title: str) -> Locator:
    """One step of the way."""
    return page.locator(".checklist > li").filter(has=page.get_by_text(title, exact=True))


def back_to_the_steps(page: Page) -> None:
    """By the menu, as a person comes back to a connection that is not live."""
    page.get_by_role("navigation", name="Screens").get_by_role("link", name="Connections").click()
    page.get_by_role("link", name="second", exact=True).click()
    page.get_by_role("link", name="Set up, step by step").click()
    expect(page.get_by_role("heading", name="Set up second")).to_be_visible()


def check_the_mapping(page: Page) -> None:
    """The proposal is completed by the rules that no system can tell, tested on the examples, published, and looked at."""
    step(page, "Check the mapping").get_by_role("link", name="Mapping").click()
    page.get_by_role("link", name="Draft", exact=True).click()
    page.get_by_label("Rules").fill(toml({"rules": Rules.from_json(factories.rules_json()).to_json()}, {}))
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name=re.compile("^Test it on the last")).click()
    expect(page.get_by_role("heading", name="What the draft would change")).to_be_visible()
    page.get_by_role("link", name="Draft of second").click()
    page.get_by_label(re.compile("What changes, and why")).fill("the rules of the first shop")
    page.get_by_role("button", name=re.compile("^Publish")).click()
    expect(page.locator("main")).to_contain_text("is in force")
    back_to_the_steps(page)
    expect(step(page, "Check the mapping")).to_contain_text("names are known in NetSuite")
    expect(step(page, "Test both sides")).to_contain_text("both answered")


def fill_in(page: Page, site: Site) -> None:
    """What a person has at hand of the account and of a custom app."""
    page.goto("/connections/new")
    page.get_by_label(re.compile("^Name")).fill("second")
    page.get_by_label(re.compile("^NetSuite account id")).fill("1234567_SB1")
    page.locator("[name=netsuite_client_id]").fill("client")
    page.locator("[name=netsuite_certificate_id]").fill("cert")
    page.locator("[name=netsuite_private_key]").fill(key_pair()[0])
    page.get_by_label(re.compile("^Shop")).fill("demo-store.myshopify.com")
    page.locator("[name=shopify_auth]").select_option("static")
    page.locator("[name=shopify_access_token]").fill("shpat_sandbox")
    page.locator("[name=shopify_webhook_secret]").fill(WEBHOOK_SECRET)
    page.get_by_text("More settings").click()
    page.locator("[name=netsuite_api_url]").fill(site.world.account_url)
    page.locator("[name=shopify_api_url]").fill(site.world.shop_url)


def announce(site: Site, url: str, order_id: int) -> None:
    """The shop delivers to the address that the page showed."""
    assert deliver(site.world.shop, {"topic": "orders/create", "order_id": order_id, "url": url}) == [200]


def of_order(site: Site, order_id: int) -> list[object]:
    """The sales orders that stand in NetSuite for an order, by the account's own ledger."""
    ends = f"-ORDER-{order_id}"
    return [item for item in site.world.transactions("SalesOrd") if str(item["external_id"]).endswith(ends)]
