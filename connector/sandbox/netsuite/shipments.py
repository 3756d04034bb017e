"""Goods that move: item fulfilments with their packages, and item receipts."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import references
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.progress import BILLS, CREDITS, line_quantities
from connector.sandbox.netsuite.record import Record, lines_of
from connector.sandbox.netsuite.shipping import PACKAGES

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]


def complete_fulfillment(account: "Account", draft: Draft) -> None:
    """An item fulfilment as it is saved. Raises Refusal."""
    _complete(account, draft)
    # Without the field it is only picked: the account's preference decides, and this is the stricter one.
    default = "A" if account.config.has_feature("PICKPACKSHIP") else "C"
    draft.body["shipStatus"] = {"id": (draft.body.get("shipStatus") or {}).get("id", default)}
    for sublist, suffix in PACKAGES.items():
        for index, package in enumerate(lines_of(draft.body, sublist)):
            if decimal(package.get(f"packageWeight{suffix}")) <= 0:
                path = f"{sublist}.items[{index}].packageWeight{suffix}"
                raise user_error("You must enter a value for Package Weight.", path=path)
    if draft.old is not None:
        _check_bills(account, draft)


def complete_receipt(account: "Account", draft: Draft) -> None:
    """An item receipt as it is saved. Raises Refusal."""
    _complete(account, draft)


def _complete(account: "Account", draft: Draft) -> None:
    if draft.source is None and draft.old is None:
        raise user_error(f"{draft.type} is made by transforming an order.")
    lines = lines_of(draft.body)
    if not lines:
        raise user_error("You must enter at least one line item for this transaction.")
    references.with_lists(account, draft.body)
    for index, line in enumerate(lines):
        _complete_line(account, line, f"item.items[{index}]")
    if draft.old is not None:
        _check_lines(draft)


def _complete_line(account: "Account", line: Json, path: str) -> None:
    if decimal(line.get("quantity")) <= 0:
        raise user_error("The quantity must be positive.", path=f"{path}.quantity")
    if "location" not in line and account.config.has_feature("MULTILOCINVT"):
        raise user_error("You must enter a value for Location.", path=f"{path}.location")
    known: Json = {name: line[name] for name in ("location", "department", "class") if name in line}
    line |= references.with_lists(account, known, f"{path}.")
    line["quantity"] = number(decimal(line["quantity"]))


def _check_lines(draft: Draft) -> None:
    """A change may cut quantities back, not raise them or add lines: what is open is only known to the transform."""
    old = {line["line"]: line for line in lines_of(draft.old_body)}
    for line in lines_of(draft.body):
        before = old.get(line.get("line", 0))
        if before is None:
            raise user_error("Lines cannot be added to a transaction that was made from an order.")
        if decimal(line["quantity"]) > decimal(before["quantity"]):
            raise user_error(f"The quantity of line {line['line']} exceeds the quantity remaining on the order.")


def _check_bills(account: "Account", draft: Draft) -> None:
    assert draft.old is not None  # noqa: S101  the caller saw to it
    is_shipped = draft.body["shipStatus"]["id"] == "C"
    kept = _by_order_line(lines_of(draft.body)) if is_shipped else {}
    check_not_billed(account, draft.old, kept)


def check_not_billed(account: "Account", moved: Record, kept: dict[int, Decimal]) -> None:
    """Raises Refusal when less than what is billed (or refunded, of a return) would be left shipped or received."""
    order = account.transaction(moved.body["createdFrom"]["id"])
    if order is None or not account.config.has_feature("ADVSHIPPING"):
        return
    dependents = account.dependents(order)
    billed = line_quantities([item for item in dependents if item.type in (*BILLS, *CREDITS)])
    done = [item for item in dependents if item.type == moved.type and item is not moved]
    left = line_quantities([item for item in done if item.body.get("shipStatus", {"id": "C"})["id"] == "C"])
    for key, quantity in _by_order_line(moved.lines).items():
        before = left.get(key, ZERO) + (quantity if _has_moved(moved) else ZERO)
        after = left.get(key, ZERO) + kept.get(key, ZERO)
        if after < min(billed.get(key, ZERO), before):
            raise user_error(f"Line {key} of the order has been billed; what was shipped of it cannot be taken back.")


def _has_moved(record: Record) -> bool:
    return bool(record.body.get("shipStatus", {"id": "C"})["id"] == "C")


def _by_order_line(lines: list[Json]) -> dict[int, Decimal]:
    """Quantities by the order's line; members of a kit have none."""
    return {line["orderLine"]: decimal(line["quantity"]) for line in lines if "orderLine" in line}


def with_members(account: "Account", lines: list[Json]) -> list[Json]:
    """The lines of a fulfilment with the members of each kit behind it, numbered."""
    found: list[Json] = []
    for line in lines:
        found.append(line | {"line": len(found) + 1, "itemReceive": True})
        kit = found[-1]
        for member in account.items[line["item"]["id"]].get("members", []):
            quantity = decimal(member["quantity"]) * decimal(line["quantity"])
            part = {"item": {"id": member["item"]}, "itemReceive": True, "itemType": {"id": "InvtPart"}}
            part |= {"line": len(found) + 1, "kitMemberOf": kit["line"], "quantity": number(quantity)}
            found.append(part | ({"location": kit["location"]} if "location" in kit else {}))
    return found
