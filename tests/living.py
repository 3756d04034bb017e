"""A day played in the shop alone, and the books that the account must have of it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.day import Day
from connector.sandbox.scenario.placed import SHOP
from connector.sandbox.scenario.world import CUSTOM, GIFT_CARD, ITEMS
from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.shop import Shop, ShopConfig

Json = dict[str, Any]
SHOP_ID = 1
KNOWN = ["1400", "1500"]


def lived(of: Day) -> Shop:
    """The shop after every order was placed and lived its life, round by round."""
    shop = Shop(ShopConfig())
    for sale in of.sales:
        shop.put_order(sale.order, sale.transactions)
    acts = [act for life in of.lives for act in life.acts if act.side == SHOP]
    for done in sorted(acts, key=lambda item: item.round):
        act(shop, dict(done.asked))
    return shop


def books(of: Day, shop: Json) -> Json:
    """What the account's ledger must look like when the shop's says this, made without the judge."""
    sold = {item["id"]: item for item in shop["orders"]}
    transactions: list[Json] = []
    for sale, life in zip(of.sales, of.lives, strict=True):
        order = sold[sale.order["id"]]
        if sale.expect == "synced" and not (order["cancelled_at"] and life.is_unwritten is not False):
            made = list(_of_order(order, life.memo, life.bills, sale.currency))
            if life.held:
                # Nothing of it is changed until a person has decided.
                made[0]["total"] = str(sale.total)
            transactions += made
    customers = [{"id": number, "external_id": None, "email": f"{number}@x", "subsidiary": "1"} for number in KNOWN]
    return {
        "transactions": transactions,
        "customers": customers,
        "calls": {"total": 0, "refused_429": 0},
        "tokens": {"issued": 3, "refused_ended": 0, "refused_unknown": 0},
        "money": sums(transactions),
    }


def sums(transactions: list[Json]) -> Json:
    """The account's own sums by currency."""
    found: Json = {"deposits": {}, "refunds": {}}
    for item in transactions:
        figure = {"CustDep": "deposits", "CustRfnd": "refunds", "CashRfnd": "refunds"}.get(item["type"])
        if figure:
            known = Decimal(found[figure].get(item["currency"], "0"))
            found[figure][item["currency"]] = str(known + Decimal(item["total"]))
    return found


def _of_order(order: Json, memo: str | None, bills: int, currency: str) -> Iterator[Json]:
    number = order["id"]
    common: Json = {"entity": "1400", "currency": currency, "sales_order": None, "created_from": None, "item_lines": []}
    common |= {"tracking": [], "memo": None, "ship_to": [None, None], "total": "0"}
    is_closed = bool(order["cancelled_at"])
    line = {"line": 1, "item": "1", "quantity": "1", "fulfilled": "0", "closed": is_closed}
    is_empty = not any(item["current_quantity"] for item in order["lines"])
    yield common | {
        "id": f"so{number}", "type": "SalesOrd", "external_id": f"SHOPIFY-{SHOP_ID}-ORDER-{number}",
        "total": order["current_total"], "item_lines": [line | {"closed": is_closed or is_empty}],
        "memo": memo or f"Shopify {order['name']}: {order['note'] or ''}", "ship_to": order["ship_to"],
    }  # fmt: skip
    for item in order["transactions"]:
        kind = {"sale": "TXN", "capture": "TXN", "refund": "RFND"}.get(item["kind"])
        if kind and item["status"] == "success":
            type_, source = ("CustDep", f"so{number}") if kind == "TXN" else ("CustRfnd", None)
            yield common | {
                "id": f"{kind}{item['id']}", "type": type_, "external_id": f"SHOPIFY-{SHOP_ID}-{kind}-{item['id']}",
                "total": item["amount"], "sales_order": source,
            }  # fmt: skip
    yield from (_parcel(item, order, common) for item in order["fulfillments"] if item["status"] == "success")
    for bill in range(bills):
        yield common | {
            "id": f"bill{bill}-{number}",
            "type": "CustInvc",
            "external_id": None,
            "created_from": f"so{number}",
        }


def _parcel(parcel: Json, order: Json, common: Json) -> Json:
    skus = {line["id"]: line["sku"] for line in order["lines"]}
    lines = [{"item": _item(skus[line["line_item_id"]]), "quantity": str(line["quantity"])} for line in parcel["lines"]]
    return common | {
        "id": f"if{parcel['id']}", "type": "ItemShip", "external_id": f"SHOPIFY-{SHOP_ID}-FUL-{parcel['id']}",
        "created_from": f"so{order['id']}", "item_lines": lines, "tracking": parcel["tracking_numbers"],
    }  # fmt: skip


def _item(sku: str | None) -> str:
    return CUSTOM if sku is None else ITEMS[sku] if sku else GIFT_CARD
