"""What happens next with an order, in one sentence for the person who looks at it. Pure."""

from datetime import datetime

from connector.flows.schedule import GIVE_UP_AFTER
from connector.store.halts import SUBJECT as HALTED
from connector.store.order_documents import OrderDocument
from connector.store.records import UNTIL_SENT, RecordView
from connector.store.tables import RecordState

# What releases an order by itself, by how the subject of its reason begins.
_BY_ITSELF = (
    ("sku:", "It goes on by itself within 15 minutes of an item with this name in NetSuite."),
    ("customer:", "It goes on by itself minutes after the customer is put right in NetSuite."),
    ("permission:", "It goes on by itself within the hour once the permission or scope is granted."),
    (HALTED, "It goes on by itself when the connection works again; a probe looks every few minutes."),
    ("rule:", "It goes on by itself when the rule is set."),
    ("currency:", "It goes on by itself when the currency is mapped."),
    ("gateway:", "It goes on by itself when the gateway is mapped."),
    ("shipping:", "It goes on by itself when the shipping method is mapped."),
    ("tax:", "It goes on by itself when the tax is mapped."),
    ("terms:", "It goes on by itself when the terms are mapped."),
)
_A_PERSON = "It waits for a person: mend what the sentence names, then sync again. A change in Shopify looks again too."
_IN_STEP = "Nothing is open. The next change in Shopify or NetSuite starts a pass by itself."
_UNREAD = "NetSuite's own total is read back and compared within a minute or two; the next change starts a pass."


def expected(order: RecordView, document: OrderDocument | None, *, now: datetime) -> str:
    """The sentence. `document`: what stands of it in NetSuite."""
    state = RecordState(order.state)
    if state is RecordState.PENDING:
        return _of_pending(order, now)
    if state is RecordState.HELD:
        subject = order.reason_subject or ""
        return next((sentence for start, sentence in _BY_ITSELF if start and subject.startswith(start)), _A_PERSON)
    if state is RecordState.IN_SYNC:
        return _IN_STEP if document is None or document.is_read else _UNREAD
    return {
        RecordState.WORKING: "A worker is at it right now.",
        RecordState.PARKED: "Nothing, before a person acts: mend the cause, then sync again.",
        RecordState.IGNORED: "Nothing, whatever comes, until somebody looks at it again.",
        RecordState.EXCLUDED: "A rule leaves it out. A change in Shopify looks again.",
    }[state]


def _of_pending(order: RecordView, now: datetime) -> str:
    if order.next_attempt_at >= UNTIL_SENT:
        return "It waits for its turn in a job."
    if order.next_attempt_at <= now:
        return "A worker takes it up within seconds."
    hours = int(GIVE_UP_AFTER.total_seconds() // 3600)
    return f"It is tried again by itself, at longer and longer intervals, for {hours} hours in all."
