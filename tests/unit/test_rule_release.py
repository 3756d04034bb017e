"""A change of the rules concerns those that wait for it, and nobody is left waiting who may go on."""

from typing import Any

import pytest

from connector.mapping.rule_gaps import filled, gaps
from connector.mapping.rule_names import Path
from connector.mapping.rule_release import changed, concerns, unjudged
from connector.mapping.rule_tables import Gap
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules
from tests import factories

WAITING = (
    "sku:MUG", "sku:CUP", "variant:44", "variant:45", "gateway:paypal", "gateway:gift_card", "gateway:cash",
    "shipping:Express", "shipping:Post", "currency:CHF", "currency:4", "terms:Net 30", "tax:7.25", "tax:8",
    "rule:items.tip", "rule:discount.item", "rule:location", 'rule:shipping.methods."Next day"', "rule:status.closed",
    "rule:payments.methods.cash.method", 'rule:inventory.locations."Main"', "line:3",
    "shopify-location:Shop",
)  # fmt: skip


def helped(values: dict[Path, str], **rules: Any) -> set[str]:
    """What may go on once these values are set."""
    before = factories.rules(**rules)
    after = filled(before, {Gap(path, NetSuiteList.ITEM): value for path, value in values.items()})
    paths = changed(before, after)
    assert not unjudged(paths)
    return {subject for subject in WAITING if concerns(paths, subject, after)}


@pytest.mark.parametrize(
    ("path", "value", "subjects"),
    [
        (("items", "skus", "MUG"), "812", {"sku:MUG"}),
        (("items", "variants", "44"), "812", {"variant:44", "sku:MUG", "sku:CUP"}),
        (("payments", "methods", "paypal", "method"), "8", {"gateway:paypal"}),
        (("payments", "methods", "gift_card", "account"), "123", {"gateway:gift_card"}),
        (("payments", "methods", "cash", "method"), "8", {"gateway:cash", "rule:payments.methods.cash.method"}),
        (("shipping", "methods", "Express"), "41", {"shipping:Express"}),
        (("shipping", "methods", "Next day"), "41", {'rule:shipping.methods."Next day"'}),
        (("shipping", "default"), "99", {"shipping:Express", "shipping:Post"}),
        (("currencies", "CHF"), "4", {"currency:CHF", "currency:4"}),
        (("orders", "terms", "Net 30"), "2", {"terms:Net 30"}),
        (("items", "tip"), "904", {"rule:items.tip"}),
        (("location",), "7", {"rule:location"}),
        (("locations", "Shop"), "2", {"shopify-location:Shop"}),
    ],
)
def test_an_entry_concerns_what_waits_for_it(path: Path, value: str, subjects: set[str]) -> None:
    assert helped({path: value}) == subjects


def test_a_tax_is_told_by_its_rate() -> None:
    assert helped({("tax", "codes", "7.25"): "9"}, tax={"mode": "tax_code"}) == {"tax:7.25"}
    both: dict[Path, str] = {("tax", "details", "8", "type"): "1", ("tax", "details", "8", "code"): "2"}
    assert helped(both, tax={"mode": "tax_details_override"}) == {"tax:8"}


def test_a_name_that_stood_wrong_concerns_its_records_when_it_is_taken_out() -> None:
    after = factories.rules()
    before = filled(after, {Gap(("shipping", "methods", "Next day"), NetSuiteList.SHIPPING_ITEM): "Nonesuch"})
    paths = changed(before, after)
    assert concerns(paths, 'rule:shipping.methods."Next day"', after)
    assert not concerns(paths, "shipping:Express", after)


@pytest.mark.parametrize(
    ("rules", "settings"),
    [
        ({"orders": {"include_test": True}}, ["orders.include_test"]),
        ({"status": {"closed": "cancel"}}, ["status.closed"]),
        ({"books": {"closed_period": "today"}}, ["books.closed_period"]),
        ({"inventory": {"percent": 50}, "schedules": {"orders_poll": 60}, "events": {"keep_days": 7}}, []),
    ],
)
def test_what_may_concern_anybody_is_named(rules: dict[str, Any], settings: list[str]) -> None:
    before = factories.rules()
    after = Rules.from_json({**before.to_json(), **rules})
    assert [".".join(path) for path in unjudged(changed(before, after))] == settings


def test_a_gap_that_can_be_filled_releases_what_waits_for_it() -> None:
    """Whatever a person can fill in for a subject lets that subject go on."""
    before = factories.rules()
    for subject in WAITING:
        found = gaps(subject, before)
        if not found:
            continue
        after = filled(before, dict.fromkeys(found, "77"))
        paths = changed(before, after)
        assert concerns(paths, subject, after) or unjudged(paths), subject
