"""What a person does: enters and closes orders, bills, takes payments, ships, approves, edits, merges, voids, deletes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import picking, records, saving
from connector.sandbox.netsuite.completing import settle, settle_stock
from connector.sandbox.netsuite.errors import Refusal
from connector.sandbox.netsuite.numbers import decimal, number
from connector.sandbox.netsuite.progress import required
from connector.sandbox.netsuite.record import KINDS, Record, lines_of
from connector.sandbox.netsuite.references import name_of
from connector.sandbox.netsuite.transforms import after, lines_draft, transform

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]


def act(account: "Account", asked: Json) -> Json:
    """Does one act; the id and number of what it made or changed. Raises Refusal, or KeyError for a malformed wish."""
    name = asked.get("act")
    if name not in _ACTS:
        raise KeyError(f"act must be one of {sorted(_ACTS)}")
    with account.lock:
        found = _ACTS[name](account, asked)
        return {} if found is None else {"id": found.id, "tran_id": found.body.get("tranId"), "type": found.type}


def _bill(account: "Account", asked: Json) -> Record:
    """Bills an order: {order, as: invoice|cashSale, lines: [{line, quantity}], date}. What is not shipped is shipped first,
    unless `in_advance` is true: then it is billed as under the preference Invoice in Advance of Fulfillment."""
    order = _transaction(account, asked["order"], "salesOrder")
    target = asked.get("as", "invoice")
    if not asked.get("in_advance") and account.config.has_feature("ADVSHIPPING"):
        _ship_first(account, order, asked)
        return _made(
            account,
            target,
            transform(account, order, target, _changes(order, asked, {"quantity": 0}), validation="Error"),
        )
    available = {
        line["line"]: required(line, "quantityFulfilled") - decimal(line["quantityBilled"]) for line in order.lines
    }
    made = saving.save_new(
        account, lines_draft(account, order, target, _changes(order, asked, {"quantity": 0}), available)
    )
    after(account, order, made)
    return made


def _ship_first(account: "Account", order: Record, asked: Json) -> None:
    wanted = {line["line"]: line.get("quantity") for line in asked.get("lines", [])}
    lines = []
    for key, left in picking.to_fulfill(account, order).items():
        line = next(line for line in order.lines if line["line"] == key)
        ready = decimal(line["quantityFulfilled"]) - decimal(line["quantityBilled"])
        missing = min(left, decimal(wanted.get(key) or line["quantity"]) - ready)
        if missing > 0 and (not wanted or key in wanted):
            lines.append({"line": key, "quantity": number(missing)})
    if lines:
        _fulfill(account, {"order": order.id, "lines": lines} | _named(asked, "location", "date"))


def _fulfill(account: "Account", asked: Json) -> Record:
    """Ships an order: {order, lines: [{line, quantity}], location, tracking: [...], method, status, date}."""
    order = _transaction(account, asked["order"], "salesOrder")
    body = _changes(order, asked, {"itemReceive": False}) | {"shipStatus": {"id": asked.get("status", "C")}}
    if "method" in asked:
        body["shipMethod"] = {"id": asked["method"]}
    if asked.get("tracking"):
        body["package"] = _packages(asked["tracking"])
    default = {"id": asked.get("location") or account.config.locations[0]["id"]}
    wishes = {line["orderLine"]: line for line in lines_of(body)}
    for line in order.lines:
        wish = wishes.setdefault(line["line"], {"orderLine": line["line"]})
        if "location" in asked or "location" not in line:
            wish["location"] = default
    available = picking.to_fulfill(account, order)
    body["item"] = {"items": [wish for key, wish in wishes.items() if available.get(key, 0) > 0]}
    return _made(account, "itemFulfillment", transform(account, order, "itemFulfillment", body, validation="Error"))


def _track(account: "Account", asked: Json) -> Record:
    """Adds tracking numbers to a fulfilment later: {record, tracking: [...]}."""
    found = _transaction(account, asked["record"], "itemFulfillment")
    records.change(account, found, {"package": _packages(asked["tracking"])}, validation="Error")
    return found


def _pay(account: "Account", asked: Json) -> Record:
    """Takes a payment for an invoice: {invoice, amount}; all that is open of it without an amount."""
    invoice = _transaction(account, asked["invoice"], "invoice")
    body = {"payment": asked["amount"]} if "amount" in asked else {}
    return _made(account, "customerPayment", transform(account, invoice, "customerPayment", body, validation="Error"))


def _close_order(account: "Account", asked: Json) -> Record:
    """Closes an order's open lines, or those named: {order, lines: [1, 2]}."""
    order = _transaction(account, asked["order"], "salesOrder")
    keys = asked.get("lines") or [line["line"] for line in order.lines]
    body = {"item": {"items": [{"line": key, "isClosed": True} for key in keys]}}
    records.change(account, order, body, validation="Error")
    return order


def _enter(account: "Account", asked: Json) -> Record:
    """Enters a sales order by hand: {fields}. It is pending approval unless it says otherwise."""
    return _made(account, "salesOrder", records.create(account, "salesOrder", asked["fields"], validation="Error"))


def _cancel_order(account: "Account", asked: Json) -> Record:
    """Cancels an order that waits for approval; an approved one can only be closed."""
    order = _transaction(account, asked["order"], "salesOrder")
    if (order.body.get("status") or {}).get("id") != "A":
        raise Refusal(400, "USER_ERROR", "Only an order that is pending approval can be cancelled.")
    order.is_cancelled = True
    order.touch()
    settle(account, order)
    return order


