"""/mapping: the rules, what waits for one, a value mapped in place, a draft tried and published, and the way back."""

import io
import tomllib
from typing import Any

import pytest

from connector.flows.process import process
from connector.flows.rule_changes import change, draft, version_of
from connector.mapping.rules import Rules
from connector.store import connections
from connector.store.connections import StoredConnection
from tests import factories
from tests.payloads import payment, rest_order
from tests.visiting import Visitor
from tests.world import World, another_runtime

DRAFT = "/mapping/us-store/draft"
HISTORY = "/mapping/us-store/history"
VALUE = "/mapping/us-store/value"


def present(world: World) -> StoredConnection:
    with world.engine.begin() as database:
        return connections.by_id(database, world.connection.id)


def table(visitor: Visitor, name: str) -> Any:
    """One look-up table of the page."""
    return next(one for one in visitor.json("/mapping")["tables"] if one["name"] == name)


def held_for_a_gateway(world: World) -> int:
    """An order that was paid by a gateway no rule names; its record."""
    order = rest_order(5001)
    record = world.sell(order, payment(order, gateway="paypal"))
    world.work(record)
    return record


def saved_at(visitor: Visitor) -> str:
    found: str = visitor.json(DRAFT)["saved_at"]
    return found


def written(visitor: Visitor, world: World, **changes: object) -> str:
    """A draft of the present rules with some replaced."""
    text = visitor.get("/mapping/us-store/rules.toml").text
    for before, after in changes.items():
        assert before in text
        text = text.replace(str(before), str(after))
    return visitor.does(DRAFT, toml=text, version=str(present(world).rules_version))


def test_the_rules_stand_by_section_with_what_they_do(otto: Visitor) -> None:
    page = otto.reads("/mapping")
    assert "Mapping of us-store" in page
    assert "no order waits for a mapping" in page
    twin = otto.json("/mapping")
    gateways = next(table for table in twin["tables"] if table["name"] == "gateways")
    assert [(entry["key"], entry["value"]) for entry in gateways["entries"]][1] == (
        "shopify_payments", "method 8, account 123",
    )  # fmt: skip
    rounding = next(section for section in twin["sections"] if section["name"] == "rounding")
    assert rounding["explanation"].startswith("A difference up to `max`")
    assert [row["value"] for row in rounding["settings"]] == ["912", "0.05"]


def test_what_orders_wait_for_is_mapped_in_place_and_they_go_on(otto: Visitor, world: World) -> None:
    record = held_for_a_gateway(world)
    (row,) = otto.json("/mapping")["waiting"]
    assert (row["subject"], row["records"], row["can_be_mapped"]) == ("gateway:paypal", 1, True)
    value = "/mapping/us-store/value"
    shown = otto.json(f"{value}?subject=gateway:paypal")
    assert [(field["list"], field["choices"]) for field in shown["fields"]] == [
        ("NetSuite payment method", ["Card", "Gift card"]), ("NetSuite account", ["Bank"]),
    ]  # fmt: skip
    assert (shown["needs_admin"], shown["preview"]) == (False, None)
    seen = otto.json(f"{value}?subject=gateway:paypal&value=Card&second=Bank")["preview"]
    assert [(one["rule"], one["after"]) for one in seen["changes"]] == [
        ("payments.methods.paypal.method", "Card"), ("payments.methods.paypal.account", "Bank"),
    ]  # fmt: skip
    assert (seen["found"], seen["refused"]) == (["Card (8)", "Bank (123)"], None)
    assert [(one["count"], one["first"]) for one in seen["releasing"]] == [(1, ["#1001"])]
    assert "no payment method named" in otto.json(f"{value}?subject=gateway:paypal&value=Paypal")["preview"]["refused"]
    form = {"subject": "gateway:paypal", "version": str(shown["version"]), "because": "it is the card terminal"}
    refused = otto.presses(f"{value}?subject=gateway:paypal", **form, value="Paypal Ltd")
    assert (refused.status_code, 'id="fault-value"' in refused.text) == (400, True)
    assert "1 record goes on" in otto.does(value, **form, value="Card", second="Bank")
    # A process that has read the new rules; this one still knows those before.
    process(record, another_runtime(world), worker="another")
    assert [item["type"] for item in world.transactions()] == ["SalesOrd", "CustDep"]
    assert otto.json("/mapping")["waiting"] == []
    assert (
        otto.presses(value, **form | {"subject": "", "table": "gateways", "key": "paypal"}, value="8").status_code
        == 403
    )


