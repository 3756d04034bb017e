"""The one way a record is made, changed and taken out, whoever asks: REST, a transform or the accountant."""

import time
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite.completing import complete, refresh_all, settle
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import invalid_content, user_error
from connector.sandbox.netsuite.fields import is_external_id
from connector.sandbox.netsuite.periods import check_draft, check_record
from connector.sandbox.netsuite.record import ENTITIES, KINDS, Record, group_of
from connector.sandbox.netsuite.shipments import check_not_billed
from connector.sandbox.netsuite.sublists import number_lines
from connector.sandbox.netsuite.suiteql import server_today

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]


def save_new(account: "Account", draft: Draft) -> Record:
    """Makes a record of a draft. Raises Refusal, and then nothing has happened."""
    external_id = draft.body.pop("externalId", None)
    check_external_id(account, draft.type, external_id)
    _default_currency(account, draft)
    if draft.type in KINDS:
        draft.body.setdefault("tranDate", server_today())
    check_draft(account, draft)
    complete(account, draft)
    _number(account, draft)
    record = Record(account.new_id(), draft.type, external_id, draft.body, time.time(), draft.takes)
    number_lines(record)
    record.touch()
    settle(account, record)
    account.write_down("made", record)
    return record


def save_change(account: "Account", draft: Draft) -> None:
    """Gives a record its new body. Raises Refusal, and then nothing has happened."""
    record = draft.old
    assert record is not None  # noqa: S101  a change has something it changes
    external_id = draft.body.pop("externalId", record.external_id)
    if (external_id or "").lower() != (record.external_id or "").lower():
        check_external_id(account, record.type, external_id)
    check_draft(account, draft)
    complete(account, draft)
    before = record.sources()
    if external_id != record.external_id:
        account.free_external_id(record)
        record.external_id = external_id
    record.body, record.takes = draft.body, draft.takes
    number_lines(record)
    record.touch()
    settle(account, record, before=before)
    account.write_down("changed", record)


def remove(account: "Account", record: Record) -> None:
    """Deletes a record. Raises Refusal while something depends on it."""
    check_record(account, record)
    if account.dependents(record):
        raise user_error("This record cannot be deleted because it has dependent records")
    if record.type in ("itemFulfillment", "itemReceipt"):
        check_not_billed(account, record, {})
    account.drop(record)
    account.write_down("removed", record)
    account.stock.move(record.id, {})
    account.stock.commit(record.id, {})
    refresh_all(account, record.sources())


def void(account: "Account", record: Record) -> None:
    """Voids a transaction: it stays, over nothing, and gives back what it took. Raises Refusal."""
    check_record(account, record)
    if account.dependents(record):
        raise user_error("This transaction cannot be voided because it has dependent records")
    before = record.sources()
    record.is_voided, record.takes = True, {}
    for name in ("total", "payment", "subtotal", "taxTotal", "shippingCost"):
        if name in record.body:
            record.body[name] = 0
    record.body["memo"] = "VOID"
    record.touch()
    settle(account, record, before=before)
    account.write_down("voided", record)


def check_external_id(account: "Account", record_type: str, external_id: str | None) -> None:
    """Raises Refusal for an external id that is malformed or taken within its group."""
    if external_id is None:
        return
    if not is_external_id(external_id):
        raise invalid_content("Invalid external id: letters, digits, _ and - only.", path="externalId")
    is_taken = (group_of(record_type), external_id.lower()) in account.by_external_id
    if is_taken and account.config.external_id_unique:
        kind = "entity" if record_type in ENTITIES else "record"
        raise user_error(f"This {kind} already exists.")


def _default_currency(account: "Account", draft: Draft) -> None:
    """A transaction without a currency is in its customer's, where that has one."""
    if draft.type not in KINDS or "currency" in draft.body:
        return
    reference = draft.body.get(KINDS[draft.type].party) or {}
    found = account.records.get(("customer", str(reference.get("id"))))
    if found is not None and "currency" in found.body:
        draft.body["currency"] = found.body["currency"]


def _number(account: "Account", draft: Draft) -> None:
    if draft.type in KINDS:
        draft.body["tranId"] = account.new_number(draft.type)
        return
    wanted = draft.body.get("entityId")
    if wanted is None:
        draft.body["entityId"] = account.new_number(draft.type)
    elif any(item.body.get("entityId") == wanted for key, item in account.records.items() if key[0] in ENTITIES):
        # Names are unique where they are not numbers.
        raise user_error("This entity already exists.", path="entityId")
