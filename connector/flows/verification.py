"""Reads back what NetSuite made of our sales orders: a thousand totals a call, or each at once."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Engine

from connector.errors import OutcomeUnknown, TotalMismatch
from connector.flows.plan import Effect
from connector.flows.systems import Systems
from connector.limits import Lane
from connector.mapping.lines import required
from connector.mapping.money import rounded
from connector.mapping.rules import TaxMode
from connector.netsuite.records import OrderLine
from connector.netsuite.suiteql import totals
from connector.store import effects, records
from connector.store.effects import StoredEffect
from connector.store.tables import EffectKind

# SuiteQL answers at most a thousand rows a page.
BATCH = 1000
# A sales order is left alone while its deposits may still be on their way.
_SETTLED_AFTER = timedelta(seconds=5)

# In these modes NetSuite adds tax by its own computation: what it came to cannot be known before it is read.
_NETSUITE_COMPUTES = {TaxMode.NETSUITE_COMPUTES, TaxMode.TAX_CODE}


def verify_at_once(effect: Effect, remote_id: str, systems: Systems, engine: Engine) -> None:
    """Reads a sales order's total right after it was made, where the rules ask for it. Raises TotalMismatch."""
    rules = systems.rules
    if effect.intent.kind is not EffectKind.SALES_ORDER:
        return
    if rules.total.read_back != "each" and rules.tax.mode not in _NETSUITE_COMPUTES:
        return
    wanted, currency = effect.intent.amount or Decimal(0), effect.intent.currency or ""
    difference = wanted - _total(systems, remote_id)
    if difference and abs(difference) <= rules.rounding.max:
        difference = _rounded_off(systems, remote_id, rounded(difference, currency), wanted)
    if difference:
        raise TotalMismatch(
            f"NetSuite's total of sales order {remote_id} is {wanted - difference} {currency}, Shopify's is {wanted}, "
            f"difference {difference}; rules.rounding.max is {rules.rounding.max}"
        )
    with engine.begin() as connection:
        stored = effects.of_keys(connection, systems.connection.id, [effect.intent.natural_key])
        effects.mark_verified(connection, [found.id for found in stored.values()])


def verify_batch(systems: Systems, engine: Engine, *, now: datetime) -> int:
    """Compares up to a thousand sales orders with NetSuite's totals by one call and holds those that differ.

    Returns how many were compared.
    """
    with engine.begin() as connection:
        waiting = effects.unverified(connection, systems.connection.id, before=now - _SETTLED_AFTER, limit=BATCH)
    if not waiting:
        return 0
    query, parameters = totals([str(effect.remote_id) for effect in waiting])
    rows = systems.netsuite.suiteql(query, parameters, lane=Lane.HISTORY)
    found = {row["id"]: Decimal(row["foreigntotal"]) for row in rows if "foreigntotal" in row}
    _judge(waiting, found, engine)
    return len(waiting)


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


def _rounded_off(systems: Systems, remote_id: str, difference: Decimal, wanted: Decimal) -> Decimal:
    """Appends a rounding line to the order and returns the difference that is left.

    After a lost answer the total tells whether the line arrived, so it is never appended twice.
    """
    item = required(systems.rules.rounding.item, "rounding.item", f"sales order {remote_id} differs by {difference}")
    with suppress(OutcomeUnknown):
        code = systems.rules.tax.exempt_code
        systems.netsuite.append_line(remote_id, OrderLine(item, 1, difference, difference, "Rounding", tax_code=code))
    return wanted - _total(systems, remote_id)


def _total(systems: Systems, remote_id: str) -> Decimal:
    return Decimal(str(systems.netsuite.read("salesOrder", remote_id, fields=("total",))["total"]))
