"""The record API: create, find, change, upsert, delete, with NetSuite's real habits."""

from collections.abc import Mapping
from typing import Any

from connector.sandbox.netsuite.account import Account
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import NO_ENTITY, NO_TRANSACTION, Refusal, invalid_content, user_error
from connector.sandbox.netsuite.fields import problems, table
from connector.sandbox.netsuite.record import KINDS, RECORD_TYPES, Record, group_of
from connector.sandbox.netsuite.saving import save_change, save_new
from connector.sandbox.netsuite.sublists import merged

Json = dict[str, Any]


def create(account: Account, record_type: str, body: Json, *, validation: str) -> str:
    """POST: a new record; its internal id. Raises Refusal."""
    check_type(record_type)
    wanted = validated(record_type, body, validation)
    return save_new(account, Draft(record_type, without_nulls(wanted))).id


def find(account: Account, record_type: str, key: str) -> Record:
    """The record of an id or `eid:…`. Raises Refusal: 400 for a missing transaction, 404 for a missing entity."""
    check_type(record_type)
    if key.startswith("eid:"):
        found = account.by_external_id.get((group_of(record_type), key[4:].lower()))
    else:
        found = account.records.get((record_type, key))
    if found is None or found.type != record_type:
        if record_type in KINDS:
            raise user_error(NO_TRANSACTION)
        raise Refusal(404, "NONEXISTENT_ID", NO_ENTITY)
    return found


def change(account: Account, record: Record, body: Json, *, validation: str, replace: str | None = None) -> None:
    """PATCH: fields given replace the old ones; lines without their key are appended. Raises Refusal."""
    if record.is_voided:
        raise user_error("A voided transaction cannot be changed.")
    wanted = validated(record.type, body, validation)
    replaced = frozenset((replace or "").split(","))
    save_change(account, Draft(record.type, merged(record, wanted, replaced), old=record))


def upsert(account: Account, record_type: str, key: str, body: Json, *, validation: str, replace: str | None) -> str:
    """PUT eid: creates, or changes what is there (and so appends keyless lines). Raises Refusal."""
    check_type(record_type)
    if not key.startswith("eid:"):
        raise Refusal(405, "INVALID_REQUEST", "PUT is only allowed with an external id.")
    existing = account.by_external_id.get((group_of(record_type), key[4:].lower()))
    if existing is None:
        return create(account, record_type, body | {"externalId": key[4:]}, validation=validation)
    if existing.type != record_type:
        raise user_error("This record already exists.")
    change(account, existing, body, validation=validation, replace=replace)
    return existing.id


def check_type(record_type: str) -> None:
    """Raises Refusal for a record type that does not exist."""
    if record_type not in RECORD_TYPES:
        raise Refusal(404, "NONEXISTENT_ID", f"Record type '{record_type}' does not exist.")


def validated(record_type: str, body: Json, validation: str) -> Json:
    """The body without unknown names, which NetSuite drops silently unless the header says Error. Raises Refusal."""
    if not isinstance(body, dict):
        raise Refusal(400, "INVALID_REQUEST", "The request body is not a JSON object.")
    for problem in problems(record_type, body):
        if not problem.is_unknown or validation == "Error":
            raise invalid_content(problem.message, path=problem.path)
    return _known(table()[record_type], body)


def _known(fields: Mapping[str, Mapping[str, Any]], body: Json) -> Json:
    """What is known of a body and of everything inside it; custom fields are."""
    found: Json = {}
    for name, value in body.items():
        inside = fields.get(name, {}).get("inside")
        if name not in fields and "_" not in name:
            continue
        if inside and isinstance(value, dict) and isinstance(value.get("items"), list):
            found[name] = {"items": [_known(table()[inside], line) for line in value["items"]]}
        else:
            found[name] = (
                _known(table()[inside], value) if inside and isinstance(value, dict) and "items" not in value else value
            )
    return found


def without_nulls(body: Json) -> Json:
    """A body whose empty fields are left out."""
    return {name: value for name, value in body.items() if value is not None}
