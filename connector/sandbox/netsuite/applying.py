"""Money laid against other documents: what is open of one, and lines that take a part of it."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import references
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.record import KINDS, Record, id_of, lines_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]


def amount_of(record: Record) -> Decimal:
    """What a document is over."""
    return decimal(record.body.get("payment", record.body.get("total")))


def taken_from(account: "Account", record: Record, *, but: Record | None = None) -> Decimal:
    """What other documents took off it, without the one that is being changed."""
    others = [other for other in account.dependents(record) if other is not but and not other.is_voided]
    return sum((other.takes.get(record.id, ZERO) for other in others), ZERO)


def open_amount(account: "Account", record: Record, *, but: Record | None = None) -> Decimal:
    """What is left of an invoice, deposit, credit memo or payment."""
    if record.is_voided:
        return ZERO
    return amount_of(record) - sum(record.takes.values(), ZERO) - taken_from(account, record, but=but)


def take(account: "Account", draft: Draft, sublist: str, types: tuple[str, ...]) -> Decimal:
    """Reads the lines of `apply` or `deposit` into the draft and returns their sum. Raises Refusal.

    A line counts only with `apply` true: what a line without it does is not documented.
    """
    completed: list[Json] = []
    total = ZERO
    for index, line in enumerate(lines_of(draft.body, sublist)):
        if line.get("apply") is not True:
            continue
        record, amount = _checked(account, draft, line, types, f"{sublist}.items[{index}]")
        draft.takes[record.id] = amount
        total += amount
        completed.append(_shown(record, amount))
    if sublist in draft.body:
        draft.body[sublist] = {"items": completed}
    return total


def _checked(account: "Account", draft: Draft, line: Json, types: tuple[str, ...], path: str) -> tuple[Record, Decimal]:
    record = references.transaction(account, line.get("doc") or {}, types, f"{path}.doc")
    if record.party != id_of(draft.body, KINDS[draft.type].party) or not _same_currency(draft, record):
        raise user_error(f"Invalid Field Value {record.id} for the following field: doc.", path=f"{path}.doc")
    if record.id in draft.takes:
        raise user_error(f"{record.title} is named twice.", path=f"{path}.doc")
    left = open_amount(account, record, but=draft.old)
    amount = decimal(line["amount"]) if "amount" in line else left
    if left <= 0:
        raise user_error(f"{record.title} has already been fully applied.", path=f"{path}.amount")
    if amount <= 0:
        raise user_error("The amount to apply must be positive.", path=f"{path}.amount")
    if amount > left:
        text = f"The amount to apply, {amount}, exceeds the remaining balance, {left}, of {record.title}."
        raise user_error(text, path=f"{path}.amount")
    return record, amount


def _same_currency(draft: Draft, record: Record) -> bool:
    ours, theirs = id_of(draft.body, "currency"), id_of(record.body, "currency")
    if ours is None and theirs is not None:
        draft.body["currency"] = record.body["currency"]
        return True
    return ours == theirs


def _shown(record: Record, amount: Decimal) -> Json:
    return {
        "doc": references.reference_to(record),
        "line": 0,
        "apply": True,
        "amount": number(amount),
        "total": number(amount_of(record)),
        "type": KINDS[record.type].name,
        "refNum": record.body.get("tranId"),
    }
