"""Transforms: a record made from another one, with a body of changes.

Which pairs REST really exposes must be read from an account's catalogue; these are the documented ones.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import picking, taxes
from connector.sandbox.netsuite.applying import open_amount
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import Refusal, user_error
from connector.sandbox.netsuite.fields import table
from connector.sandbox.netsuite.money import deposits_of
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.record import KINDS, Record, id_of, lines_of
from connector.sandbox.netsuite.records import validated, without_nulls
from connector.sandbox.netsuite.references import party_of, reference_to
from connector.sandbox.netsuite.saving import save_new
from connector.sandbox.netsuite.shipments import with_members

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]
Picker = Callable[["Account", Record], picking.Open]

_LINES: dict[tuple[str, str], Picker] = {
    ("salesOrder", "itemFulfillment"): picking.to_fulfill,
    ("salesOrder", "invoice"): picking.to_bill,
    ("salesOrder", "cashSale"): picking.to_bill,
    ("salesOrder", "returnAuthorization"): picking.to_return,
    ("invoice", "creditMemo"): picking.whole,
    ("invoice", "returnAuthorization"): picking.to_return,
    ("cashSale", "cashRefund"): picking.whole,
    ("cashSale", "returnAuthorization"): picking.to_return,
    ("returnAuthorization", "itemReceipt"): picking.to_receive,
    ("returnAuthorization", "creditMemo"): picking.to_refund,
    ("returnAuthorization", "cashRefund"): picking.to_refund,
}
_MONEY = (
    ("invoice", "customerPayment"), ("customerDeposit", "depositApplication"), ("customerDeposit", "customerRefund"),
)  # fmt: skip
# The statuses of an order or return in which a target can be made from it.
_READY = {
    "itemFulfillment": "BDEFG", "invoice": "EF", "cashSale": "EF", "itemReceipt": "BDEF", "creditMemo": "EF",
    "cashRefund": "EF",
}  # fmt: skip
_MOVES = ("itemFulfillment", "itemReceipt")
# What a line that is shipped or received has no place for.
_UNSHIPPED = ("rate", "price", "amount", "isTaxable", "taxCode", "taxDetailsReference")
_HEADER = (
    "currency", "exchangeRate", "subsidiary", "location", "department", "class", "otherRefNum", "memo", "email", "shipMethod",
    "shippingAddress", "billingAddress", "terms",
)  # fmt: skip


def transform(account: "Account", source: Record, target: str, body: Json, *, validation: str) -> str:
    """Makes the target of a source; its id. Raises Refusal."""
    pair = (source.type, target)
    if pair not in _LINES and pair not in _MONEY:
        raise Refusal(400, "INVALID_REQUEST", f"The record {source.type} cannot be transformed to {target}.")
    wanted = without_nulls(validated(target, body, validation))
    if source.is_voided:
        raise _not_possible(source, target)
    if pair in _LINES:
        draft = lines_draft(account, source, target, wanted)
    else:
        draft = Draft(target, _money_body(account, source, target, wanted), source=source)
    made = save_new(account, draft)
    after(account, source, made)
    return made.id


def lines_draft(
    account: "Account", source: Record, target: str, wanted: Json, available: picking.Open | None = None
) -> Draft:
    """A draft with the source's open lines, or those of `available`. Raises Refusal."""
    if available is None:
        _check_ready(account, source, target)
        available = _LINES[(source.type, target)](account, source)
    if not any(quantity > 0 for quantity in available.values()):
        raise _not_possible(source, target)
    lines = picking.picked(source, available, lines_of(wanted), may_add=target not in _MOVES)
    if target in _MOVES:
        lines = with_members(account, [{name: line[name] for name in line if name not in _UNSHIPPED} for line in lines])
    # The whole of the source's header that the target has a field for, then what the caller says.
    known = {name: source.body[name] for name in _HEADER if name in source.body and name in table()[target]}
    known |= {name: value for name, value in source.body.items() if name.startswith("custbody")}
    body = (
        known
        | {"entity": party_of(source), "createdFrom": reference_to(source)}
        | taxes.along(account, source, target, lines)
    )
    body |= {name: value for name, value in wanted.items() if name not in ("item", "createdFrom", "entity")}
    return Draft(target, body | {"item": {"items": lines}}, source=source)


