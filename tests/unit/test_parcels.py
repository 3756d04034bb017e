"""What the buyer is told of a parcel, and what is said of the rest."""

from decimal import Decimal

import pytest

from connector.flows.parcels import MOST_NUMBERS, left_out
from connector.mapping.carriers import company
from connector.mapping.rules import Rules
from connector.store.shipments import Shipment, ShipmentLine
from tests import factories


def shipped(numbers: int) -> Shipment:
    """A shipment with so many tracking numbers."""
    lines = (ShipmentLine("812", Decimal(1), None),)
    return Shipment(700, 600, "IF700", "C", None, None, lines, tuple(f"1Z{number}" for number in range(numbers)))


@pytest.mark.parametrize(
    ("numbers", "note"),
    [
        (MOST_NUMBERS, ()),
        (MOST_NUMBERS + 2, ("shipment IF700 has 51 tracking numbers; the last 2 are not in Shopify",)),
    ],
)
def test_numbers_that_do_not_fit_are_named(numbers: int, note: tuple[str, ...]) -> None:
    assert left_out(shipped(numbers)) == note


@pytest.mark.parametrize(
    ("carrier", "method", "told"),
    [
        ("nonups", "House courier", "DHL Express"),
        ("nonups", "Overnight", "Overnight"),
        ("ups", "Ground", "UPS"),
        ("ups", "House courier", "DHL Express"),
        ("nonups", None, None),
    ],
)
def test_a_carrier_is_told_by_rule_first(carrier: str, method: str | None, told: str | None) -> None:
    rules = Rules.from_json(factories.rules_json(fulfillments={"carriers": {"House courier": "DHL Express"}}))
    assert company(carrier, method, rules) == told
