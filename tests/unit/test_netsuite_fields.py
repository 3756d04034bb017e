"""Every body we send fits NetSuite's fields; our table of them is what the published schema says."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from jsonschema.validators import validator_for

from connector.flows.plan import plan
from connector.flows.planning import Known, Subject
from connector.sandbox.netsuite.fields import problems, table
from connector.shopify.records import Order
from connector.transport import encode
from tests import factories
from tests.factories import ITEMS, SHOP_ID, allocation, bag, line, shipping_line, tax, transaction

ROOT = Path(__file__).parents[2]
ADDRESS = {
    "name": "Ada Example", "company": "Example Ltd", "address1": "1 Example Street", "address2": "Unit 1",
    "city": "Springfield", "provinceCode": "IL", "zip": "62701", "countryCodeV2": "US", "phone": "+15555550100",
}  # fmt: skip


def rich_order() -> Order:
    return factories.order(
        "81.70",
        tax="6.70",
        tip="3.00",
        lines=[
            line(price="30.00", quantity=2, taxLines=[tax("5.70")], discountAllocations=[allocation("3.00")]),
            line("", isGiftCard=True, price="10.00"),
            line("", variant=None, name="Engraving", price="2.00", duties=[{"id": "1", "price": bag("1.00")}]),
        ],
        discountApplications={"nodes": [{"index": 0, "code": "SAVE"}]},
        shipping_lines=[shipping_line("2.00", taxes=[tax("1.00")])],
        billingAddress=ADDRESS,
        shippingAddress=ADDRESS,
        transactions=[transaction("40.00"), transaction("41.70", id="gid://x/T/2", gateway="gift_card")],
    )


def bodies(**rules: Any) -> dict[str, Any]:
    """What would be sent for a rich order, as it travels, by record type."""
    made = plan(Subject(rich_order(), SHOP_ID, Known({}, ITEMS), factories.rules(**rules)))
    return {effect.write.record_type: json.loads(encode(effect.write.body)) for effect in made.effects}


MODES: dict[str, dict[str, Any]] = {
    "line_item": {},
    "net discounts": {"discount": {"mode": "net"}},
    "exempt code": {"tax": {"item": "911", "exempt_code": "-7"}},
    "tax_code": {"tax": {"mode": "tax_code", "codes": {"10": "71", "0": "72"}}},
    "netsuite_computes": {"tax": {"mode": "netsuite_computes"}},
    "override": {"tax": {"mode": "tax_details_override", "details": {"10": {"type": "3", "code": "7"}}}},
    "all defaults": {
        "orders": {"department": "5", "class": "6", "order_id_field": "custbody_shopify_order_id"},
    },
}


@pytest.mark.parametrize("mode", MODES)
def test_every_body_fits_our_table_of_fields(mode: str) -> None:
    sent = bodies(**MODES[mode])
    assert set(sent) == {"customer", "salesOrder", "customerDeposit"}
    assert [problem for record, body in sent.items() for problem in problems(record, body)] == []


@pytest.fixture(scope="module")
def published(shared: Path) -> Any:
    """The published schema, read once; whether it is a schema is not asked of every body again."""
    return json.loads((shared / "schemas/netsuite/record-v1-2026.1.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("mode", MODES)
def test_every_body_fits_the_published_schema(mode: str, published: Any) -> None:
    for record, body in bodies(**MODES[mode]).items():
        schema = {"$ref": f"#/$defs/{record}", "$defs": published["$defs"]}
        validator_for(schema)(schema).validate(body)


def test_a_body_that_does_not_fit_the_published_schema_is_refused(published: Any) -> None:
    schema = {"$ref": "#/$defs/salesOrder", "$defs": published["$defs"]}
    with pytest.raises(ValidationError, match="not of type"):
        validator_for(schema)(schema).validate(bodies()["salesOrder"] | {"tranDate": 20261120})


def test_our_table_is_what_the_published_schema_says(published: Any) -> None:
    spec = importlib.util.spec_from_file_location("make_fields", ROOT / "scripts/make_netsuite_fields.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert table() == script.fields_table(published)


@pytest.mark.parametrize(
    ("record", "body", "path"),
    [
        ("salesOrder", {"entiti": {"id": "1"}}, "entiti"),
        ("salesOrder", {"entity": "1"}, "entity"),
        ("salesOrder", {"tranDate": "11/20/2026"}, "tranDate"),
        ("salesOrder", {"orderStatus": {"id": "G"}}, "orderStatus"),
        ("salesOrder", {"item": {"items": [{"itm": {"id": "1"}}]}}, "item.items[0].itm"),
        ("salesOrder", {"item": {"items": [{"rate": "19.99"}]}}, "item.items[0].rate"),
        ("salesOrder", {"shippingAddress": {"adr1": "x"}}, "shippingAddress.adr1"),
        ("customerDeposit", {"undepFunds": True}, "undepFunds"),
        ("customer", {"isPerson": "T"}, "isPerson"),
        ("customerRefund", {"payment": 1}, "payment"),
        ("customerRefund", {"deposit": {"items": [{"doc": "1"}]}}, "deposit.items[0].doc"),
        ("itemFulfillment", {"shipStatus": {"id": "D"}}, "shipStatus"),
        (
            "itemFulfillment",
            {"package": {"items": [{"packageTrackingNumberUps": "1Z"}]}},
            "package.items[0].packageTrackingNumberUps",
        ),
        ("creditMemo", {"apply": {"items": [{"amount": "1"}]}}, "apply.items[0].amount"),
        ("cashRefund", {"status": {"id": "A"}}, "status"),
        ("contact", {"companyName": "x"}, "companyName"),
        ("salesOrder", {"item": []}, "item"),
    ],
)
def test_a_wrong_name_or_type_is_found_by_its_path(record: str, body: dict[str, Any], path: str) -> None:
    assert [problem.path for problem in problems(record, body)] == [path]


def test_custom_fields_are_free() -> None:
    assert problems("salesOrder", {"custbody_anything": 1}) == []
