"""Reads back what NetSuite made of our sales orders: a thousand totals a call, or each at once; and their lines' keys."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from connector.errors import OutcomeUnknown, TotalMismatch
from connector.flows.apply import record_type
from connector.flows.planning import Effect
from connector.flows.systems import Systems, Workplace
from connector.limits import Lane
from connector.mapping.images import ROUNDING_READ, ImageLine, OrderImage
from connector.mapping.lines import required
from connector.mapping.money import rounded
from connector.mapping.rules import Rules
from connector.mapping.taxes import NETSUITE_COMPUTES
from connector.netsuite.client import PAGE
from connector.netsuite.records import OrderLine
from connector.netsuite.suiteql import order_lines, totals
from connector.netsuite.writes import Change
from connector.store import effect_totals, effects, held, order_documents, order_totals
from connector.store.effects import Image, StoredEffect
from connector.store.tables import EffectKind
from connector.transport import concerning

# SuiteQL answers at most a thousand rows a page.
BATCH = 1000
# A sales order is left alone while its deposits may still be on their way.
_SETTLED_AFTER = timedelta(seconds=5)

# In an image: the total NetSuite told last was not the right one.
_DIFFERS = "total_differs"
# Documents to which NetSuite can add tax of its own.
_TAXED = (EffectKind.SALES_ORDER, EffectKind.CASH_SALE, EffectKind.CREDIT_MEMO, EffectKind.CASH_REFUND)


def verify_at_once(effect: Effect, systems: Systems, workplace: Workplace) -> None:
    """Reads a document's total right after it was made, where the rules ask for it. Raises TotalMismatch."""
    if not _is_to_be_read(effect.intent.kind, effect.intent.image, systems.rules):
        return
    with workplace.engine.begin() as connection:
        found = effects.of_keys(connection, systems.connection.id, [effect.intent.natural_key])
    _read_back(found[effect.intent.natural_key], systems, workplace)


def read_back_again(keys: Sequence[str], systems: Systems, workplace: Workplace) -> None:
    """Reads the totals that differed, or could not be read when they should have been. Raises TotalMismatch."""
    with workplace.engine.begin() as connection:
        found = effects.of_keys(connection, systems.connection.id, keys)
    for stored in found.values():
        if stored.verified_at is not None or stored.remote_id is None:
            continue
        image = effects.image_of(stored, workplace.vault)
        if _is_to_be_read(stored.kind, image, systems.rules) or (image and image.get(_DIFFERS)):
            _read_back(stored, systems, workplace)


def _read_back(stored: StoredEffect, systems: Systems, workplace: Workplace) -> None:
    with concerning(stored.id):
        _compare(stored, systems, workplace)


def _compare(stored: StoredEffect, systems: Systems, workplace: Workplace) -> None:
    record = _Written(record_type(stored.kind), str(stored.remote_id), systems)
    wanted, currency = stored.amount or Decimal(0), stored.currency or ""
    difference, limit = wanted - record.total(), systems.rules.rounding.max
    is_asked = _is_to_be_read(stored.kind, effects.image_of(stored, workplace.vault), systems.rules)
    if is_asked and difference and abs(difference) <= limit:
        line = _rounding_line(record, rounded(difference, currency))
        difference = wanted - record.with_line(line)
        _keep_line(stored, line, workplace)
    with workplace.engine.begin() as connection:
        name = effects.order_names(connection, [stored.record_id])[stored.record_id]
        order_documents.keep_total_read(connection, {stored.id: wanted - difference})
        if not difference:
            effects.mark_verified(connection, [stored.id])
            return
    raise TotalMismatch(
        f"{name}: NetSuite's total of {record.record_type} {record.remote_id} is {wanted - difference} {currency}, "
        f"Shopify's is {wanted}, difference {difference}; rules.rounding.max is {limit}"
    )


def verify_batch(systems: Systems, workplace: Workplace, *, now: datetime) -> int:
    """Compares up to a thousand sales orders with NetSuite's totals by one call and holds those that differ.

    The keys of their lines are read as well, a thousand a call: later changes and shipments then need no reading.
    One that differs is asked about ever more seldom, and goes on by itself once it is right. Returns how many were compared.
    """
    with workplace.engine.begin() as connection:
        waiting = effect_totals.unverified(
            connection, systems.connection.id, before=now - _SETTLED_AFTER, now=now, limit=BATCH
        )
    if not waiting:
        return 0
    query, parameters = totals([str(effect.remote_id) for effect in waiting])
    rows = systems.netsuite.suiteql(query, parameters, lane=Lane.HISTORY)
    found = {row["id"]: Decimal(row["foreigntotal"]) for row in rows if "foreigntotal" in row}
    _confirm_keys(waiting, systems, workplace)
    _judge(waiting, found, workplace, now=now)
    return len(waiting)


