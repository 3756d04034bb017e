"""A second shop is added in the console, from the form to its first order, against both sandboxes."""

import re

from playwright.sync_api import Page, expect

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

    page.goto("/mapping/second/draft")
    page.locator("textarea[name=toml]").fill(toml({"rules": Rules.from_json(factories.rules_json()).to_json()}, {}))
    page.get_by_role("button", name=re.compile("^Save")).click()
    page.get_by_label(re.compile("What changes, and why")).fill("the rules of the first shop")
    page.get_by_role("button", name=re.compile("^Publish")).click()

    order = rest_order(5301)
    site.world.shop.put_order(order, [payment(order)])
    announce(site, url, order["id"])
    page.goto("/connections/second/setup")
    page.get_by_label("One of the newest").select_option(str(order["id"]))
    page.get_by_role("button", name="Dry run").click()
    expect(page.locator("#tried ~ h3").filter(has_text="Sales order")).to_have_count(1)
    assert not of_order(site, 5301)

    page.get_by_label(re.compile("^Why")).fill("all was tried")
    page.get_by_role("button", name="Let it go live").click()
    eventually(lambda: len(of_order(site, 5301)) == 1, within=60)


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
