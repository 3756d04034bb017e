"""One delivery of the audit log, opened for a person. What it says of people is shown only when asked, and asking is kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from connector.errors import ConfigError
from connector.flows.systems import Workplace
from connector.shopify.redaction import redacted
from connector.store import attempts, effects, inbox, operator_actions, records, timeline
from connector.store.attempts import Attempt
from connector.store.effects import StoredEffect
from connector.store.event_list import EventView
from connector.store.records import RecordView
from connector.store.timeline import WholeEvent


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery and the record it speaks of; `body` is text, None where it was too old to be kept.

    `passed`: the pass that answered it, None while none did; `written`: what that pass sent.
    """

    event: WholeEvent
    body: str | None = field(repr=False)
    is_revealed: bool
    record: RecordView | None
    passed: Attempt | None = None
    written: Sequence[StoredEffect] = ()

    @property
    def view(self) -> EventView:
        """The delivery without its body."""
        return self.event.view

    @property
    def delay(self) -> float | None:
        """Seconds between what happened and its arrival here."""
        triggered = self.view.triggered_at
        return None if triggered is None else (self.view.received_at - triggered).total_seconds()


def opened(workplace: Workplace, event_id: int, *, actor: str, reveal: bool) -> Opened:
    """A delivery with its body. Raises ConfigError when there is none of that id."""
    with workplace.engine.begin() as connection:
        event = timeline.whole_event(connection, event_id)
        if event is None:
            raise ConfigError(f"there is no delivery {event_id}")
        view = event.view
        body = None
        if event.body is not None:
            body = inbox.opened_body(workplace.vault, event.connection_id, view.delivery_id, event.body)
        if reveal and body is not None:
            details = {"event": event_id, "topic": view.topic}
            operator_actions.write_down(
                connection, event.connection_id, actor=actor, action="delivery revealed", details=details
            )
        record = None
        if view.record_kind and view.shopify_id:
            record = records.of_entity(connection, event.connection_id, view.record_kind, view.shopify_id)
        passed = None if record is None else attempts.first_since(connection, record.id, view.received_at)
        written = [] if passed is None else _written(connection, passed)
    shown = None if body is None else _text(body if reveal else redacted(body))
    return Opened(event, shown, reveal and body is not None, record, passed, written)


def _written(connection: Connection, passed: Attempt) -> list[StoredEffect]:
    made = effects.of_record(connection, passed.record_id)
    return [one for one in made if one.sent_at is not None and passed.started_at <= one.sent_at <= passed.finished_at]


def _text(body: bytes) -> str:
    """As people read it; bytes that are no JSON are shown as they are."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "backslashreplace")
