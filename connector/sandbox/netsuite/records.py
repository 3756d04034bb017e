"""The record API: create, read, change, upsert, delete, with NetSuite's real habits."""

import re
import time
from collections.abc import Mapping
from typing import Any

from connector.sandbox.netsuite.account import TRANSACTIONS, Account, Record, group_of
from connector.sandbox.netsuite.business import checked_and_completed
from connector.sandbox.netsuite.errors import NO_ENTITY, NO_TRANSACTION, Refusal, invalid_content, user_error
from connector.sandbox.netsuite.fields import problems, table

Json = dict[str, Any]

_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]+")
RECORD_TYPES = ("customer", *TRANSACTIONS)


def create(account: Account, record_type: str, body: Json, *, validation: str) -> str:
    """POST: a new record; its internal id. Raises Refusal."""
    _known_type(record_type)
    wanted = _validated(record_type, body, validation)
    with account.lock:
        external_id = wanted.pop("externalId", None)
        _free(account, record_type, external_id)
        completed = checked_and_completed(account, record_type, wanted)
        record = Record(account.new_id(), record_type, external_id, completed, time.time())
        completed["tranId" if record_type in TRANSACTIONS else "entityId"] = account.new_number(record_type)
        _number_lines(record)
        account.keep(record)
        return record.id


def find(account: Account, record_type: str, key: str) -> Record:
    """The record of an id or `eid:…`. Raises Refusal: 400 for a missing transaction, 404 for a missing entity."""
    _known_type(record_type)
    with account.lock:
        if key.startswith("eid:"):
            found = account.by_external_id.get((group_of(record_type), key[4:].lower()))
        else:
            found = account.records.get((record_type, key))
    if found is None or found.type != record_type:
        if record_type in TRANSACTIONS:
            raise user_error(NO_TRANSACTION)
        raise Refusal(404, "NONEXISTENT_ID", NO_ENTITY)
    return found


def read(record: Record, fields: list[str] | None) -> Json:
    """GET: the body as NetSuite prints it; with `fields`, those only."""
    whole: Json = {"links": [], "id": record.id, "externalId": record.external_id} | record.body
    whole = {name: value for name, value in whole.items() if value is not None}
    return whole if fields is None else {name: whole[name] for name in ("links", *fields) if name in whole}


def change(account: Account, record: Record, body: Json, *, validation: str, replace: str | None) -> None:
    """PATCH: fields given replace the old ones; lines without their `line` key are appended. Raises Refusal."""
    wanted = _validated(record.type, body, validation)
    wanted.pop("externalId", None)
    with account.lock:
        merged = record.body | {name: value for name, value in wanted.items() if name != "item"}
        lines = (wanted.get("item") or {}).get("items", [])
        old = [] if replace == "item" else (record.body.get("item") or {}).get("items", [])
        if "item" in record.body or lines:
            merged["item"] = {"items": _merged_lines(old, lines)}
        record.body = checked_and_completed(account, record.type, merged)
        _number_lines(record)
        account.keep(record)


def upsert(account: Account, record_type: str, key: str, body: Json, *, validation: str, replace: str | None) -> str:
    """PUT eid: creates, or changes what is there (and so appends keyless lines). Raises Refusal."""
    if not key.startswith("eid:"):
        raise Refusal(405, "INVALID_REQUEST", "PUT is only allowed with an external id.")
    existing = account.by_external_id.get((group_of(record_type), key[4:].lower()))
    if existing is None:
        return create(account, record_type, body | {"externalId": key[4:]}, validation=validation)
    change(account, existing, body, validation=validation, replace=replace)
    return existing.id


def delete(account: Account, record: Record) -> None:
    """DELETE. Raises Refusal while something depends on the record."""
    with account.lock:
        for other in account.records.values():
            if (other.body.get("salesOrder") or {}).get("id") == record.id:
                raise user_error("This record cannot be deleted because it has dependent records")
        account.records.pop((record.type, record.id), None)
        if record.external_id:
            account.by_external_id.pop((group_of(record.type), record.external_id.lower()), None)


def _known_type(record_type: str) -> None:
    if record_type not in RECORD_TYPES:
        raise Refusal(404, "NONEXISTENT_ID", f"Record type '{record_type}' does not exist.")


def _validated(record_type: str, body: Json, validation: str) -> Json:
    """The body without unknown names; unless the header says Error, NetSuite drops them silently."""
    if not isinstance(body, dict):
        raise Refusal(400, "INVALID_REQUEST", "The request body is not a JSON object.")
    for problem in problems(record_type, body):
        if not problem.is_unknown or validation == "Error":
            raise invalid_content(problem.message, path=problem.path)
    known = table()[record_type]
    return {name: value for name, value in body.items() if name in known or "_" in name}


def _free(account: Account, record_type: str, external_id: str | None) -> None:
    if external_id is None:
        return
    if not _EXTERNAL_ID.fullmatch(external_id):
        raise invalid_content("Invalid external id: letters, digits, _ and - only.", path="externalId")
    is_taken = (group_of(record_type), external_id.lower()) in account.by_external_id
    if is_taken and account.config.external_id_unique:
        kind = "record" if record_type in TRANSACTIONS else "entity"
        raise user_error(f"This {kind} already exists.")


def _merged_lines(old: list[Json], new: list[Json]) -> list[Json]:
    lines = [dict(line) for line in old]
    by_key = {line.get("line"): line for line in lines}
    for line in new:
        key = line.get("line")
        if key is not None and key in by_key:
            by_key[key].update(line)
        else:
            lines.append(dict(line))
    return lines


def _number_lines(record: Record) -> None:
    lines: list[Json] = (record.body.get("item") or {}).get("items", [])
    highest = max((line.get("line", 0) for line in lines), default=0)
    for line in lines:
        if "line" not in line:
            highest += 1
            line["line"] = highest


def sublist(record: Record, name: str) -> Mapping[str, Any]:
    """One sublist of a record, expanded."""
    items = (record.body.get(name) or {}).get("items", [])
    return {"links": [], "count": len(items), "hasMore": False, "offset": 0, "totalResults": len(items), "items": items}
