"""Which checks and computations belong to which record type, when it is saved and when something beside it changes."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import bills, entities, money, orders, progress, shipments, stock_moves
from connector.sandbox.netsuite.applying import amount_of, open_amount
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.numbers import number
from connector.sandbox.netsuite.record import BALANCED, Record
from connector.sandbox.netsuite.statuses import status_name

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]

_COMPLETE: dict[str, Callable[["Account", Draft], None]] = {
    "customer": entities.complete_customer,
    "contact": entities.complete_contact,
    "salesOrder": orders.complete_order,
    "returnAuthorization": orders.complete_return,
    "invoice": bills.complete_bill,
    "cashSale": bills.complete_bill,
    "creditMemo": bills.complete_credit,
    "cashRefund": bills.complete_cash_refund,
    "itemFulfillment": shipments.complete_fulfillment,
    "itemReceipt": shipments.complete_receipt,
    "customerDeposit": money.complete_deposit,
    "depositApplication": money.complete_application,
    "customerPayment": money.complete_payment,
    "customerRefund": money.complete_refund,
}


def complete(account: "Account", draft: Draft) -> None:
    """Checks and completes a draft in place. Raises Refusal."""
    _COMPLETE[draft.type](account, draft)


def settle(account: "Account", record: Record, *, before: set[tuple[str, str]] | None = None) -> None:
    """Keeps a record with its own figures, and computes anew those of every document it refers to.

    `before` is what it referred to before the change.
    """
    account.register(record)
    if record.type != "salesOrder":
        account.stock.move(record.id, stock_moves.moved(account, record))
    _recomputed(account, record)
    account.keep(record)
    refresh_all(account, record.sources() | (before or set()))


def refresh_all(account: "Account", keys: set[tuple[str, str]]) -> None:
    """Computes the figures of transactions anew, and keeps those that moved; then stock is as they leave it."""
    _refresh(account, keys)
    settle_stock(account)


def settle_stock(account: "Account") -> None:
    """Gives orders what has become free, and shows in SuiteQL what moved."""
    while waiting := account.stock.orders_to_serve():
        _refresh(account, {("transaction", order) for order in waiting})
    account.stock.publish()


def _refresh(account: "Account", keys: set[tuple[str, str]]) -> None:
    for group, other_id in sorted(keys):
        other = account.transaction(other_id) if group == "transaction" else None
        if other is not None and _recomputed(account, other):
            other.touch()
            account.keep(other)


def _recomputed(account: "Account", record: Record) -> bool:
    """True when a figure moved."""
    found = _figures(account, record)
    if "status" in found:
        found["status"]["refName"] = status_name(record.type, found["status"]["id"])
    left = open_amount(account, record) if record.type in BALANCED else record.left
    moved = left != record.left or any(record.body.get(name) != value for name, value in found.items())
    record.left = left
    record.body = record.body | found
    return moved


def _figures(account: "Account", record: Record) -> Json:
    if record.is_voided:
        return {"status": {"id": "V"}}
    if record.type in ("salesOrder", "returnAuthorization"):
        return (progress.of_order if record.type == "salesOrder" else progress.of_return)(account, record)
    if record.type in BALANCED:
        return _balance(record, open_amount(account, record))
    letters = {
        "customerRefund": "R",
        "cashSale": _banked(record, "B", "C"),
        "itemFulfillment": (record.body.get("shipStatus") or {}).get("id"),
    }
    return {"status": {"id": letters[record.type]}} if record.type in letters else {}


def _balance(record: Record, left: Decimal) -> Json:
    used = number(amount_of(record) - left)
    if record.type == "invoice":
        return {"amountRemaining": number(left), "amountPaid": used, "status": {"id": "A" if left else "B"}}
    if record.type == "creditMemo":
        figures = {"applied": used, "unapplied": number(left), "amountRemaining": number(left)}
        return figures | {"status": {"id": "A" if left else "B"}}
    if record.type == "customerPayment":
        return {"applied": used, "unapplied": number(left), "status": {"id": _banked(record, "B", "C")}}
    return {"status": {"id": _banked(record, "A", "B") if left else "C"}}


def _banked(record: Record, waiting: str, done: str) -> str:
    """Money on a bank account is deposited; undeposited funds wait."""
    return done if "account" in record.body else waiting