def _approve(account: "Account", asked: Json) -> Record:
    order = _transaction(account, asked["order"])
    records.change(account, order, {"orderStatus": {"id": "B"}}, validation="Error")
    return order


def _edit(account: "Account", asked: Json) -> Record:
    """Changes any field of any record by hand: {type, record, fields, replace}."""
    found = _any(account, asked)
    records.change(account, found, asked["fields"], validation="Error", replace=asked.get("replace"))
    return found


def _close_period(account: "Account", asked: Json) -> None:
    account.config.closed_periods = [*account.config.closed_periods, {"from": asked["from"], "to": asked["to"]}]


def _deactivate_customer(account: "Account", asked: Json) -> Record:
    found = _any(account, {"type": "customer", "record": asked["customer"]})
    records.change(account, found, {"isInactive": True}, validation="Error")
    return found


def _merge_customers(account: "Account", asked: Json) -> Record:
    """The customer `from` disappears; its transactions, contacts and addresses move to `to`."""
    gone = _any(account, {"type": "customer", "record": asked["from"]})
    kept = _any(account, {"type": "customer", "record": asked["to"]})
    for record in account.dependents(gone):
        name = KINDS[record.type].party if record.type in KINDS else "company"
        before = record.sources()
        record.body = record.body | {name: {"id": kept.id, "refName": name_of(kept)}}
        record.touch()
        settle(account, record, before=before)
    moved = [
        {name: line[name] for name in line if name not in _ADDRESS_KEYS} for line in lines_of(gone.body, "addressBook")
    ]
    account.drop(gone)
    if moved:
        records.change(account, kept, {"addressBook": {"items": moved}}, validation="Ignore")
    return kept


def _void(account: "Account", asked: Json) -> Record:
    found = _any(account, asked)
    saving.void(account, found)
    return found


def _delete(account: "Account", asked: Json) -> Record:
    found = _any(account, asked)
    saving.remove(account, found)
    return found


def _adjust_stock(account: "Account", asked: Json) -> None:
    """Corrects what is on hand: {item, location, by} or {item, location, to}."""
    place = (str(asked["item"]), str(asked["location"]))
    by = decimal(asked["by"]) if "by" in asked else decimal(asked["to"]) - account.stock.on_hand(place)
    account.stock.add(place, by)
    settle_stock(account)


def _transfer_stock(account: "Account", asked: Json) -> None:
    """Moves stock from one location to another: {item, from, to, quantity}."""
    account.stock.add((str(asked["item"]), str(asked["from"])), -decimal(asked["quantity"]))
    account.stock.add((str(asked["item"]), str(asked["to"])), decimal(asked["quantity"]))
    settle_stock(account)


def _receive_stock(account: "Account", asked: Json) -> None:
    """Takes in what a supplier delivered: {item, location, quantity}."""
    account.stock.add((str(asked["item"]), str(asked["location"])), decimal(asked["quantity"]))
    settle_stock(account)


_ADDRESS_KEYS = ("id", "internalId", "addressId", "defaultBilling", "defaultShipping")
_ACTS: dict[str, Callable[["Account", Json], Record | None]] = {
    "enter": _enter,
    "cancel_order": _cancel_order,
    "bill": _bill,
    "fulfill": _fulfill,
    "track": _track,
    "pay": _pay,
    "close_order": _close_order,
    "approve": _approve,
    "edit": _edit,
    "close_period": _close_period,
    "deactivate_customer": _deactivate_customer,
    "merge_customers": _merge_customers,
    "void": _void,
    "delete": _delete,
    "adjust_stock": _adjust_stock,
    "transfer_stock": _transfer_stock,
    "receive_stock": _receive_stock,
}


def _changes(order: Record, asked: Json, left_out: Json) -> Json:
    """The body of a transform: the lines named, the others as `left_out` says; all that is open without any."""
    body: Json = {name: asked[ours] for ours, name in (("date", "tranDate"), ("memo", "memo")) if ours in asked}
    if "lines" in asked:
        named = {line["line"]: line for line in asked["lines"]}
        others = [{"orderLine": line["line"]} | left_out for line in order.lines if line["line"] not in named]
        lines = [{"orderLine": key} | _named(line, "quantity") for key, line in named.items()]
        body["item"] = {"items": lines + others}
    return body


def _packages(tracking: list[str]) -> Json:
    return {"items": [{"packageTrackingNumber": number, "packageWeight": 1} for number in tracking]}


def _named(asked: Json, *names: str) -> Json:
    return {name: asked[name] for name in names if name in asked}


def _made(account: "Account", record_type: str, record_id: str) -> Record:
    return account.records[(record_type, record_id)]


def _any(account: "Account", asked: Json) -> Record:
    """The record of {type, record}; without a type, a transaction."""
    if "type" in asked and asked["type"] not in KINDS:
        return _entity(account, asked["type"], str(asked["record"]))
    return _transaction(account, str(asked["record"]), asked.get("type"))


def _entity(account: "Account", record_type: str, key: str) -> Record:
    found = account.records.get((record_type, key)) or account.by_external_id.get(("entity", key.lower()))
    if found is None or found.type != record_type:
        raise Refusal(404, "NONEXISTENT_ID", f"no {record_type} {key}")
    return found


def _transaction(account: "Account", key: str, record_type: str | None = None) -> Record:
    """By id, external id or number."""
    found = account.transaction(str(key)) or account.by_external_id.get(("transaction", str(key).lower()))
    if found is None:
        found = next((item for item in account.records.values() if item.body.get("tranId") == key), None)
    if found is None or record_type not in (None, found.type):
        raise Refusal(404, "NONEXISTENT_ID", f"no {record_type or 'transaction'} {key}")
    return found
