"""A document that falls into an accounting period NetSuite has closed: held by name, or dated today by rule. Pure."""

import hashlib
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.errors import ClosedPeriod, NotMapped
from connector.flows.planning import Effect
from connector.mapping.rules import Rules
from connector.netsuite.writes import Create, Transform
from connector.transport import encode

SUBJECT = "rule:books.closed_period"


def in_open_period(effect: Effect, error: ClosedPeriod, rules: Rules, *, now: datetime) -> Effect:
    """The same document dated today, its own day in the memo. Raises NotMapped where the rules want it held.

    What stands in a closed period already is never moved out of it.
    """
    write, today = effect.write, now.astimezone(ZoneInfo(rules.time_zone)).date().isoformat()
    is_new = isinstance(write, Create | Transform)
    if not isinstance(write, Create | Transform) or rules.books.closed_period != "today":
        otherwise = ', or set rules.books.closed_period = "today" to date such documents today' if is_new else ""
        raise NotMapped(
            f"{effect.intent.natural_key} ({write.record_type}) falls into an accounting period that is closed in "
            f"NetSuite ({error}): open the period{otherwise}",
            subject=SUBJECT,
        ) from error
    day = write.body.get("tranDate")
    body = {**write.body, "tranDate": today, "memo": f"{write.body.get('memo', '')} (dated {day} in Shopify)".strip()}
    request_hash = hashlib.sha256(encode(body)).hexdigest()
    return replace(effect, write=replace(write, body=body), intent=replace(effect.intent, request_hash=request_hash))
