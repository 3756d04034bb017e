"""The record API over HTTP: which address and method does what."""

import json
import re
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.netsuite import reading, records, saving
from connector.sandbox.netsuite.account import Account
from connector.sandbox.netsuite.errors import Refusal
from connector.sandbox.netsuite.permissions import may_use_record
from connector.sandbox.netsuite.record import Record
from connector.sandbox.netsuite.transforms import transform

Json = dict[str, Any]

RECORD = re.compile(
    r"/services/rest/record/v1/(?P<type>\w+)(?:/(?P<key>[^/!]+)"
    r"(?:/!transform/(?P<target>\w+)|/(?P<part>\w+)(?:/(?P<line>\w+))?)?)?"
)
_RESOURCE = "application/vnd.oracle.resource+json; type=singular; charset=UTF-8"


def answered(account: Account, request: Request, found: re.Match[str]) -> Response:
    """Answers a call to a record address. Raises Refusal."""
    may_use_record(account.config, found["type"])
    if found["target"]:
        may_use_record(account.config, found["target"])
    # One call at a time sees and changes records; the waiting was done before.
    with account.lock:
        if found["key"] is None:
            return _collection(account, request, found["type"])
        if found["target"]:
            return _transformed(account, request, found)
        if request.method == "PUT":
            return _upserted(account, request, found)
        record = records.find(account, found["type"], found["key"])
        if request.method == "GET":
            return Response(json.dumps(_read(request, record, found)), content_type=_RESOURCE)
        return _changed(account, request, record)


def body_of(request: Request) -> Json:
    """The JSON of a call. Raises Refusal."""
    try:
        body: Json = json.loads(request.get_data())
    except ValueError as error:
        raise Refusal(400, "INVALID_REQUEST", "The request body is not valid JSON.") from error
    return body


def _collection(account: Account, request: Request, record_type: str) -> Response:
    if request.method != "POST":
        raise _not_allowed()
    made = records.create(account, record_type, body_of(request), validation=_validation(request))
    return _made(request, record_type, made)


def _transformed(account: Account, request: Request, found: re.Match[str]) -> Response:
    if request.method != "POST":
        raise _not_allowed()
    source = records.find(account, found["type"], found["key"])
    body = body_of(request) if request.get_data() else {}
    made = transform(account, source, found["target"], body, validation=_validation(request))
    return _made(request, found["target"], made)


def _upserted(account: Account, request: Request, found: re.Match[str]) -> Response:
    made = records.upsert(
        account,
        found["type"],
        found["key"],
        body_of(request),
        validation=_validation(request),
        replace=request.args.get("replace"),
    )
    return _made(request, found["type"], made)


def _changed(account: Account, request: Request, record: Record) -> Response:
    if request.method == "PATCH":
        replace = request.args.get("replace")
        records.change(account, record, body_of(request), validation=_validation(request), replace=replace)
        return _made(request, record.type, record.id)
    if request.method == "DELETE":
        saving.remove(account, record)
        return Response(status=204)
    raise _not_allowed()


def _read(request: Request, record: Record, found: re.Match[str]) -> Json:
    address = _address(request, record.type, record.id)
    is_expanded = request.args.get("expandSubResources") == "true"
    part = found["part"]
    if part and found["line"]:
        return reading.line(record, part, found["line"])
    if part:
        return reading.part(record, part, is_expanded=is_expanded, address=address)
    asked = request.args.get("fields")
    view = reading.View(
        tuple(asked.split(",")) if asked else None, is_expanded, request.args.get("simpleEnumFormat") == "true"
    )
    return reading.read(record, view, address)


def _made(request: Request, record_type: str, record_id: str) -> Response:
    """204 without a body; the id is only in the address."""
    response = Response(status=204)
    response.headers["Location"] = _address(request, record_type.lower(), record_id)
    response.autocorrect_location_header = False
    return response


def _address(request: Request, record_type: str, record_id: str) -> str:
    return f"{request.host_url}services/rest/record/v1/{record_type}/{record_id}"


def _validation(request: Request) -> str:
    return request.headers.get("X-NetSuite-PropertyNameValidation", "Warning")


def _not_allowed() -> Refusal:
    return Refusal(405, "INVALID_REQUEST", "Method not allowed.")