def test_a_sku_that_waits_stands_in_its_table_and_can_be_changed_and_taken_out_there(
    ada: Visitor, otto: Visitor, world: World
) -> None:
    order = world.sell(rest_order(5001, sku="GHOST"))
    other = world.sell(rest_order(5002, sku="OTHER"))
    for record in (order, other):
        world.work(record)
    assert "Map it : GHOST" in otto.reads("/mapping")
    assert "Make the item in NetSuite" not in otto.reads("/mapping")
    assert [row["value"] for row in table(otto, "skus")["waiting"]] == ["GHOST", "OTHER"]
    form = {"table": "skus", "key": "GHOST", "because": "renamed"}
    said = otto.does(VALUE, **form, version="1", value="MUG-BLUE")
    assert "GHOST is MUG-BLUE: renamed: version 2; 1 record goes on." in said
    assert (world.record(5001).state, world.record(5002).state) == ("pending", "held")
    assert [(one["key"], one["value"], one["known_as"]) for one in table(otto, "skus")["entries"]] == [
        ("GHOST", "MUG-BLUE", "813")
    ]
    assert [row["value"] for row in table(otto, "skus")["waiting"]] == ["OTHER"]
    # Nothing waits for it any more: it holds for all orders to come.
    assert otto.presses(VALUE, **form, version="2", value="MUG-RED").status_code == 403
    assert "GHOST is MUG-RED" in ada.does(VALUE, **form, version="2", value="MUG-RED")
    assert "would change" in ada.reads(f"{VALUE}?table=skus&key=GHOST&value=MUG-RED")
    assert "GHOST is taken out" in ada.does(VALUE, **form, version="3", value="")
    assert present(world).rules["items"]["skus"] == {}


def test_a_value_is_put_into_the_draft_and_is_in_force_only_once_that_is_published(
    ada: Visitor, otto: Visitor, world: World
) -> None:
    record = held_for_a_gateway(world)
    form = {"subject": "gateway:paypal", "value": "Card", "second": "Bank", "version": "1"}
    assert "It stands in the draft" in otto.does(f"{VALUE}/draft", **form)
    assert (present(world).rules_version, world.record(5001).state) == (1, "held")
    assert "There is a draft by otto: this is added to it." in ada.reads(
        f"{VALUE}?table=currencies&key=JPY&take_out=true"
    )
    ada.does(f"{VALUE}/draft", table="currencies", key="JPY", value="", version="1")
    page = otto.json(DRAFT)
    assert (page["saved_by"], page["base_version"], page["is_stale"]) == ("ada", 1, False)
    assert {one["rule"] for one in page["changes"]} == {
        "payments.methods.paypal.method", "payments.methods.paypal.account", "currencies.JPY",
    }  # fmt: skip
    trial = ada.json(f"{DRAFT}/test?last=5")
    assert (trial["problem"], trial["orders"]) == (None, 1)
    assert "1 held orders are tried again" in ada.does(f"{DRAFT}/publish", note="paypal", saved_at=page["saved_at"])
    process(record, another_runtime(world), worker="another")
    assert world.record(5001).state == "in_sync"


def test_a_value_of_rules_that_were_changed_meanwhile_goes_nowhere(ada: Visitor, world: World) -> None:
    form = {"table": "currencies", "key": "JPY", "value": ""}
    assert ada.presses(f"{VALUE}/draft", **form, version="7").status_code == 409
    assert ada.presses(VALUE, **form, version="7", because="x").status_code == 409
    half = {"table": "tax_details", "key": "7.25", "value": "5", "version": "1"}
    refused = ada.presses(f"{VALUE}/draft?table=tax_details&key=7.25", **half)
    assert (refused.status_code, 'id="fault-second"' in refused.text) == (400, True)
    assert ada.json(DRAFT)["saved_by"] is None


def test_a_value_is_taken_out_of_its_table_by_an_admin_with_a_reason(ada: Visitor, otto: Visitor, world: World) -> None:
    form = {"table": "currencies", "key": "JPY", "version": "1"}
    assert ada.presses("/mapping/us-store/value?table=currencies&key=JPY", **form, value="").status_code == 400
    form["because"] = "nothing is sold in yen"
    assert otto.presses("/mapping/us-store/value", **form, value="").status_code == 403
    assert "JPY is taken out: nothing is sold in yen: version 2" in ada.does(
        "/mapping/us-store/value", **form, value=""
    )
    assert "JPY" not in present(world).rules["currencies"]


