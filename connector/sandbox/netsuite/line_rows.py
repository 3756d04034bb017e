"""A transaction's lines, its links to other transactions and its tracking numbers, as SuiteQL's tables hold them."""

from decimal import Decimal
from typing import Any

from connector.sandbox.netsuite.numbers import decimal, plain
from connector.sandbox.netsuite.record import KINDS, Record, id_of, lines_of
from connector.sandbox.netsuite.shipping import PACKAGES
from connector.sandbox.netsuite.suiteql import Tables

Json = dict[str, Any]

_STOCKED = ("InvtPart", "Assembly", "Kit")
# Sales lines are negative; what brings goods or money back is positive.
_BACK = ("creditMemo", "cashRefund", "returnAuthorization", "itemReceipt")
_LINK_TYPES = {
    "itemReceipt": "ShipRcpt", "invoice": "OrdBill", "cashSale": "OrdBill", "returnAuthorization": "SaleRet",
    "creditMemo": "SaleRet", "cashRefund": "SaleRet", "customerDeposit": "OrdDep", "depositApplication": "DepAppl",
    "customerPayment": "Payment", "customerRefund": "CustRefund",
}  # fmt: skip
# Ids of the lines a person does not enter; real ones continue the numbering, and nobody may count on that.
_SHIPPING_LINE, _TAX_LINE, _COGS_LINES = 900_001, 900_002, 500_000


def put(tables: Tables, record: Record) -> None:
    """Puts a transaction's rows, in place of those it had."""
    delete(tables, record)
    tables.put_all("transactionline", [_BLANK | row for row in _lines(record)])
    links, line_links = _links(record)
    tables.put_all("nexttransactionlink", links)
    tables.put_all("previoustransactionlinelink", line_links)
    if record.type == "itemFulfillment" and (method := id_of(record.body, "shipMethod")):
        tables.put("transactionshipment", {"id": record.id, "doc": record.id, "shippingmethod": method})
    for index, number in enumerate(tracking_numbers(record)):
        key = int(record.id) * 1000 + index
        tables.put("trackingnumber", {"id": key, "trackingnumber": number})
        tables.put("trackingnumbermap", {"transaction": record.id, "trackingnumber": key})


def delete(tables: Tables, record: Record) -> None:
    """Takes a transaction's rows out."""
    tables.delete("transactionline", "transaction", record.id)
    tables.delete("nexttransactionlink", "nextdoc", record.id)
    tables.delete("previoustransactionlinelink", "nextdoc", record.id)
    tables.delete("trackingnumbermap", "transaction", record.id)
    tables.delete("transactionshipment", "doc", record.id)


def tracking_numbers(record: Record) -> list[str]:
    """The tracking numbers of all four lists of packages."""
    return [
        package[f"packageTrackingNumber{suffix}"]
        for sublist, suffix in PACKAGES.items()
        for package in lines_of(record.body, sublist)
        if package.get(f"packageTrackingNumber{suffix}")
    ]


_BLANK: Json = dict.fromkeys(
    (
        "transaction", "id", "linesequencenumber", "item", "itemtype", "quantity", "rate", "foreignamount", "mainline",
        "taxline", "location", "createdfrom", "iscogs", "kitmemberof", "isinventoryaffecting", "isclosed",
        "quantityshiprecv", "quantitybilled", "quantitypicked", "quantitypacked", "quantitycommitted", "memo",
    )
)  # fmt: skip


def _lines(record: Record) -> list[Json]:
    body = record.body
    sign = 1 if record.type in _BACK else -1
    blank = {"transaction": record.id, "mainline": "F", "taxline": "F", "iscogs": "F", "isinventoryaffecting": "F"}
    total = body.get("total", body.get("payment"))
    main = {"id": 0, "linesequencenumber": 0, "mainline": "T", "foreignamount": plain(-sign * decimal(total))}
    source = id_of(body, "createdFrom") or id_of(body, "salesOrder")
    found = [blank | main | {"createdfrom": source, "memo": body.get("memo"), "location": id_of(body, "location")}]
    for index, line in enumerate(record.lines, 1):
        found.append(blank | _line(record, line, sign) | {"linesequencenumber": index})
        if record.type == "itemFulfillment" and found[-1]["isinventoryaffecting"] == "T":
            found.append(found[-1] | _cogs(found[-1]))
    if decimal(body.get("shippingCost")):
        cost = {"id": _SHIPPING_LINE, "itemtype": "ShipItem", "item": id_of(body, "shipMethod")}
        found.append(blank | cost | {"foreignamount": plain(sign * decimal(body["shippingCost"]))})
    if decimal(body.get("taxTotal")):
        tax = {"id": _TAX_LINE, "itemtype": "TaxItem", "taxline": "T"}
        found.append(blank | tax | {"foreignamount": plain(sign * decimal(body["taxTotal"]))})
    return found


def _line(record: Record, line: Json, sign: int) -> Json:
    kind = id_of(line, "itemType") or "InvtPart"
    moves = record.type in ("itemFulfillment", "itemReceipt") and kind in _STOCKED
    moved = line.get("quantityFulfilled", line.get("quantityReceived"))
    return {
        "id": line["line"],
        "item": id_of(line, "item"),
        "itemtype": kind,
        "quantity": plain(sign * decimal(line.get("quantity"))),
        "rate": _or_none(line.get("rate")),
        "foreignamount": _or_none(sign * decimal(line["amount"]) if "amount" in line else None),
        "location": id_of(line, "location"),
        "kitmemberof": line.get("kitMemberOf"),
        "isinventoryaffecting": "T" if moves else "F",
        "isclosed": "T" if line.get("isClosed") else "F",
        "memo": line.get("description"),
        "quantityshiprecv": _or_none(moved),
        **{
            name.lower(): _or_none(line.get(name))
            for name in ("quantityBilled", "quantityPicked", "quantityPacked", "quantityCommitted")
        },
    }


def _or_none(value: float | Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _cogs(line: Json) -> Json:
    """The twin of an inventory line: the cost of the goods sold."""
    twin = {"id": _COGS_LINES + line["id"], "iscogs": "T", "isinventoryaffecting": "F"}
    return twin | {"quantity": plain(-decimal(line["quantity"]))}


def _links(record: Record) -> tuple[list[Json], list[Json]]:
    """Links from every document this one came from or took money off. None from a voided one."""
    if record.is_voided:
        return [], []
    sources = {other for group, other in record.sources() if group == "transaction"}
    kind = _LINK_TYPES.get(record.type, "ShipRcpt")
    if record.type == "itemFulfillment":
        kind = "ShipRcpt" if id_of(record.body, "shipStatus") == "C" else "PickPack"
    links = [{"previousdoc": source, "nextdoc": record.id, "linktype": kind} for source in sorted(sources)]
    made_from = id_of(record.body, "createdFrom")
    by_line = [
        _line_link(record, kind)
        | {"previousdoc": made_from, "previousline": line["orderLine"], "nextline": line["line"]}
        for line in record.lines
        if made_from and "orderLine" in line
    ]
    taken = [
        _line_link(record, kind) | {"previousdoc": source, "foreignamount": plain(amount)}
        for source, amount in record.takes.items()
    ]
    return links, by_line + taken


def _line_link(record: Record, kind: str) -> Json:
    blank = {"previousdoc": None, "previousline": 0, "nextline": 0, "foreignamount": None}
    return blank | {"nextdoc": record.id, "nexttype": KINDS[record.type].code, "linktype": kind}
