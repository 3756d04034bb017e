"""Documents that book a sale or take it back: invoice, cash sale, credit memo, cash refund."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import documents, references
from connector.sandbox.netsuite.applying import open_amount, take, taken_from
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.record import Record, id_of, lines_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]


def complete_bill(account: "Account", draft: Draft) -> None:
    """An invoice or cash sale as it is saved. Raises Refusal."""
    if "createdFrom" in draft.body and draft.source is None and draft.old is None:
        raise user_error("A bill of a sales order is made by transforming the order.", path="createdFrom")
    documents.complete(account, draft.body)
    if decimal(draft.body["total"]) < 0:
        raise user_error("The total can not be negative.")
    _check_linked_lines(draft)
    if draft.old is not None and decimal(draft.body["total"]) < taken_from(account, draft.old):
        raise user_error("The total cannot be less than what has been paid.")


def _check_linked_lines(draft: Draft) -> None:
    """A line that bills an order's line can be cut back, not raised: the order's open quantity was checked before."""
    new = {line.get("line"): line for line in lines_of(draft.body)}
    for old in lines_of(draft.old_body):
        line = new.get(old["line"])
        if line and "orderLine" in old and decimal(line["quantity"]) > decimal(old["quantity"]):
            raise user_error(f"The quantity of line {old['line']} exceeds the quantity remaining on the order.")


def complete_credit(account: "Account", draft: Draft) -> None:
    """A credit memo, with what it is applied to. Raises Refusal.

    Its total is not held against the invoice it came from: NetSuite lets an invoice be credited with more.
    """
    _check_source(account, draft, ("invoice", "salesOrder", "returnAuthorization"))
    documents.complete(account, draft.body)
    total = decimal(draft.body["total"])
    if total <= 0:
        raise user_error("The total of a credit memo must be positive.")
    if "apply" not in draft.body and _applies_itself(draft):
        draft.body["apply"] = {"items": _own_lines(account, draft, total)}
    applied = take(account, draft, "apply", ("invoice",))
    refunded = taken_from(account, draft.old) if draft.old else ZERO
    if applied + refunded > total:
        raise user_error(f"The amounts applied, {applied + refunded}, exceed the total of the credit memo, {total}.")


def _applies_itself(draft: Draft) -> bool:
    """A transform of an invoice credits that invoice, unless told not to; a new memo only with `autoApply`."""
    from_invoice = draft.source is not None and draft.source.type == "invoice"
    return bool(draft.body.get("autoApply", from_invoice)) and draft.old is None


def _own_lines(account: "Account", draft: Draft, total: Decimal) -> list[Json]:
    source = draft.source
    mine = [source] if source and source.type == "invoice" else []
    lines = []
    for invoice in mine or account.documents_of(draft.body["entity"]["id"], "invoice"):
        amount = min(total, open_amount(account, invoice))
        if amount > 0 and id_of(invoice.body, "currency") == id_of(draft.body, "currency"):
            lines.append({"doc": {"id": invoice.id}, "apply": True, "amount": number(amount)})
            total -= amount
    return lines


def complete_cash_refund(account: "Account", draft: Draft) -> None:
    """A cash refund; all that came from one cash sale may not be more than it. Raises Refusal."""
    _check_source(account, draft, ("cashSale", "salesOrder", "returnAuthorization"))
    documents.complete(account, draft.body)
    total = decimal(draft.body["total"])
    if total <= 0:
        raise user_error("The total of a cash refund must be positive.")
    sale = _cash_sale(account, id_of(draft.body, "createdFrom"))
    if sale is None:
        return
    before = sum((decimal(other.body["total"]) for other in _refunds(account, sale) if other is not draft.old), ZERO)
    if before + total > decimal(sale.body["total"]):
        raise user_error(f"The refunds, {before + total}, exceed the amount, {sale.body['total']}, of {sale.title}.")


def _check_source(account: "Account", draft: Draft, types: tuple[str, ...]) -> None:
    if "createdFrom" in draft.body:
        source = references.transaction(account, draft.body["createdFrom"], types, "createdFrom")
        draft.body["createdFrom"] = references.reference_to(source)


def _cash_sale(account: "Account", source_id: str | None) -> Record | None:
    """The cash sale a refund came from, directly or through a return."""
    found = account.transaction(source_id) if source_id else None
    if found is not None and found.type == "returnAuthorization":
        return _cash_sale(account, id_of(found.body, "createdFrom"))
    return found if found is not None and found.type == "cashSale" else None


def _refunds(account: "Account", sale: Record) -> list[Record]:
    direct = account.dependents(sale)
    returns = [item for item in direct if item.type == "returnAuthorization"]
    through = [other for item in returns for other in account.dependents(item)]
    return [item for item in (*direct, *through) if item.type == "cashRefund" and not item.is_voided]
