"""The account over HTTP: tokens, records and SuiteQL as NetSuite serves them, and /_sandbox for the demo and the tests."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from connector.sandbox.netsuite.account import Account
from connector.sandbox.netsuite.control import control
from connector.sandbox.netsuite.errors import Refusal, user_error
from connector.sandbox.netsuite.faults import Dropped, Fault
from connector.sandbox.netsuite.permissions import may_query
from connector.sandbox.netsuite.record import RECORD_TYPES
from connector.sandbox.netsuite.resources import RECORD, answered, body_of
from connector.sandbox.netsuite.tokens import OAuthError
from connector.sandbox.serve import cut

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"
_SUITEQL = "/services/rest/query/v1/suiteql"

Json = dict[str, Any]


def account_app(account: Account) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The WSGI app of one account."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = _route(account, request)
        except Dropped as dropped:
            cut(environ)
            # The one kind of error the server takes in silence.
            raise ConnectionResetError from dropped
        response.headers["Date"] = http_date(account.clock.now())
        return response(environ, start_response)

    return app


def _route(account: Account, request: Request) -> Response:
    if request.path.startswith("/_sandbox/"):
        return control(account, request)
    if request.path == TOKEN_PATH:
        return _token(account, request)
    started = time.time()
    label = _label(request.path)
    key, status = _external_id(request), 0
    try:
        response = _answered(account, request, label)
        status = response.status_code
    finally:
        if status != 429:
            account.log_call(request.method, label, status, started, key)
    return response


def _answered(account: Account, request: Request, label: str) -> Response:
    try:
        _authorised(account, request)
        with account.slot():
            return _with_faults(account, request, label)
    except Refusal as refusal:
        return refusal.response()


def _with_faults(account: Account, request: Request, label: str) -> Response:
    fault = account.faults.take(request.method, label)
    _wait(account.config.latency_ms / 1000 + (fault.seconds if fault and fault.kind == "slow" else 0))
    if fault is None:
        return _handled(account, request)
    _befalls_before(account, fault)
    if fault.kind == "late_commit":
        _commit_later(account, request, fault)
        raise Dropped
    response = _handled(account, request)
    _befalls_after(account, fault)
    return response


def _befalls_before(account: Account, fault: Fault) -> None:
    """What keeps a call from being carried out, or makes it wait."""
    if fault.kind == "status_before":
        raise Refusal(fault.status, "UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: sandbox")
    if fault.kind == "drop_before":
        raise Dropped
    if fault.kind == "changed_meanwhile":
        raise user_error("Record has been changed")
    if fault.kind == "hold_before":
        account.faults.hold(fault.seconds)


def _befalls_after(account: Account, fault: Fault) -> None:
    """What becomes of the answer to a call that was carried out."""
    if fault.kind == "commit_then_drop":
        raise Dropped
    if fault.kind == "commit_then_slow":
        _wait(fault.seconds)
    if fault.kind == "hold_after":
        account.faults.hold(fault.seconds)


def _commit_later(account: Account, request: Request, fault: Fault) -> None:
    """The answer is lost now; the record appears after a while. The body is read before the connection goes."""
    request.get_data()

    def commit() -> None:
        # Nobody is there any more to be told of a refusal, such as that the record was made meanwhile.
        try:
            with suppress(Refusal):
                _handled(account, request)
        finally:
            account.faults.count_later(-1)

    account.faults.count_later(1)
    timer = threading.Timer(fault.seconds, commit)
    timer.daemon = True
    timer.start()


def _handled(account: Account, request: Request) -> Response:
    if request.path == _SUITEQL:
        return _suiteql(account, request)
    if request.path.startswith("/services/rest/system/"):
        return _system(account, request.path.rpartition("/")[2])
    if request.path.endswith("/metadata-catalog"):
        return _catalog(account, request)
    found = RECORD.fullmatch(request.path)
    if found is None:
        raise Refusal(404, "NONEXISTENT_ID", "The requested resource does not exist.")
    response = answered(account, request, found)
    account.journal.sync()
    return response


def _suiteql(account: Account, request: Request) -> Response:
    if request.method != "POST" or request.headers.get("Prefer") != "transient":
        raise user_error("The Prefer header with the value transient is required.")
    asked = body_of(request)
    may_query(account.config, asked["q"])
    limit, offset = int(request.args.get("limit", 1000)), int(request.args.get("offset", 0))
    page = account.tables.query(asked["q"], asked.get("params", []), limit=limit, offset=offset)
    page["links"] = [{"rel": "self", "href": f"{_host(account)}{request.full_path}"}]
    response = Response(json.dumps(page), content_type="application/vnd.oracle.resource+json; type=collection")
    response.headers["preference-applied"] = "transient"
    return response


def _system(account: Account, operation: str) -> Response:
    if operation == "serverTime":
        moment = datetime.fromtimestamp(account.clock.now(), UTC)
        return _json({"serverTime": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")})
    if operation == "governanceLimits" and account.config.administrator:
        limit = account.config.concurrency
        return _json({"accountConcurrencyLimit": limit, "accountUnallocatedConcurrencyLimit": limit})
    if operation == "governanceLimits":
        raise Refusal(
            403, "INSUFFICIENT_PERMISSION", "Your current role does not have permission to perform this action."
        )
    raise Refusal(404, "NONEXISTENT_ID", "The requested resource does not exist.")


def _catalog(account: Account, request: Request) -> Response:
    denied = {name.lower() for name in account.config.denied_records}
    wanted = [name for name in (request.args.get("select") or "").split(",") if name]
    known = [name for name in wanted if name in RECORD_TYPES and name.lower() not in denied]
    links = [{"rel": "canonical", "href": f"{_host(account)}/services/rest/record/v1/metadata-catalog"}]
    return _json({"links": links, "items": [{"name": name, "links": links} for name in known]})


def _host(account: Account) -> str:
    """The account's own address, whatever address it was reached at."""
    return f"https://{account.config.account.lower().replace('_', '-')}.suitetalk.api.netsuite.com"