def test_a_draft_is_tried_published_and_gone_back_from(ada: Visitor, world: World) -> None:
    order = rest_order(5001)
    world.work(world.sell(order, payment(order)))
    written(ada, world, **{'"America/New_York"': '"UTC"', 'item = "910"': 'item = "901"'})
    assert {one["rule"] for one in ada.json(DRAFT)["changes"]} == {"time_zone", "discount.item"}
    trial = ada.json(f"{DRAFT}/test?last=5")
    assert (trial["orders"], trial["problem"], trial["worse"]) == (1, None, 0)
    assert trial["changed"] > 0
    assert "What the draft would change" in ada.reads(f"{DRAFT}/test?last=5")
    assert present(world).rules_version == 1
    refused = ada.presses(f"{DRAFT}/publish", note="", saved_at=saved_at(ada))
    assert (refused.status_code, 'id="fault-note"' in refused.text) == (400, True)
    assert "Version 2 is in force" in ada.does(f"{DRAFT}/publish", note="books move to UTC", saved_at=saved_at(ada))
    assert present(world).rules["time_zone"] == "UTC"
    row = ada.json(HISTORY)["rows"][0]
    assert (row["version"], row["actor"], row["note"]) == (2, "ada", "books move to UTC")
    assert "Back to version 1" in ada.reads(f"{HISTORY}?back_to=1")
    assert ada.presses(HISTORY, version="1", present="1", because="x").status_code == 409
    assert "Version 3 is in force, with the rules of version 1" in ada.does(
        HISTORY, version="1", present="2", because="the auditors say no"
    )
    assert present(world).rules["time_zone"] == "America/New_York"


def test_a_draft_that_is_no_toml_is_shown_again_with_its_line(otto: Visitor) -> None:
    refused = otto.presses(DRAFT, toml='[rules]\ntime_zone = "Mars"\ncolour = 1\n', version="1")
    assert refused.status_code == 400
    assert "draft:2: rules.time_zone" in refused.text
    assert "draft:3: rules.colour" in refused.text
    assert "time_zone = &#34;Mars&#34;" in refused.text
    assert otto.json(DRAFT)["saved_by"] is None


def test_a_name_netsuite_does_not_have_stops_a_draft_with_its_line(ada: Visitor, world: World) -> None:
    written(ada, world, **{'location = "2"': 'location = "Warehaus"'})
    problem = ada.json(f"{DRAFT}/test")["problem"]
    assert "rules.location" in problem
    assert "Warehouse" in problem
    assert ada.presses(f"{DRAFT}/publish", note="x", saved_at=saved_at(ada)).status_code == 400
    assert present(world).rules_version == 1


def test_a_draft_that_others_overtook_is_not_published(ada: Visitor, world: World) -> None:
    written(ada, world, **{'"America/New_York"': '"UTC"'})
    stale = saved_at(ada)
    stored = present(world)
    rules = Rules.from_json(factories.rules_json(location="Warehouse"))
    made = draft(world.runtime, stored, rules, version_of(world.runtime, stored, None))
    change(world.runtime, stored, made, actor="somebody", note="meanwhile")
    refused = ada.presses(f"{DRAFT}/publish", note="x", saved_at=stale)
    assert (refused.status_code, "the draft again" in refused.text) == (409, True)
    page = ada.json(DRAFT)
    assert (page["is_stale"], page["version"]) == (True, 2)
    ada.does(DRAFT, toml=page["toml"], version="2")
    assert ada.presses(f"{DRAFT}/publish", note="x", saved_at=stale).status_code == 409
    assert "Version 3 is in force" in ada.does(f"{DRAFT}/publish", note="x", saved_at=saved_at(ada))


def test_rules_come_in_as_a_file_and_go_out_as_one(ada: Visitor, world: World) -> None:
    text = ada.get("/mapping/us-store/rules.toml").text
    assert tomllib.loads(text)["rules"]["location"] == "2"
    file = (io.BytesIO(text.replace('"America/New_York"', '"UTC"').encode()), "rules.toml")
    answer = ada.client.post(
        DRAFT, data={"file": file, "version": "1"}, headers={"X-Who": "ada"}, content_type="multipart/form-data"
    )
    assert answer.status_code == 303
    assert [one["rule"] for one in ada.json(DRAFT)["changes"]] == ["time_zone"]
    ada.does(f"{DRAFT}/discard")
    assert ada.json(DRAFT)["saved_by"] is None
    assert ada.get("/mapping/us-store/rules.toml?version=7").status_code == 400


def test_a_real_order_says_where_every_value_came_from(otto: Visitor, world: World) -> None:
    assert otto.json("/mapping/us-store/example")["records"] == []
    order = rest_order(5001)
    world.work(world.sell(order, payment(order)))
    page = otto.json("/mapping/us-store/example")
    fields = {one["field"]: one for record in page["records"] for one in record["fields"]}
    assert fields["location"]["rule"] == "rules.location = 2"
    assert page["order"] in otto.reads("/mapping/us-store/example")


