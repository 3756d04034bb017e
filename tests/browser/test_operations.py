"""What an operations team does: finds an order, sees why it is held, maps what is missing, watches it go through."""

import re

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from connector.store.roles import Role
from tests.browser.site import PASSWORD, Site
from tests.payloads import rest_order
from tests.waiting import eventually


def test_an_order_is_found_its_sku_is_mapped_and_both_totals_are_equal(page: Page, site: Site) -> None:
    sell(site, 5101, sku="MUG-GREEN")
    eventually(lambda: site.world.record(5101).state == "held", within=30)
    page.goto("/")
    page.get_by_label("Find an order").fill("#1101")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="#1101")).to_be_visible()
    expect(page.locator("#standing")).to_contain_text("MUG-GREEN")
    page.goto("/problems")
    page.get_by_role("link", name=re.compile("MUG-GREEN")).first.click()
    page.get_by_label("NetSuite item").fill("812")
    page.get_by_role("button", name="See what happens").click()
    expect(page.locator("main")).to_contain_text("#1101")
    page.get_by_label("Why").fill("the green mug is stocked as the red one")
    page.get_by_role("button", name=re.compile("Map and release")).click()
    give_password(page)
    page.goto("/orders/%231101")
    expect(page.locator("#order-state")).to_contain_text("in sync", timeout=30_000)
    page.get_by_role("link", name="Money", exact=True).click()
    expect(page.get_by_text("equal to the cent")).to_be_visible()


def test_deliveries_of_a_topic_are_replayed_as_a_job(page: Page, site: Site) -> None:
    sell(site, 5102)
    eventually(lambda: site.world.record(5102).state == "in_sync", within=30)
    made = len(site.world.transactions())
    page.goto(f"/events?store={site.world.connection.name}&topic=orders/create")
    page.get_by_role("button", name=re.compile("Replay all")).or_(
        page.get_by_role("link", name=re.compile("Replay all"))
    ).first.click()
    expect(page.get_by_role("heading", name="Replay?")).to_be_visible()
    page.get_by_label("Why").fill("to see that nothing is written twice")
    page.get_by_role("button", name=re.compile("^Replay")).click()
    give_password(page)
    page.goto("/jobs")
    expect(page.locator("main")).to_contain_text("to see that nothing is written twice")
    expect(page.locator("main")).to_contain_text("done", timeout=45_000)
    assert len(site.world.transactions()) == made


def test_exactly_the_deliveries_of_a_range_are_replayed(page: Page, site: Site) -> None:
    came = {5106: "10:59:59", 5107: "11:00:00", 5108: "12:59:59", 5109: "13:00:00"}
    for number in came:
        sell(site, number)
    eventually(lambda: all(site.world.record(number).state == "in_sync" for number in came), within=60)
    for number, moment in came.items():
        received(site, number, f"2026-03-02 {moment}")
    written = len(site.world.transactions())
    page.goto("/events")
    page.get_by_label("From (UTC)").fill("2026-03-02T11:00")
    page.get_by_label("Until (UTC)").fill("2026-03-02T13:00")
    page.get_by_role("button", name="Show").click()
    for name in ("#1107", "#1108"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile("^Choose delivery"))).to_have_count(2)
    page.get_by_role("link", name=re.compile("^Replay all that fit")).click()
    expect(page.locator("main")).to_contain_text("2 deliveries speak of 2 orders and customers")
    page.get_by_label("Why").fill("prices were wrong for two hours")
    page.get_by_role("button", name="Replay 2").click()
    give_password(page)
    expect(page.locator("main")).to_contain_text("is running")
    eventually(lambda: newest_job(site) == "done", within=45)
    eventually(lambda: all(site.world.record(number).state == "in_sync" for number in came), within=30)
    assert sent_again(site) == {5107, 5108}
    assert len(site.world.transactions()) == written


def test_a_viewer_sees_and_presses_nothing(browser: Browser, site: Site) -> None:
    sell(site, 5103)
    eventually(lambda: site.world.record(5103).state == "in_sync", within=30)
    viewer = browser.new_context(base_url=site.url).new_page()
    site.comes_in(viewer, Role.VIEWER)
    viewer.goto("/orders/%231103")
    expect(viewer.get_by_role("heading", name="#1103")).to_be_visible()
    expect(viewer.get_by_role("link", name="Sync again…")).to_have_count(0)


def test_new_orders_wait_behind_a_pill_until_they_are_asked_for(page: Page, site: Site) -> None:
    page.goto("/orders")
    sell(site, 5104)
    pill = page.get_by_role("link", name=re.compile("new – show"))
    pill.wait_for(timeout=30_000)
    expect(page.get_by_role("link", name="#1104")).to_have_count(0)
    pill.click()
    expect(page.get_by_role("link", name="#1104").first).to_be_visible()


def test_an_order_is_looked_after_on_a_phone(browser: Browser, site: Site) -> None:
    sell(site, 5105)
    eventually(lambda: site.world.record(5105).state == "in_sync", within=30)
    phone = browser.new_context(base_url=site.url, viewport={"width": 390, "height": 800}).new_page()
    site.comes_in(phone, Role.OPERATOR)
    phone.goto("/orders")
    phone.get_by_role("link", name="#1105").first.click()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("link", name="Sync again…").click()
    expect(phone.locator("main")).to_contain_text("#1105")


def sell(site: Site, number: int, **changes: str) -> None:
    """An order is placed in the shop, which announces it."""
    assert site.product.sell(rest_order(number, **changes)) == [200]


def received(site: Site, number: int, moment: str) -> None:
    """The delivery of an order came at another moment, UTC."""
    with site.world.engine.begin() as connection:
        changed = connection.execute(
            text(
                "update events set received_at = cast(:at as timestamptz) where record_kind = 'order' and shopify_id = :order"
            ),
            {"at": f"{moment}+00", "order": str(number)},
        )
    assert changed.rowcount == 1


def newest_job(site: Site) -> str:
    """How the job that was begun last stands."""
    with site.world.engine.begin() as connection:
        return str(connection.execute(text("select state from jobs order by id desc limit 1")).scalar_one())


def sent_again(site: Site) -> set[int]:
    """The orders that the newest job has made due, each once."""
    query = text(
        "select shopify_id from job_records join records on records.id = record_id"
        " where job_id = (select max(id) from jobs) and sent_at is not null"
    )
    with site.world.engine.begin() as connection:
        found = [int(order) for order in connection.execute(query).scalars()]
    assert len(found) == len(set(found))
    return set(found)


def give_password(page: Page) -> None:
    """Where it is asked again."""
    if "/sign-in/password" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("main form button").first.click()