def _authorised(account: Account, request: Request) -> None:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer ") and account.tokens.is_valid(header.removeprefix("Bearer ")):
        return
    if header.startswith("OAuth ") and account.oauth1 is not None:
        account.oauth1.check(header, method=request.method, url=request.url)
        return
    raise Refusal(401, "INVALID_LOGIN", "Invalid login attempt. For more details, see the Login Audit Trail.")


def _token(account: Account, request: Request) -> Response:
    with account.lock:
        account.token_calls += 1
    try:
        answer: Json = account.tokens.issue(request.form.to_dict(), audience=request.base_url)
    except OAuthError as error:
        return Response(json.dumps({"error": error.code}), error.status, content_type="application/json")
    if account.token_answers_to_lose > 0:
        account.token_answers_to_lose -= 1
        raise Dropped
    return Response(json.dumps(answer), content_type="application/json")


def _label(path: str) -> str:
    """What a call is counted under: the record type, `type/eid`, `type/!transform/target`, `type/sublist` or suiteql."""
    found = RECORD.fullmatch(path)
    if found is None:
        return path.rpartition("/")[2]
    if found["target"]:
        return f"{found['type']}/!transform/{found['target']}"
    if found["part"]:
        return f"{found['type']}/{found['part']}"
    return f"{found['type']}/eid" if (found["key"] or "").startswith("eid:") else found["type"]


def _external_id(request: Request) -> str | None:
    """The external id that a call is to make something under."""
    if request.method != "POST" or RECORD.fullmatch(request.path) is None:
        return None
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        return None
    found = body.get("externalId") if isinstance(body, dict) else None
    return found if isinstance(found, str) else None


def _wait(seconds: float) -> None:
    if seconds > 0:
        threading.Event().wait(seconds)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