def _confirm_keys(waiting: Sequence[StoredEffect], systems: Systems, workplace: Workplace) -> None:
    """Keeps the lines' keys as sure where NetSuite counts them as we did; where not, they are read when needed."""
    by_order: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    ids, last = [str(effect.remote_id) for effect in waiting], ("0", "0")
    while True:
        rows = systems.netsuite.suiteql(*order_lines(ids, last), lane=Lane.HISTORY)
        for row in rows:
            by_order[row["transaction"]].append((int(row["id"]), row.get("item", "")))
        if len(rows) < PAGE:
            break
        last = (rows[-1]["transaction"], rows[-1]["id"])
    for effect in waiting:
        _confirm_order(effect, by_order[str(effect.remote_id)], workplace)


def _confirm_order(effect: StoredEffect, lines: Sequence[tuple[int, str]], workplace: Workplace) -> None:
    stored = effects.image_of(effect, workplace.vault)
    if stored is None or stored["are_keys_sure"]:
        return
    image = OrderImage.from_json(stored)
    ours = [(item.line, (item.body.get("item") or {}).get("id", "")) for item in image.lines]
    if ours != list(lines):
        return
    with workplace.engine.begin() as connection:
        kept = {**stored, **replace(image, are_keys_sure=True).to_json()}
        effects.keep_image(connection, workplace.vault, effect, kept)


def _judge(waiting: Sequence[StoredEffect], found: dict[str, Decimal], workplace: Workplace, *, now: datetime) -> None:
    """A total that differs is remembered: whatever news come, the order is held until it is right."""
    with workplace.engine.begin() as connection:
        # What was changed while NetSuite was asked is compared the next time.
        waiting = effect_totals.unchanged(connection, waiting)
        different = [effect for effect in waiting if found.get(str(effect.remote_id)) != effect.amount]
        names = effects.order_names(connection, [effect.record_id for effect in waiting])
        for effect in different:
            total = found.get(str(effect.remote_id))
            reason = (
                f"{names[effect.record_id]}: NetSuite's total of sales order {effect.remote_id} is {total}, "
                f"Shopify's is {effect.amount} {effect.currency}"
            )
            held.hold(connection, effect.record_id, code="total_mismatch", reason=reason)
            _note_difference(connection, effect, workplace)
        effect_totals.look_later(connection, [effect.id for effect in different], now=now)
        right = [effect for effect in waiting if effect not in different]
        effects.mark_verified(connection, [effect.id for effect in right])
        held.release_settled(connection, [effect.record_id for effect in right])
        read = {effect.id: found[str(effect.remote_id)] for effect in waiting if str(effect.remote_id) in found}
        order_documents.keep_total_read(connection, read)
        order_totals.judge(connection, [effect.record_id for effect in waiting])


def _note_difference(connection: Connection, effect: StoredEffect, workplace: Workplace) -> None:
    """Read anew, for its line keys may have been made sure a moment ago."""
    (stored,) = effects.of_keys(connection, effect.connection_id, [effect.natural_key]).values()
    image = effects.image_of(stored, workplace.vault)
    if image is not None:
        effects.keep_image(connection, workplace.vault, stored, {**image, _DIFFERS: True})


@dataclass(frozen=True, slots=True)
class _Written:
    """A document of ours as it stands in NetSuite."""

    record_type: str
    remote_id: str
    systems: Systems

    def total(self) -> Decimal:
        """NetSuite's own total."""
        return Decimal(str(self.systems.netsuite.read(self.record_type, self.remote_id, fields=("total",))["total"]))

    def with_line(self, line: OrderLine) -> Decimal:
        """The total with one more line. The lines are given as a whole, so that it is never added twice."""
        read = self.systems.netsuite.read(self.record_type, self.remote_id, fields=("item",))
        lines = [*({"line": int(item["line"])} for item in read["item"]["items"]), line.to_json()]
        with suppress(OutcomeUnknown):
            body = {"item": {"items": lines}}
            self.systems.netsuite.write(Change(self.record_type, self.remote_id, body, replace="item"))
        return self.total()


def _is_to_be_read(kind: EffectKind, image: Image | None, rules: Rules) -> bool:
    """Each order where the rule says so; whatever NetSuite adds tax to by its own computation."""
    if kind not in _TAXED or (image and image["is_closed"]):
        return False
    is_each = kind is EffectKind.SALES_ORDER and rules.total.read_back == "each"
    return is_each or rules.tax.mode in NETSUITE_COMPUTES


def _rounding_line(record: _Written, difference: Decimal) -> OrderLine:
    rules, why = record.systems.rules, f"{record.record_type} {record.remote_id} differs by {difference}"
    item = required(rules.rounding.item, "rounding.item", why)
    return OrderLine(ROUNDING_READ, item, 1, difference, difference, "Rounding", tax_code=rules.tax.exempt_code)


def _keep_line(stored: StoredEffect, line: OrderLine, workplace: Workplace) -> None:
    """The line joins what is known to stand; its key is read when it is needed."""
    image = effects.image_of(stored, workplace.vault)
    if image is None:
        return
    added = ImageLine(line.reference, None, line.to_json())
    before = OrderImage.from_json(image)
    after = replace(before, lines=(*before.lines, added), are_keys_sure=False)
    with workplace.engine.begin() as connection:
        effects.keep_image(connection, workplace.vault, stored, {**image, **after.to_json()})
