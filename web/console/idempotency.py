"""A post to the API with an Idempotency-Key is carried out once: repeated, it is answered as the first time."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from flask import Request, Response

from connector.errors import ConnectorError, OutcomeUnknown
from connector.store import api_answers
from web.console.refusals import BadInput, Stale
from web.console.site import Visit

_LONGEST_KEY = 255


def once(visit: Visit, request: Request, act: Callable[[], dict[str, Any]]) -> Response:
    """What the act answers. Without a key it is carried out as often as it is asked.

    A refused act leaves nothing behind: its key may be used again. Of one whose end nobody knows it may not, for as long as
    an act may take. Raises BadInput when the key was used for another request, Stale while the first one is still at work.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _answer(orjson.dumps(act()))
    if not 0 < len(key) <= _LONGEST_KEY:
        raise BadInput(f"an Idempotency-Key has 1 to {_LONGEST_KEY} characters", fields={"Idempotency-Key": "length"})
    asked = hashlib.sha256(b"\n".join((request.method.encode(), request.full_path.encode(), request.data))).digest()
    taken = api_answers.Key(visit.who.identity, key, asked)
    with visit.engine.begin() as database:
        before = api_answers.take(database, visit.site.runtime.vault, taken, now=visit.now)
    if before is not None:
        return _repeated(before, asked)
    try:
        body = orjson.dumps(act())
    except OutcomeUnknown:
        raise
    except ConnectorError:
        with visit.engine.begin() as database:
            api_answers.give_back(database, taken)
        raise
    with visit.engine.begin() as database:
        api_answers.keep(database, visit.site.runtime.vault, taken, body)
    return _answer(body)


def _repeated(before: api_answers.Answered, asked: bytes) -> Response:
    if before.asked != asked:
        raise BadInput("this Idempotency-Key was used for another request", fields={"Idempotency-Key": "used"})
    if before.body is None:
        raise Stale("the first request with this Idempotency-Key is still at work")
    response = _answer(before.body)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _answer(body: bytes) -> Response:
    return Response(body, content_type="application/json")
