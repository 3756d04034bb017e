"""Refunds of billed orders where tax is not a line of ours: the account's own totals are Shopify's, or money waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows import catalog
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from tests import factories
from tests.payloads import rest_line, rest_order
from tests.world import World, opened_world

ORDER = 5001
LINE = ORDER * 10
Json = dict[str, Any]
RETURN = {"line_id": LINE, "quantity": 1, "restock_type": "return", "location_id": 655441491}
COMPUTED = {"mode": "netsuite_computes", "exempt_code": "-7"}
BY_CODE = {"mode": "tax_code", "codes": {"10": "31"}, "exempt_code": "-7"}
DETAILED = {"mode": "tax_details_override", "details": {"10": {"type": "1", "code": "31"}}}


@contextmanager
def billed(engine: Engine, redis_url: str, *, tax: Json, taken: str, kind: str) -> Iterator[World]:
    """An order of one mug for 20.00 and what Shopify took of tax, shipped and billed in an account that takes 10 %."""
    account = {} if tax["mode"] == "tax_details_override" else {"tax_rate": "0.1"}
    with opened_world(engine, redis_url, rules=factories.rules_json(tax=tax), account=account) as world:
        total = f"{20 + float(taken):.2f}"
        line = rest_line(LINE) | {"tax_lines": [{"title": "State tax", "rate": 0.1, "price": taken}]}
        world.work(world.sell(rest_order(ORDER, total=total, total_tax=taken, line_items=[line])))
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        account_act(world.account, {"act": "bill", "order": world.transactions("SalesOrd")[0]["id"], "as": kind})
        systems = world.runtime.open_systems(world.connection.id)
        catalog.refresh(catalog.BILLING_CATALOG, systems, world.engine)
        shop_act(world.shop, {"act": "fulfill", "order_id": ORDER})
        yield world


def refund(world: World) -> None:
    """The mug comes back and its money goes back."""
    shop_act(world.shop, {"act": "refund", "order_id": ORDER, "lines": [RETURN]})
    world.work(world.announce(ORDER))


def totals(world: World, kind: str) -> list[str]:
    return [item["total"] for item in world.transactions(kind)]


@pytest.mark.parametrize("tax", [COMPUTED, BY_CODE, DETAILED], ids=lambda tax: tax["mode"])
def test_a_credit_memo_has_shopifys_tax_in_every_mode(database: Engine, redis_url: str, tax: Json) -> None:
    with billed(database, redis_url, tax=tax, taken="2.00", kind="invoice") as world:
        refund(world)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        # 20.00 and 10 % are 22.00.
        assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == (["22"], ["22"])
        (memo,) = world.transactions("CustCred")
        assert [(line["item"], line["amount"]) for line in memo["item_lines"]] == [("812", "20")]


@pytest.mark.parametrize("tax", [COMPUTED, BY_CODE, DETAILED], ids=lambda tax: tax["mode"])
def test_a_cash_refund_has_shopifys_tax_in_every_mode(database: Engine, redis_url: str, tax: Json) -> None:
    with billed(database, redis_url, tax=tax, taken="2.00", kind="cashSale") as world:
        refund(world)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert totals(world, "CashRfnd") == ["22"]


def test_a_cent_between_netsuites_tax_and_shopifys_is_rounded_before_money_goes_back(
    database: Engine, redis_url: str
) -> None:
    with billed(database, redis_url, tax=COMPUTED, taken="2.01", kind="invoice") as world:
        refund(world)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        (memo,) = world.transactions("CustCred")
        assert [(line["item"], line["amount"]) for line in memo["item_lines"]] == [("812", "20"), ("912", "0.01")]
        assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == (["22.01"], ["22.01"])


def test_no_money_goes_back_for_a_credit_memo_whose_tax_is_wrong_until_a_person_corrected_it(
    database: Engine, redis_url: str
) -> None:
    with billed(database, redis_url, tax=COMPUTED, taken="2.00", kind="invoice") as world:
        world.account.change({"tax_rate": "0.2"})
        refund(world)
        for _ in range(2):
            record = world.record(ORDER)
            assert (record.state, record.reason_code) == ("held", "total_mismatch")
            assert "difference -2" in (record.reason or "")
            assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == (["24"], [])
            world.work(world.announce(ORDER))
        world.account.change({"tax_rate": "0.1"})
        memo = world.transactions("CustCred")[0]["id"]
        account_act(world.account, {"act": "edit", "record": memo, "fields": {"memo": "tax corrected"}})
        world.work(world.announce(ORDER))
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == (["22"], ["22"])