def after(account: "Account", source: Record, made: Record) -> None:
    """What an account does by itself: deposits are applied; without Advanced Shipping a fulfilment is billed at once."""
    if made.type == "itemFulfillment" and not account.config.has_feature("ADVSHIPPING"):
        quantities = {line["orderLine"]: decimal(line["quantity"]) for line in made.lines if "orderLine" in line}
        available = {
            line: min(left, quantities.get(line, left)) for line, left in picking.to_bill(account, source).items()
        }
        if any(quantity > 0 for quantity in available.values()):
            wanted = {"tranDate": made.body["tranDate"]}
            made = save_new(account, lines_draft(account, source, "invoice", wanted, available))
    if made.type == "invoice" and source.type == "salesOrder" and account.config.auto_apply_deposits:
        apply_deposits(account, source, made)


def apply_deposits(account: "Account", order: Record, invoice: Record) -> None:
    """Lays the order's deposits against its invoice."""
    for deposit in deposits_of(account, order):
        amount = min(open_amount(account, deposit), open_amount(account, invoice))
        if amount > 0 and id_of(deposit.body, "currency") == id_of(invoice.body, "currency"):
            body = _application(deposit, [{"doc": {"id": invoice.id}, "apply": True, "amount": number(amount)}])
            body["tranDate"] = max(invoice.body["tranDate"], deposit.body["tranDate"])
            save_new(account, Draft("depositApplication", body, source=deposit))


def _money_body(account: "Account", source: Record, target: str, wanted: Json) -> Json:
    left = number(open_amount(account, source))
    if left <= 0:
        raise _not_possible(source, target)
    line = {"doc": {"id": source.id}, "apply": True, "amount": left}
    if target == "depositApplication":
        return _application(source, _open_invoices(account, source)) | wanted
    if target == "customerRefund":
        common = {name: source.body[name] for name in ("currency", "subsidiary", "location") if name in source.body}
        return common | {"customer": source.body["customer"], "deposit": {"items": [line]}} | wanted
    paid = {"payment": left} if "payment" not in wanted and "apply" not in wanted else {}
    line["amount"] = min(left, wanted.get("payment", left))
    common = {name: source.body[name] for name in ("currency",) if name in source.body}
    return common | {"customer": source.body["entity"], "apply": {"items": [line]}} | paid | wanted


def _application(deposit: Record, lines: list[Json]) -> Json:
    body = {"customer": deposit.body["customer"], "deposit": {"id": deposit.id}, "apply": {"items": lines}}
    return body | ({"currency": deposit.body["currency"]} if "currency" in deposit.body else {})


def _open_invoices(account: "Account", deposit: Record) -> list[Json]:
    """Lines for the open invoices of the deposit's order, as far as the deposit goes."""
    order = account.transaction(id_of(deposit.body, "salesOrder") or "")
    left = open_amount(account, deposit)
    lines = []
    for invoice in account.dependents(order) if order else []:
        amount = min(left, open_amount(account, invoice)) if invoice.type == "invoice" else ZERO
        if amount > 0:
            lines.append({"doc": {"id": invoice.id}, "apply": True, "amount": number(amount)})
            left -= amount
    return lines


def _check_ready(account: "Account", source: Record, target: str) -> None:
    if source.type not in ("salesOrder", "returnAuthorization"):
        return
    letters = _READY.get(target, "DEFG")
    is_in_advance = account.config.invoice_in_advance or not account.config.has_feature("ADVSHIPPING")
    if target in ("invoice", "cashSale") and is_in_advance:
        letters = "BDEF"
    if source.body["status"]["id"] not in letters:
        raise _not_possible(source, target)
    _check_refund_kind(account, source, target)


def _check_refund_kind(account: "Account", source: Record, target: str) -> None:
    """A return of an invoice is credited, a return of a cash sale is refunded in cash."""
    origin = account.transaction(id_of(source.body, "createdFrom") or "")
    if origin and (origin.type, target) in (("invoice", "cashRefund"), ("cashSale", "creditMemo")):
        raise _not_possible(source, target)


def _not_possible(source: Record, target: str) -> Refusal:
    """The words SuiteScript has for it; over REST the code is USER_ERROR, as for nearly everything."""
    status = (source.body.get("status") or {}).get("refName")
    text = f"You can not initialize {KINDS[target].name}: invalid reference {source.id}."
    return user_error(text + (f" ({source.title} is {status}.)" if status else ""))
