"""No page says anything of a buyer unless somebody asked for it, which is written down."""

import pytest

from connector.sandbox.shopify.webhooks import deliver
from tests.office import Office
from tests.payloads import payment, rest_order
from tests.visiting import Visitor

BUYER = ("Ada Example", "1 Example Street", "Springfield", "+15555550100", "ada@example.com")
PAGES = (
    "/events/replay?ids=2",
    "/connections/us-store/setup?order=5002",
    "/mapping/us-store/example",
    "/orders/5001?store=us-store",
    "/orders/5001/fields?store=us-store",
    "/orders/5001/plan?store=us-store",
    "/orders/5001/money?store=us-store",
    "/orders/5002/plan?store=us-store",
)


@pytest.fixture
def sold(office: Office) -> None:
    """One order that is in NetSuite, and one that would be written."""
    for number in (5001, 5002):
        order = rest_order(number)
        office.world.shop.put_order(order, [payment(order)])
        assert deliver(office.world.shop, {"topic": "orders/create", "body": order, "url": _url(office)})[0] == 200
        if number == 5001:
            office.work()


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_and_its_twin_name_nobody(otto: Visitor, path: str) -> None:
    shown = otto.get(path)
    twin = otto.get(f"/api/v1{path}")
    assert (shown.status_code, twin.status_code) == (200, 200)
    found = [
        (word, where) for word in BUYER for where, text in (("page", shown.text), ("twin", twin.text)) if word in text
    ]
    assert found == []


@pytest.mark.usefixtures("sold")
def test_the_preview_of_a_replay_shows_bodies_all_the_same(vera: Visitor) -> None:
    (sample, *_) = vera.json("/events/replay?ids=2")["samples"]
    assert sample["requests"]
    assert "•••" in sample["requests"][0]["body"]


def _url(office: Office) -> str:
    return f"{office.url}/webhooks/shopify/{office.world.connection.key}"
