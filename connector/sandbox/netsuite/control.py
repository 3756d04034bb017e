"""The addresses under /_sandbox: what a test or the demo asks of the account, and the acts of its accountant."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.netsuite import accountant
from connector.sandbox.netsuite.account import Account
from connector.sandbox.netsuite.errors import Refusal
from connector.sandbox.netsuite.events import send_event

Json = dict[str, Any]


def control(account: Account, request: Request) -> Response:
    """Answers one call to /_sandbox."""
    verb = request.path.removeprefix("/_sandbox/")
    if request.method == "GET":
        return _told(account, request, verb)
    asked: Json = json.loads(request.get_data() or b"{}")
    actions: dict[str, Callable[[], object]] = {
        "faults": account.faults.clear if request.method == "DELETE" else lambda: account.faults.add(asked),
        "release": account.faults.release,
        "settings": lambda: account.change(asked),
        "items": lambda: account.add_items(asked["items"]),
        "stock": lambda: account.set_stock(asked["stock"]),
        "customers": lambda: account.add_customers(asked["customers"]),
        "accountant": lambda: accountant.act(account, asked),
        "events": lambda: send_event(account, asked),
    }
    if verb not in actions:
        return _json({"error": "Not Found"}, 404)
    try:
        return _json(actions[verb]() or {})
    except Refusal as refusal:
        return _json({"error": refusal.detail}, refusal.status)
    except (KeyError, TypeError, ValueError) as error:
        return _json({"error": str(error)}, 400)


def _told(account: Account, request: Request, verb: str) -> Response:
    after = int(request.args.get("after", 0))
    readers: dict[str, Callable[[], object]] = {
        "ledger": account.ledger,
        "counts": account.counts,
        "calls": lambda: [asdict(call) for call in list(account.calls) if call.n > after],
        "faults": lambda: {"held": account.faults.held, "later": account.faults.later},
        "health": lambda: {"ok": True},
    }
    return _json(readers[verb]()) if verb in readers else _json({"error": "Not Found"}, 404)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
