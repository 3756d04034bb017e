"""One NetSuite account: create a record under an external id, find it by that id, ask SuiteQL.

Facts: Oracle's REST Web Services help (2026) and recorded answers of 2026-03. Failures become our errors here only.
"""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import requests

from connector.counters import Counters
from connector.errors import (
    AlreadyExists,
    ClosedPeriod,
    Conflict,
    Forbidden,
    InvalidAnswer,
    Missing,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from connector.limits import Lane, Slots
from connector.netsuite.account import account_of_url
from connector.netsuite.asked import asked
from connector.netsuite.auth import BearerToken
from connector.netsuite.tba import SignedRequest
from connector.netsuite.writes import Change, Delete, Write
from connector.transport import Request, Transport, decode, encode, read_briefly

_RECORD = "/services/rest/record/v1"
_SUITEQL = "/services/rest/query/v1/suiteql"
_SYSTEM = "/services/rest/system/v1"
_ONE_ROW = encode({"q": "SELECT 1 AS one FROM dual", "params": []})
PAGE = 1000
# What a record held for a missing permission waits for.
PERMISSION = "permission:netsuite"

# NetSuite answers most failures with one code, USER_ERROR; only the detail text tells them apart.
_TAKEN = re.compile(r"already exists", re.IGNORECASE)
_ABSENT = re.compile(r"Transaction type specified is incorrect|record instance does not exist", re.IGNORECASE)
_CLOSED_PERIOD = re.compile(r"\bperiod\b.*\bclosed\b|\bclosed\b.*\bperiod\b", re.IGNORECASE)
_CHANGED = re.compile(r"Record has been changed", re.IGNORECASE)
_NOT_ALLOWED = re.compile(r"does not have permission|Permission Violation|INSUFFICIENT_PERMISSION", re.IGNORECASE)
_NAMED = re.compile(r"for the following field: (\w+)|phone number", re.IGNORECASE)
_CONCURRENCY = {"CONCURRENCY_LIMIT_EXCEEDED", "SSS_REQUEST_LIMIT_EXCEEDED"}

Login = BearerToken | SignedRequest


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one answer. `has_more`: the query has rows behind them."""

    rows: list[dict[str, str]]
    has_more: bool


class NetSuiteClient:
    """Safe for threads; every call holds one of the account's slots while it runs, and no longer."""

    def __init__(
        self, transport: Transport, auth: BearerToken | SignedRequest, slots: Slots, counters: Counters, *, api_url: str
    ) -> None:
        self._transport = transport
        self._auth = auth
        self._slots = slots
        self._counters = counters
        self._url = api_url.rstrip("/")
        self._lane = Lane.ORDERS
        self._patience: float | None = None

    def granted_slots(self) -> int:
        """Calls that this client's lane may have on their way at once right now."""
        return self._slots.granted(self._lane)

    def in_lane(self, lane: Lane) -> "NetSuiteClient":
        """The same account for work that others go before: what would take an order's slot takes one of this lane."""
        other = copy(self)
        other._lane = lane
        return other

    def waiting_at_most(self, seconds: float) -> "NetSuiteClient":
        """The same account for a caller that rather comes again than waits long for a slot."""
        other = copy(self)
        other._patience = seconds
        return other

    def signed_in_with(self, login: Login) -> "NetSuiteClient":
        """The same account, asked with another log-in."""
        return NetSuiteClient(self._transport, login, self._slots, self._counters, api_url=self._url)

    def write(self, write: Write) -> str:
        """Sends one write and returns the internal id of what was made or changed.

        A record is created by POST and not by an upsert: a second PUT would append the lines again, a second POST is
        refused as AlreadyExists. Raises OutcomeUnknown when it may have been carried out although no answer says so.
        """
        label = write.record_type
        response = self._call(write.method, write.path, label, None if write.body is None else encode(write.body))
        if response.status_code >= 500:
            raise OutcomeUnknown(f"NetSuite answered {response.status_code} to {write.method} {label}")
        if isinstance(write, Delete) and _is_absent(response):
            return write.record_id
        _raise_for_status(response, label)
        if isinstance(write, Change | Delete):
            return write.record_id
        remote_id = response.headers.get("Location", "").rstrip("/").rpartition("/")[2]
        if not remote_id:
            raise OutcomeUnknown(f"NetSuite answered POST {label} without the new record's address")
        return remote_id

    def find(self, record_type: str, external_id: str, *, fields: Sequence[str] = ()) -> Mapping[str, Any] | None:
        """The record under that external id (`id` and the fields asked for), or None.

        A missing transaction answers 400, a missing entity 404.
        """
        wanted = ",".join(("id", *fields))
        path = f"{_RECORD}/{record_type}/eid:{quote(external_id)}?fields={wanted}"
        response = read_briefly(lambda: self._read("GET", path, f"{record_type}/eid"))
        if _is_absent(response):
            return None
        _raise_for_status(response, record_type)
        found: dict[str, Any] = decode(response, system="NetSuite")
        return found

    def read(self, record_type: str, record_id: str, *, fields: Sequence[str]) -> Mapping[str, Any]:
        """Some fields of a record that exists, their sublists and subrecords with all they hold."""
        path = f"{_RECORD}/{record_type}/{record_id}?fields={','.join(fields)}&expandSubResources=true"
        response = read_briefly(lambda: self._read("GET", path, record_type))
        _raise_for_status(response, record_type)
        found: dict[str, Any] = decode(response, system="NetSuite")
        return found

    def reach(self) -> datetime | None:
        """Whether anything answers at the account's address, and the time it says; nobody is logged in. Raises Unavailable."""
        response = read_briefly(lambda: self._transport.send(Request("GET", f"{self._url}/", "reachability", {})))
        said = response.headers.get("Date")
        return parsedate_to_datetime(said) if said else None

    def server_time(self) -> datetime:
        """NetSuite's own clock, in UTC. Any role may ask (since 2025.2)."""
        response = read_briefly(lambda: self._read("GET", f"{_SYSTEM}/serverTime", "serverTime"))
        _raise_for_status(response, "serverTime")
        return datetime.fromisoformat(decode(response, system="NetSuite")["serverTime"])

    def concurrency_limit(self) -> int:
        """Concurrent calls the account allows to everybody together. Raises Forbidden unless the role is an administrator."""
        response = read_briefly(lambda: self._read("GET", f"{_SYSTEM}/governanceLimits", "governanceLimits"))
        _raise_for_status(response, "governanceLimits")
        return int(decode(response, system="NetSuite")["accountConcurrencyLimit"])

    def record_types(self, wanted: Sequence[str]) -> set[str]:
        """Those of the record types that the role may use, in lower case."""
        path = f"{_RECORD}/metadata-catalog?select={','.join(wanted)}"
        response = read_briefly(lambda: self._read("GET", path, "metadata-catalog"))
        if response.status_code in (400, 404):
            return set()
        _raise_for_status(response, "metadata-catalog")
        return {str(item["name"]).lower() for item in decode(response, system="NetSuite")["items"]}

    def account_seen(self) -> str | None:
        """The account whose host stands in the links of its answers; None when they name another kind of host."""
        response = read_briefly(lambda: self._read("POST", f"{_SUITEQL}?limit=1&offset=0", "suiteql", _ONE_ROW))
        _raise_for_status(response, "suiteql")
        links = decode(response, system="NetSuite").get("links") or [{}]
        return account_of_url(str(links[0].get("href", "")))

    def suiteql(self, query: str, parameters: Sequence[str] = (), *, lane: Lane = Lane.ORDERS) -> list[dict[str, str]]:
        """Up to 1,000 rows. Every value is text; a column that is null is missing from its row; keys are lower case."""
        return self.suiteql_page(query, parameters, lane=lane).rows

    def suiteql_page(self, query: str, parameters: Sequence[str] = (), *, lane: Lane = Lane.ORDERS) -> Page:
        """The first 1,000 rows, and whether the query has more of them."""
        content = encode({"q": query, "params": list(parameters)})
        path = f"{_SUITEQL}?limit={PAGE}&offset=0"
        response = read_briefly(lambda: self._read("POST", path, "suiteql", content, lane=lane))
        _raise_for_status(response, "suiteql")
        answer = decode(response, system="NetSuite")
        rows = [{key.lower(): value for key, value in row.items() if key != "links"} for row in answer["items"]]
        return Page(rows, bool(answer.get("hasMore", False)))

    def _read(
        self, method: str, path: str, label: str, content: bytes | None = None, *, lane: Lane = Lane.ORDERS
    ) -> requests.Response:
        response = self._call(method, path, label, content, lane=lane)
        if response.status_code >= 500:
            raise Unavailable(f"NetSuite answered {response.status_code} to {method} {label}")
        return response

    def _call(
        self, method: str, path: str, label: str, content: bytes | None = None, *, lane: Lane = Lane.ORDERS
    ) -> requests.Response:
        """The answer; a refused token is replaced and the call repeated (it was not carried out)."""
        request = Request(method, self._url + path, label, _headers(path), content, asked(path, content))
        response, is_newest = self._sent(request, lane), False
        # A token that another process had stored may be refused too; one issued for this very call is the last word.
        while response.status_code == 401 and not is_newest:
            is_newest = self._auth.renew(response)
            response = self._sent(request, lane)
        if response.status_code == 401:
            raise Unauthorized(
                "NetSuite refused a fresh access token; see Setup > Users/Roles > View Login Audit Trail, and that the "
                "role may log in using OAuth 2.0 access tokens"
            )
        return response

    def _sent(self, request: Request, lane: Lane) -> requests.Response:
        # The token first: fetching one needs no slot, and must not be done while one is held.
        self._auth.ready()
        with self._slots.hold(self._lane if lane is Lane.ORDERS else lane, patience=self._patience):
            response = self._transport.send(request, self._auth)
        self._counters.add("netsuite_calls", path=f"{request.method} {request.path}", status=str(response.status_code))
        if response.status_code == 429 or _codes(response) & _CONCURRENCY:
            self._slots.refused()
            raise RateLimited("NetSuite's limit of concurrent calls is reached by somebody else", retry_after=1.0)
        return response


def _is_absent(response: requests.Response) -> bool:
    """True for the answer to a missing record: 400 for a transaction, 404 for an entity."""
    return response.status_code in (400, 404) and _ABSENT.search(_detail(response)) is not None


def _headers(path: str) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if path.startswith(_RECORD):
        # Without it NetSuite drops an unknown field name silently.
        return headers | {"X-NetSuite-PropertyNameValidation": "Error"}
    return headers | {"Prefer": "transient"}


def _raise_for_status(response: requests.Response, label: str) -> None:
    if response.status_code < 300:
        return
    detail = _detail(response)
    if response.status_code >= 500:
        raise Unavailable(f"NetSuite answered {response.status_code} to {label}: {detail}")
    if response.status_code == 403 or _NOT_ALLOWED.search(f"{detail} {_codes(response)}"):
        raise Forbidden(
            f"NetSuite's role may not do this with {label}: {detail}; add the permission to the role",
            subject=PERMISSION,
        )
    if _CHANGED.search(detail):
        raise Conflict(f"NetSuite: somebody saved the same {label} meanwhile", retry_after=2)
    if 400 <= response.status_code < 500:
        raise _refusal(response, label, detail)
    raise InvalidAnswer(f"NetSuite answered {response.status_code} to {label}")


def _refusal(response: requests.Response, label: str, detail: str) -> AlreadyExists | Rejected:
    """What a refused content is, as far as its sentence tells."""
    if _TAKEN.search(detail):
        return AlreadyExists(f"NetSuite has this {label} already: {detail}")
    if _CLOSED_PERIOD.search(detail):
        return ClosedPeriod(f"NetSuite refuses the {label}: {detail}", field="tranDate")
    if _is_absent(response):
        return Missing(f"NetSuite has no such {label}: {detail}")
    return Rejected(f"NetSuite refuses the {label} ({response.status_code}): {detail}", field=_field(response))


def _details(response: requests.Response) -> list[Mapping[str, Any]]:
    """The error objects of an answer, none for a success or for something that is not JSON."""
    if response.status_code < 400 or "json" not in response.headers.get("Content-Type", ""):
        return []
    try:
        body = response.json()
    except ValueError:
        return []
    details = body.get("o:errorDetails", []) if isinstance(body, dict) else []
    return [item for item in details if isinstance(item, dict)]


def _codes(response: requests.Response) -> set[str]:
    return {str(item.get("o:errorCode")) for item in _details(response)}


def _field(response: requests.Response) -> str | None:
    """The field a refusal names: by its path, or in its sentence."""
    for item in _details(response):
        if item.get("o:errorPath"):
            return str(item["o:errorPath"]).rpartition(".")[2]
        named = _NAMED.search(str(item.get("detail", "")))
        if named:
            return "phone" if named[1] is None else named[1]
    return None


def _detail(response: requests.Response) -> str:
    """NetSuite's own sentences, with the path of the field where it names one."""
    sentences = [
        f"{item.get('detail', '')} [{item['o:errorPath']}]" if item.get("o:errorPath") else str(item.get("detail", ""))
        for item in _details(response)
    ]
    return " ".join(sentences) or "no detail"
