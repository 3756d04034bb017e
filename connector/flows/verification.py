"""Reads back what NetSuite made of our sales orders: a thousand totals a call, or each at once; and their lines' keys."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Engine

from connector.errors import OutcomeUnknown, TotalMismatch
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
from connector.store import effects, records
from connector.store.effects import StoredEffect
from connector.store.tables import EffectKind

# SuiteQL answers at most a thousand rows a page.
BATCH = 1000
# A sales order is left alone while its deposits may still be on their way.
_SETTLED_AFTER = timedelta(seconds=5)

# Documents to which NetSuite can add tax of its own.
_TAXED = (EffectKind.SALES_ORDER, EffectKind.CASH_SALE, EffectKind.CREDIT_MEMO, EffectKind.CASH_REFUND)


def verify_at_once(effect: Effect, remote_id: str, systems: Systems, workplace: Workplace) -> None:
    """Reads a document's total right after it was made, where the rules ask for it. Raises TotalMismatch."""
    if not _is_to_be_read(effect, systems.rules):
        return
    record = _Written(effect.write.record_type, remote_id, systems)
    wanted, currency = effect.intent.amount or Decimal(0), effect.intent.currency or ""
    difference, limit = wanted - record.total(), systems.rules.rounding.max
    if difference and abs(difference) <= limit:
        line = _rounding_line(record, rounded(difference, currency))
        difference = wanted - record.with_line(line)
        _keep_line(effect, line, systems, workplace)
    if difference:
        raise TotalMismatch(
            f"NetSuite's total of {record.record_type} {remote_id} is {wanted - difference} {currency}, Shopify's is "
            f"{wanted}, difference {difference}; rules.rounding.max is {limit}"
        )
    with workplace.engine.begin() as connection:
        stored = effects.of_keys(connection, systems.connection.id, [effect.intent.natural_key])
        effects.mark_verified(connection, [found.id for found in stored.values()])


def verify_batch(systems: Systems, workplace: Workplace, *, now: datetime) -> int:
    """Compares up to a thousand sales orders with NetSuite's totals by one call and holds those that differ.

    The keys of their lines are read as well, a thousand a call: later changes and shipments then need no reading.
    Returns how many orders were compared.
    """
    with workplace.engine.begin() as connection:
        waiting = effects.unverified(connection, systems.connection.id, before=now - _SETTLED_AFTER, limit=BATCH)
    if not waiting:
        return 0
    query, parameters = totals([str(effect.remote_id) for effect in waiting])
    rows = systems.netsuite.suiteql(query, parameters, lane=Lane.HISTORY)
    found = {row["id"]: Decimal(row["foreigntotal"]) for row in rows if "foreigntotal" in row}
    _confirm_keys(waiting, systems, workplace)
    _judge(waiting, found, workplace.engine)
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


def _judge(waiting: Sequence[StoredEffect], found: dict[str, Decimal], engine: Engine) -> None:
    with engine.begin() as connection:
        names = effects.order_names(connection, [effect.record_id for effect in waiting])
        for effect in waiting:
            total = found.get(str(effect.remote_id))
            if total == effect.amount:
                continue
            reason = (
                f"{names[effect.record_id]}: NetSuite's total of sales order {effect.remote_id} is {total}, "
                f"Shopify's is {effect.amount} {effect.currency}"
            )
            records.hold(connection, effect.record_id, code="total_mismatch", reason=reason)
        effects.mark_verified(connection, [effect.id for effect in waiting])


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


def _is_to_be_read(effect: Effect, rules: Rules) -> bool:
    """Each order where the rule says so; whatever NetSuite adds tax to by its own computation."""
    if effect.intent.kind not in _TAXED or _is_closed(effect):
        return False
    is_each = effect.intent.kind is EffectKind.SALES_ORDER and rules.total.read_back == "each"
    return is_each or rules.tax.mode in NETSUITE_COMPUTES


def _rounding_line(record: _Written, difference: Decimal) -> OrderLine:
    rules, why = record.systems.rules, f"{record.record_type} {record.remote_id} differs by {difference}"
    item = required(rules.rounding.item, "rounding.item", why)
    return OrderLine(ROUNDING_READ, item, 1, difference, difference, "Rounding", tax_code=rules.tax.exempt_code)


def _keep_line(effect: Effect, line: OrderLine, systems: Systems, workplace: Workplace) -> None:
    """The line joins what is known to stand; its key is read when it is needed."""
    image = effect.intent.image
    if image is None:
        return
    added = ImageLine(line.reference, None, line.to_json())
    before = OrderImage.from_json(image)
    after = replace(before, lines=(*before.lines, added), are_keys_sure=False)
    with workplace.engine.begin() as connection:
        (stored,) = effects.of_keys(connection, systems.connection.id, [effect.intent.natural_key]).values()
        effects.keep_image(connection, workplace.vault, stored, {**image, **after.to_json()})


def _is_closed(effect: Effect) -> bool:
    """A closed order keeps its amount in NetSuite's total."""
    return bool(effect.intent.image and effect.intent.image["is_closed"])
