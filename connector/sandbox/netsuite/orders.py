"""Sales orders and return authorizations as they are saved: what may still be changed, and what no longer."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import documents, references
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.numbers import decimal
from connector.sandbox.netsuite.record import id_of, lines_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]

_RETURN_SOURCES = ("salesOrder", "invoice", "cashSale")


def complete_order(account: "Account", draft: Draft) -> None:
    """A sales order as it is saved. Raises Refusal."""
    if not draft.body.get("otherRefNum", "x"):
        raise user_error("You must enter a value for PO #.")
    documents.complete(account, draft.body)
    _default_order_status(draft)
    if draft.old is not None:
        _check_change(account, draft)


def complete_return(account: "Account", draft: Draft) -> None:
    """A return authorization as it is saved. Raises Refusal."""
    if "createdFrom" in draft.body and draft.source is None and draft.old is None:
        source = references.transaction(account, draft.body["createdFrom"], _RETURN_SOURCES, "createdFrom")
        draft.body["createdFrom"] = references.reference_to(source)
    documents.complete(account, draft.body)
    if decimal(draft.body["total"]) < 0:
        raise user_error("The total can not be negative.")
    _default_order_status(draft)
    if draft.old is not None:
        _check_change(account, draft)


def _default_order_status(draft: Draft) -> None:
    """Without the field it is pending approval: the account's preference decides, and this is the stricter one."""
    draft.body["orderStatus"] = {"id": (draft.body.get("orderStatus") or {}).get("id", "A")}
    done = any(_done(line) for line in lines_of(draft.old_body))
    if draft.body["orderStatus"]["id"] == "A" and done:
        raise user_error("The order has been fulfilled or billed and cannot be set back to Pending Approval.")


def _check_change(account: "Account", draft: Draft) -> None:
    """The real texts are not known; what is refused is: a line that is shipped or billed keeps what was shipped or billed."""
    assert draft.old is not None  # noqa: S101  the caller saw to it
    if account.dependents(draft.old):
        for name in ("entity", "currency"):
            if id_of(draft.old_body, name) != id_of(draft.body, name):
                raise user_error(f"You cannot change the {name} of a transaction that other transactions depend on.")
    new = {line["line"]: line for line in lines_of(draft.body) if "line" in line}
    for old in lines_of(draft.old_body):
        _check_line(old, new.get(old["line"]))


def _check_line(old: Json, new: Json | None) -> None:
    billed, done = decimal(old.get("quantityBilled")), _done(old)
    if not done:
        return
    if new is None:
        raise user_error(f"Line {old['line']} has been fulfilled or billed and cannot be removed.")
    if decimal(new["quantity"]) < done:
        raise user_error(f"The quantity of line {old['line']} cannot be less than the quantity fulfilled or billed.")
    if old["item"]["id"] != new["item"]["id"]:
        raise user_error(f"Line {old['line']} has been fulfilled or billed; its item cannot be changed.")
    if billed and _price(old) != _price(new):
        raise user_error(f"Line {old['line']} has been billed; its rate cannot be changed.")


def _price(line: Json) -> tuple[Decimal | None, Decimal | None]:
    """The rate; of a line without one, the amount."""
    return (decimal(line["rate"]), None) if "rate" in line else (None, decimal(line.get("amount")))


def _done(line: Json) -> Decimal:
    names = ("quantityPicked", "quantityFulfilled", "quantityBilled", "quantityReceived")
    return max(decimal(line.get(name)) for name in names)
