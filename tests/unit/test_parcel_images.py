"""What is remembered of a parcel outlives an erased customer: it holds ids and counts only."""

from connector.mapping.images import redacted_image


def test_a_parcel_is_still_known_after_its_buyer_was_erased() -> None:
    image = {"shipment": 9, "items": {"812": 1}, "lines": {"50010": 1}, "tracking": {}, "before": []}
    assert redacted_image(image) == image


def test_a_customer_leaves_nothing_behind() -> None:
    assert redacted_image({"firstName": "Ada"}) is None