def test_beside_each_rule_stands_what_it_did_to_the_newest_order(vera: Visitor, world: World) -> None:
    assert vera.json("/mapping?example=true")["example"] == {"order": None, "by_setting": {}, "problem": None}
    assert vera.json("/mapping")["example"] is None
    order = rest_order(5002)
    world.work(world.sell(order))
    twin = vera.json("/mapping?example=true")
    assert (twin["example"]["order"], twin["example"]["problem"]) == (order["name"], None)
    general = next(section for section in twin["sections"] if section["name"] == "general")
    (subsidiary,) = [row["example"] for row in general["settings"] if row["name"] == "subsidiary"]
    assert (subsidiary["record"], subsidiary["field"], subsidiary["value"]) == ("customer", "subsidiary", "1")
    gateways = next(table for table in twin["tables"] if table["name"] == "gateways")
    used = {entry["key"]: entry["example"]["record"] for entry in gateways["entries"] if entry["example"]}
    assert used == {"shopify_payments": "customer_deposit"}
    page = vera.reads("/mapping?example=true")
    assert f"The examples are of {order['name']} , the newest order" in page
    assert "subsidiary 1 Customer" in page


def test_an_example_that_shopify_cannot_give_leaves_the_rules_standing(vera: Visitor, world: World) -> None:
    world.work(world.sell(rest_order(5003)))
    world.shop.change({"fail_next": {"status": 403, "times": 1}})
    twin = vera.json("/mapping?example=true")
    assert "forbids this app to ask" in twin["example"]["problem"]
    assert (twin["example"]["by_setting"], len(twin["sections"]) > 5) == ({}, True)
    world.shop.change({"fail_next": {"status": 403, "times": 1}})
    assert "cannot be said just now" in vera.reads("/mapping?example=true")


def test_an_operator_drafts_and_does_not_publish(otto: Visitor, vera: Visitor, world: World) -> None:
    written(otto, world, **{'"America/New_York"': '"UTC"'})
    assert "An administrator publishes it" in otto.reads(DRAFT)
    assert otto.presses(f"{DRAFT}/publish", note="x", saved_at=saved_at(otto)).status_code == 403
    assert otto.presses(HISTORY, version="1", present="1", because="x").status_code == 403
    assert vera.get(DRAFT).status_code == 403
    assert vera.presses("/mapping/us-store/value", table="currencies", key="JPY", version="1").status_code == 403
    assert "Map it" not in vera.reads("/mapping")


@pytest.mark.parametrize(
    "page", ["value?table=currencies&key=USD", "locations", "draft", "draft/test", "history", "example", "rules.toml"]
)
def test_rules_of_others_are_not_there(stranger: Visitor, page: str) -> None:
    assert stranger.json("/mapping") == {"store": None}
    assert stranger.get("/mapping?store=us-store").status_code == 404
    assert stranger.get(f"/mapping/us-store/{page}").status_code == 404


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("value", {"table": "currencies", "key": "JPY", "version": "1"}),
        ("value/draft", {"table": "currencies", "key": "JPY", "version": "1"}),
        ("draft", {"toml": "", "version": "1"}),
        ("draft/discard", {}),
        ("draft/proposed", {"proposal": "", "version": "1"}),
        ("draft/publish", {"note": "x", "saved_at": "2026-11-29T00:00:00Z"}),
        ("history", {"version": "1", "present": "1", "because": "x"}),
    ],
)
def test_rules_of_others_are_not_changed(stranger: Visitor, act: str, form: dict[str, str]) -> None:
    assert stranger.presses(f"/mapping/us-store/{act}", **form).status_code == 404


def test_what_a_ping_proposes_becomes_a_draft(otto: Visitor, world: World) -> None:
    stored = present(world)
    rules = Rules.from_json(factories.rules_json(location=None, subsidiary=None))
    made = draft(world.runtime, stored, rules, version_of(world.runtime, stored, None))
    change(world.runtime, stored, made, actor="somebody", note="forgotten")
    ping = otto.json("/connections/us-store/ping")
    assert ping["proposes_values"]
    form = {"proposal": ping["proposal"], "version": str(ping["rules_version"])}
    assert "The proposal is a draft now" in otto.does(f"{DRAFT}/proposed", **form)
    assert ("subsidiary", "1") in [(one["rule"], one["after"]) for one in otto.json(DRAFT)["changes"]]
    assert present(world).rules_version == 2
    assert "publish or discard it first" in otto.presses(f"{DRAFT}/proposed", **form).text
