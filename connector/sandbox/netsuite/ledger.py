"""What a judge reads: every record and every call, in the account's own words."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite.line_rows import tracking_numbers
from connector.sandbox.netsuite.numbers import ZERO, decimal, plain
from connector.sandbox.netsuite.record import BALANCED, KINDS, Record, id_of, lines_of
from connector.sandbox.netsuite.rows import total_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account, Call

Json = dict[str, Any]

# Which sum a transaction counts in.
_SUMS = {
    "salesOrder": "orders", "customerDeposit": "deposits", "customerRefund": "refunds", "cashRefund": "refunds",
    "invoice": "invoices", "cashSale": "cash_sales", "creditMemo": "credits", "customerPayment": "payments",
}  # fmt: skip


def told(account: "Account", records: Sequence[Record], calls: Sequence["Call"]) -> Json:
    """Transactions, customers, contacts, sums of money by currency, and the calls."""
    by_path = Counter(f"{call.method} {call.path}" for call in calls)
    # What is refused for its log-in was never looked at.
    tried = [call for call in calls if call.status != HTTPStatus.UNAUTHORIZED]
    transactions = [record for record in records if record.type in KINDS]
    return {
        "transactions": [_transaction(record) for record in transactions],
        "customers": [_customer(record) for record in records if record.type == "customer"],
        "contacts": [_contact(record) for record in records if record.type == "contact"],
        "money": _sums(transactions),
        "stock": account.stock.told(),
        "events": list(account.events),
        "calls": {
            "total": len(calls),
            "writes": sum(
                call.method in ("POST", "PATCH", "PUT", "DELETE") and call.path != "suiteql" for call in calls
            ),
            "suiteql": by_path["POST suiteql"],
            "token": account.token_calls,
            "refused_429": account.slots.refused,
            "by_path": dict(by_path),
            "by_key": dict(Counter(call.key for call in tried if call.key is not None)),
            "customers": sum((call.method, call.path) == ("POST", "customer") for call in tried),
        },
    }


def entry(act: str, record: Record) -> Json:
    """A commit as the journal keeps it: what was made, changed, removed or voided, and what it comes to now."""
    total = plain(total_of(record)) if record.type in KINDS else None
    return {
        "act": act,
        "id": record.id,
        "type": KINDS[record.type].code if record.type in KINDS else record.type,
        "external_id": record.external_id,
        "total": total,
    }


def _transaction(record: Record) -> Json:
    body = record.body
    return {
        "id": record.id,
        "type": KINDS[record.type].code,
        "external_id": record.external_id,
        "tran_id": body.get("tranId"),
        "entity": record.party,
        "other_ref_num": body.get("otherRefNum"),
        "total": plain(total_of(record)),
        "currency": (body.get("currency") or {}).get("refName"),
        "lines": len(record.lines),
        "sales_order": id_of(body, "salesOrder"),
        "created_from": id_of(body, "createdFrom"),
        "status": id_of(body, "status"),
        "takes": {other: plain(amount) for other, amount in record.takes.items()},
        "item_lines": [_line(line) for line in record.lines],
        "tracking": tracking_numbers(record),
        "memo": body.get("memo"),
        "ship_to": [(body.get("shippingAddress") or {}).get(name) for name in ("addr1", "city")],
        "date": body.get("tranDate"),
        "voided": record.is_voided,
        "at": record.at,
    } | (_balance(record) if record.type in BALANCED else {})


def _balance(record: Record) -> Json:
    left = ZERO if record.is_voided else record.left
    return {"applied": plain(decimal(total_of(record)) - left), "unapplied": plain(left), "remaining": plain(left)}


def _line(line: Json) -> Json:
    fulfilled = line.get("quantityFulfilled", line.get("quantityReceived"))
    return {
        "line": line["line"],
        "order_line": line.get("orderLine"),
        "item": id_of(line, "item"),
        "description": line.get("description"),
        "quantity": plain(line.get("quantity")),
        "rate": plain(line["rate"]) if "rate" in line else None,
        "amount": plain(line.get("amount")),
        "location": id_of(line, "location"),
        "closed": bool(line.get("isClosed")),
        "fulfilled": plain(fulfilled),
        "billed": plain(line.get("quantityBilled")),
    }


def _person(record: Record) -> Json:
    body = record.body
    names = {"first_name": "firstName", "last_name": "lastName", "company_name": "companyName", "phone": "phone"}
    return {"id": record.id, "external_id": record.external_id, "email": body.get("email")} | {
        ours: body.get(theirs) for ours, theirs in names.items()
    }


def _customer(record: Record) -> Json:
    body = record.body
    return _person(record) | {
        "subsidiary": id_of(body, "subsidiary"),
        "is_person": body.get("isPerson", True),
        "is_inactive": bool(body.get("isInactive")),
        "addresses": len(lines_of(body, "addressBook")),
        "comments": body.get("comments"),
        "taxable": body.get("taxable", True),
    }


def _contact(record: Record) -> Json:
    return _person(record) | {"company": id_of(record.body, "company")}


def _sums(transactions: Sequence[Record]) -> Json:
    sums: dict[str, dict[str, Decimal]] = {name: defaultdict(lambda: ZERO) for name in _SUMS.values()}
    for record in transactions:
        if record.type in _SUMS:
            currency = (record.body.get("currency") or {}).get("refName") or ""
            sums[_SUMS[record.type]][currency] += decimal(total_of(record))
    return {name: {currency: plain(amount) for currency, amount in found.items()} for name, found in sums.items()}
