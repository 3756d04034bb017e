"""Money in and out: deposits, their application, payments and refunds."""

from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import references
from connector.sandbox.netsuite.applying import open_amount, take, taken_from
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.record import Record, id_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]


def complete_deposit(account: "Account", draft: Draft) -> None:
    """A customer deposit as it is saved. Raises Refusal."""
    body = draft.body
    body["customer"] = references.customer(account, body.get("customer"), "customer")
    if decimal(body.get("payment")) <= 0:
        raise user_error("You must enter a value for Payment Amount.")
    if "account" in body and (body.get("undepFunds") or {}).get("id") in (True, "true", "T"):
        raise user_error("A deposit goes either to an account or to undeposited funds.", path="undepFunds")
    references.with_lists(account, body)
    if "salesOrder" in body:
        body["salesOrder"] = _order_of(account, draft)
    if draft.old is not None and decimal(body["payment"]) < taken_from(account, draft.old):
        raise user_error("The payment amount cannot be less than what has been applied or refunded of it.")
    body["total"] = body["payment"]


def _order_of(account: "Account", draft: Draft) -> Json:
    body, path = draft.body, "salesOrder"
    found = references.transaction(account, body[path], ("salesOrder",), path)
    currency = id_of(body, "currency")
    if found.party != body["customer"]["id"] or currency not in (None, id_of(found.body, "currency")):
        raise user_error(f"Invalid Field Value {found.id} for the following field: salesorder.", path=path)
    if "paymentOption" in found.body and draft.old is None:
        raise user_error("A deposit cannot be made for a sales order that has a payment method.")
    return references.reference_to(found)


def complete_application(account: "Account", draft: Draft) -> None:
    """A deposit laid against invoices. Raises Refusal."""
    body = draft.body
    deposit = references.transaction(account, body.get("deposit") or {}, ("customerDeposit",), "deposit")
    body["deposit"] = references.reference_to(deposit)
    body["customer"] = references.customer(account, body.get("customer") or deposit.body["customer"], "customer")
    if body["customer"]["id"] != deposit.party:
        raise user_error(f"Invalid Field Value {deposit.id} for the following field: deposit.", path="deposit")
    body.setdefault("currency", deposit.body.get("currency"))
    references.with_lists(account, body)
    total = take(account, draft, "apply", ("invoice",))
    if not total:
        raise user_error("You must apply the deposit to at least one invoice.")
    left = open_amount(account, deposit, but=draft.old)
    if total > left:
        raise user_error(f"The amount to apply, {total}, exceeds the remaining balance, {left}, of {deposit.title}.")
    draft.takes[deposit.id] = total
    body |= {"applied": number(total), "total": number(total)}


def complete_payment(account: "Account", draft: Draft) -> None:
    """A customer payment as it is saved. Raises Refusal."""
    body = draft.body
    body["customer"] = references.customer(account, body.get("customer"), "customer")
    references.with_lists(account, body)
    if body.get("autoApply") and "apply" not in body:
        body["apply"] = {"items": _oldest_first(account, draft)}
    total = take(account, draft, "apply", ("invoice",))
    payment = decimal(body.get("payment", number(total)))
    if payment <= 0:
        raise user_error("You must enter a value for Payment Amount.")
    refunded = taken_from(account, draft.old) if draft.old else ZERO
    if total + refunded > payment:
        raise user_error("The amounts applied exceed the payment amount.")
    body |= {"payment": number(payment), "total": number(payment)}


def _oldest_first(account: "Account", draft: Draft) -> list[Json]:
    left = decimal(draft.body.get("payment"))
    lines = []
    for invoice in account.documents_of(draft.body["customer"]["id"], "invoice"):
        amount = min(left, open_amount(account, invoice, but=draft.old))
        if amount > 0 and id_of(invoice.body, "currency") == id_of(draft.body, "currency"):
            lines.append({"doc": {"id": invoice.id}, "apply": True, "amount": number(amount)})
            left -= amount
    return lines


def complete_refund(account: "Account", draft: Draft) -> None:
    """A customer refund: against deposits, or against what is left of credit memos and payments. Raises Refusal."""
    body = draft.body
    body["customer"] = references.customer(account, body.get("customer"), "customer")
    references.with_lists(account, body)
    if draft.old is not None and "deposit" in body:
        raise user_error("The deposit sublist of a customer refund cannot be updated.", path="deposit")
    if draft.old is not None:
        draft.takes |= {key: amount for key, amount in draft.old.takes.items() if _is_deposit(account, key)}
    take(account, draft, "deposit", ("customerDeposit",))
    take(account, draft, "apply", ("creditMemo", "customerPayment"))
    if not draft.takes:
        raise user_error("You must enter at least one line item for this transaction.")
    if "account" not in body:
        raise user_error("You must enter a value for Account.")
    # On a GET the deposit lines are gone; only the account itself still knows them.
    body.pop("deposit", None)
    body["total"] = number(sum(draft.takes.values(), ZERO))


def _is_deposit(account: "Account", record_id: str) -> bool:
    found = account.transaction(record_id)
    return found is not None and found.type == "customerDeposit"


def deposits_of(account: "Account", order: Record) -> list[Record]:
    """The deposits made for an order that have something left, oldest first."""
    found = [other for other in account.dependents(order) if other.type == "customerDeposit" and not other.is_voided]
    return sorted((item for item in found if open_amount(account, item) > 0), key=lambda item: int(item.id))
