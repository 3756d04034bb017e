"""What stands of one order in both sandboxes' ledgers, in a form in which two tellings of one history can be compared."""

import re
from collections import Counter
from decimal import Decimal
from typing import Any

from connector.sandbox.netsuite import ledger
from connector.sandbox.shopify.ledger import ledger_order
from tests.tellings import Telling

Json = dict[str, Any]

_NUMBER = re.compile(r"\d{6,}")


def documents(telling: Telling) -> list[Json]:
    """The account's transactions of this order, by the account's own ledger."""
    account = telling.world.account
    mine = [record for record in account.records.values() if int(record.id) > telling.first_id]
    found: list[Json] = ledger.told(account, mine, [])["transactions"]
    return [item for item in found if not item["voided"]]


def books(telling: Telling) -> list[str]:
    """Every document without what differs between two tellings: ids, numbers, the order of lines."""
    found = documents(telling)
    names = _names(telling) | {item["id"]: f"<{item['external_id']}>" for item in found}
    return sorted(_plain(str(_document(item)), names) for item in found)


def money(telling: Telling) -> tuple[Decimal, Decimal, Decimal]:
    """Deposits less refunds in NetSuite; and the shop's net payment, on the buyer's side and on its own."""
    found = documents(telling)
    came = _sum(found, "CustDep") + _cash_sales(found)
    went = _sum(found, "CustRfnd") + _sum(found, "CashRfnd")
    order, transactions = _shop_records(telling)
    shown = Decimal(ledger_order(order, transactions)["net"])
    return came - went, shown, _net(transactions)


def doubles(telling: Telling) -> list[str]:
    """What of the shop's stands more than once in one kind of document: its order, a payment, a refund, a parcel.

    By what the external id names and not by the id itself, which an account can hold to be unique.
    """
    named = Counter(
        (item["type"], item["external_id"].rpartition("-")[2]) for item in documents(telling) if item["external_id"]
    )
    return [f"{kind} of {number}" for (kind, number), times in named.items() if times > 1]


def sales_order(telling: Telling) -> Json | None:
    """The sales order, if there is one."""
    return next((item for item in documents(telling) if item["type"] == "SalesOrd"), None)


def left_of_order(telling: Telling, *, presentment: bool) -> Decimal | None:
    """What a sales order comes to: Shopify's current total, and what was given back of shipped goods.

    None where the shop's records alone do not say whether given-back units had been shipped, or money is under way.
    """
    order, transactions = _shop_records(telling)
    is_shipped = any(item["status"] == "success" for item in order.get("fulfillments") or [])
    units = [line for refund in order.get("refunds") or [] for line in refund["refund_line_items"]]
    if is_shipped and any(line["restock_type"] != "cancel" for line in units):
        return None
    if any(item["status"] == "pending" for item in transactions):
        return None
    side = "presentment_money" if presentment else "shop_money"
    return Decimal(order["current_total_price_set"][side]["amount"])


def _shop_records(telling: Telling) -> tuple[Json, list[Json]]:
    found = telling.world.shop.order(telling.number)
    assert found is not None
    return found


def _net(transactions: list[Json]) -> Decimal:
    total = Decimal(0)
    for item in transactions:
        sign = {"sale": 1, "capture": 1, "refund": -1}.get(item["kind"], 0) if item["status"] == "success" else 0
        total += sign * Decimal(item["amount_set"]["shop_money"]["amount"])
    return total


def _sum(found: list[Json], kind: str) -> Decimal:
    return sum((Decimal(item["total"]) for item in found if item["type"] == kind), Decimal(0))


def _cash_sales(found: list[Json]) -> Decimal:
    """A cash sale that was made of an order is paid by its deposits; one of its own brings its money."""
    own = [item for item in found if item["type"] == "CashSale" and not item["created_from"]]
    return _sum(own, "CashSale")


def _document(item: Json) -> Json:
    told = (
        "type",
        "external_id",
        "total",
        "currency",
        "status",
        "memo",
        "tracking",
        "date",
        "unapplied",
        "sales_order",
    )
    lines: list[tuple[Any, ...]] = [
        tuple(line[name] for name in ("item", "quantity", "amount", "closed", "fulfilled", "billed"))
        for line in item["item_lines"]
    ]
    made = {name: item.get(name) for name in told} | {"takes": sorted(item["takes"].items())}
    if item["type"] == "CashSale":
        # It is done with when it is made: a note that comes later is not written on it.
        made["memo"] = None
    if item["type"] == "SalesOrd" and item["status"] == "H":
        # What was closed is not billed: it stays as it stood when that became known.
        lines, made["total"] = [(line[0], *line[-2:]) for line in lines if line[-2] != "0"], None
    return made | {"lines": sorted(lines, key=str)}


def _names(telling: Telling) -> dict[str, str]:
    """What Shopify's ids are called in every telling: by their place in the order."""
    order, transactions = _shop_records(telling)
    names = {str(telling.number): "ORDER"}
    for what, items in (
        ("TXN", transactions),
        ("REFUND", order.get("refunds") or []),
        ("FUL", order.get("fulfillments") or []),
        ("LINE", order["line_items"]),
    ):
        names |= {str(item["id"]): f"{what}{place}" for place, item in enumerate(items)}
    return names


def _plain(text: str, names: dict[str, str]) -> str:
    for _ in range(2):
        for number, name in names.items():
            text = re.sub(rf"(?<!\d){number}(?!\d)", name, text)
    return text
