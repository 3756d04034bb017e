"""Goods in both ledgers: the shop sells what NetSuite has left, and NetSuite's shipments are the shop's parcels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.sandbox.judge_order import Case, is_to_be_written, units_of
from connector.sandbox.scenario.world import ITEMS, SHOP_LOCATION, WAREHOUSE
from connector.sandbox.verdict import Verdict

Json = Mapping[str, Any]


def judge_stock(inventory: Json, account: Json, cases: Sequence[Case], verdict: Verdict) -> None:
    """For every SKU the shop's `available` is the warehouse's, less what was sold and does not stand in NetSuite yet."""
    levels = {item["sku"]: item["available"] for item in inventory["levels"] if item["location"] == SHOP_LOCATION}
    there = {item["item"]: Decimal(item["available"]) for item in account["stock"] if item["location"] == WAREHOUSE}
    waiting = sum((_waiting(case) for case in cases), Counter[str]())
    for sku, item in ITEMS.items():
        has, wanted = levels.get(sku, 0), max(0, int(there.get(item, 0)) - waiting[item])
        verdict.goods.units.shopify += has
        verdict.goods.units.netsuite += wanted
        if has != wanted:
            verdict.differs(
                f"the shop has {has} of {sku} for sale, NetSuite has {there.get(item, 0)}, "
                f"{waiting[item]} of them sold in orders it does not have"
            )
    verdict.goods.skus, verdict.goods.waiting = len(levels), waiting.total()
    _judge_sold(inventory["history"], account["stock"], verdict)
    _judge_events(account["events"], verdict)


def _waiting(case: Case) -> Counter[str]:
    """Units by item that the shop holds for an order and that its sales order does not have.

    The shop holds the units of every order that stands, one that nobody has paid or that is only a test as well; of one that
    is never to be written they are held until they leave.
    """
    if case.sold["cancelled_at"] is not None:
        return Counter()
    shipped = _shipped(case) if case.sale.expect.startswith("excluded") else Counter[int]()
    sold = units_of(
        (ITEMS.get(line["sku"], ""), line["current_quantity"] - shipped[line["id"]]) for line in case.sold["lines"]
    )
    lines = (line for record in case.found(case.order_key) for line in record["item_lines"])
    return Counter({item: count for item, count in (sold - units_of(_of(lines))).items() if item})


def _shipped(case: Case) -> Counter[int]:
    """Units by order line that have left."""
    parcels = (parcel for parcel in case.sold["fulfillments"] if parcel["status"] == "success")
    lines = ((line["line_item_id"], line["quantity"]) for parcel in parcels for line in parcel["lines"])
    return sum((Counter({line: units}) for line, units in lines), Counter())


def _judge_sold(history: Sequence[Json], stock: Sequence[Json], verdict: Verdict) -> None:
    """Nothing was sold that was not there."""
    for change in history:
        if change["by"] == "app":
            verdict.goods.changes += 1
            continue
        lowest = verdict.goods.lowest
        verdict.goods.lowest = change["available"] if lowest is None else min(lowest, change["available"])
        if change["available"] < 0:
            verdict.differs(
                f"{change['sku']} was sold when it was not there: {change['by']} left {change['available']}"
            )
    for level in stock:
        if Decimal(level["back_ordered"]):
            verdict.differs(f"NetSuite owes {level['back_ordered']} of item {level['item']} to orders")


def _judge_events(events: Sequence[Json], verdict: Verdict) -> None:
    verdict.goods.events = len(events)
    if unanswered := sum(event["status"] != 200 for event in events):
        verdict.differs(f"{unanswered} events of NetSuite were not answered 200")


def judge_shipments(case: Case, verdict: Verdict) -> None:
    """What the warehouse shipped of an order stands in the shop, each shipment once and with its numbers."""
    if not is_to_be_written(case) or case.sold["cancelled_at"] is not None:
        return
    found = [parcel for parcel in case.told_parcels if parcel["status"] == "success"]
    shipped = _shipments(case)
    verdict.goods.taken_back += sum(parcel["status"] == "cancelled" for parcel in case.told_parcels)
    for record in shipped:
        parcel = _same(case, record, found)
        verdict.goods.parcels.netsuite += 1
        verdict.goods.numbers.netsuite += len(record["tracking"])
        if parcel is None:
            verdict.differs(f"shipment {record['tran_id']} of {case.name} did not arrive in Shopify")
            continue
        found.remove(parcel)
        _judge_arrived(case, record, parcel, verdict)
    for parcel in found:
        verdict.goods.parcels.shopify += 1
        verdict.differs(f"parcel {parcel['id']} of {case.name} stands in Shopify, and NetSuite shipped none like it")


def _judge_arrived(case: Case, record: Json, parcel: Json, verdict: Verdict) -> None:
    verdict.goods.parcels.shopify += 1
    verdict.goods.numbers.shopify += len(parcel["tracking_numbers"])
    if parcel["tracking_numbers"] != record["tracking"]:
        verdict.differs(
            f"parcel {parcel['id']} of {case.name} has the numbers {parcel['tracking_numbers']} in Shopify, "
            f"{record['tracking']} in NetSuite"
        )


def _shipments(case: Case) -> list[Json]:
    """Those that were not made from the shop's own parcels."""
    return [
        record
        for order in case.found(case.order_key)
        for record in case.by_source.get(order["id"], ())
        if record["type"] == "ItemShip" and not record["external_id"]
    ]


def _same(case: Case, record: Json, parcels: Sequence[Json]) -> Json | None:
    """The parcel with a shipment's units, one with its numbers first."""
    skus = {line["id"]: line["sku"] for line in case.sold["lines"]}
    wanted = units_of(_of(record["item_lines"]))
    alike = [
        parcel
        for parcel in parcels
        if units_of((ITEMS.get(skus[line["line_item_id"]], ""), line["quantity"]) for line in parcel["lines"]) == wanted
    ]
    exact = (parcel for parcel in alike if parcel["tracking_numbers"] == record["tracking"])
    return next(exact, alike[0] if alike else None)


def _of(lines: Any) -> Any:
    return ((line["item"], line["quantity"] or 0) for line in lines)
