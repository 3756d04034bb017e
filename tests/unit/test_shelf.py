"""Units are taken from the fulfilment order of the location that NetSuite shipped them from."""

from collections import Counter
from decimal import Decimal

from connector.flows.shelf import Shelf
from connector.mapping.rules import Rules
from connector.shopify.fulfillment_orders import FulfillmentOrder, OpenLine
from connector.store.shipments import Shipment, ShipmentLine
from tests import factories

RULES = Rules.from_json(factories.rules_json(locations={"1": "2", "Second": "3"}))


def order(number: str, location: tuple[str, str], units: int) -> FulfillmentOrder:
    """A fulfilment order over units of one line."""
    line = OpenLine(f"9{number}", "50", units)
    return FulfillmentOrder(number, "OPEN", "UNSUBMITTED", *location, True, (), None, (line,))


def shipped(*lines: tuple[str, str | None]) -> Shipment:
    """A shipment of units of item 812 from locations."""
    found = tuple(ShipmentLine("812", Decimal(quantity), location) for quantity, location in lines)
    return Shipment(700, 600, "IF700", "C", None, None, found, ())


def loaded(shipment: Shipment, *orders: FulfillmentOrder) -> tuple[dict[str, int], Counter[str]]:
    """Units by fulfilment order, and what is missing."""
    goods = Counter({"812": sum(int(line.quantity) for line in shipment.lines)})
    loads, missing = Shelf(orders, {"812": ["50"]}, RULES).load(goods, shipment)
    return {number: lines.total() for load in loads for number, lines in load.picked.items()}, missing


MAIN, SECOND = ("1", "Main"), ("77", "Second")


def test_each_location_ships_as_many_units_as_it_shipped_in_netsuite() -> None:
    found = loaded(shipped(("2", "2"), ("1", "3")), order("1", MAIN, 5), order("2", SECOND, 5))
    assert found == ({"1": 2, "2": 1}, Counter())


def test_what_a_location_has_not_open_is_taken_from_another() -> None:
    found = loaded(shipped(("3", "3")), order("1", MAIN, 5), order("2", SECOND, 1))
    assert found == ({"2": 1, "1": 2}, Counter())


def test_units_of_a_location_that_no_rule_names_are_taken_where_they_are_open() -> None:
    assert loaded(shipped(("2", None)), order("1", MAIN, 1), order("2", SECOND, 1)) == ({"1": 1, "2": 1}, Counter())


def test_what_is_open_nowhere_is_missing() -> None:
    assert loaded(shipped(("4", "2")), order("1", MAIN, 3)) == ({"1": 3}, Counter({"812": 1}))
