"""Who of NetSuite's customers a buyer can be: by e-mail from the mirror; and whether our link to one still holds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from connector.errors import Missing, NeedsDecision
from connector.flows import catalog
from connector.flows.plan import buyer_keys
from connector.flows.planning import Known, Made, Subject
from connector.flows.systems import Systems, Workplace
from connector.limits import Lane
from connector.mapping.customer_images import customer_image
from connector.mapping.customers import currency_id, customer
from connector.mapping.money import booked
from connector.netsuite.suiteql import customers_standing
from connector.shopify.records import Order
from connector.store import customers, effects
from connector.store.tables import EffectState


def candidates(order: Order, systems: Systems, engine: Engine, *, is_known: bool) -> list[str]:
    """NetSuite customers with the buyer's e-mail, from the mirror; refreshed before we would create one."""
    buyer = order.customer
    if buyer is None or is_known or not buyer.email or not systems.rules.customer.match_email:
        return []
    found = customers_of(buyer.email, systems, engine)
    if not found and catalog.refresh_once(
        catalog.CUSTOMER_CATALOG, systems, engine, seconds=catalog.CUSTOMERS_FRESH_SECONDS
    ):
        found = customers_of(buyer.email, systems, engine)
    return found


def customers_of(email: str, systems: Systems, engine: Engine) -> list[str]:
    """Customers with an e-mail address, from the mirror; of several only those NetSuite still has.

    One that was merged into another leaves no change behind that the mirror could read.
    """
    with engine.begin() as connection:
        hashed = systems.email_hash(email)
        mirrored = customers.by_email(connection, systems.connection.id, hashed, systems.rules.subsidiary)
    found = [str(netsuite_id) for netsuite_id in mirrored]
    if len(found) < 2:
        return found
    standing = {row["id"] for row in systems.netsuite.suiteql(*customers_standing(found))}
    with engine.begin() as connection:
        for gone in set(found) - standing:
            customers.forget(connection, systems.connection.id, gone)
    return [netsuite_id for netsuite_id in found if netsuite_id in standing]


def buyer_image(order: Order, systems: Systems) -> Mapping[str, Any] | None:
    """What Shopify says of the buyer now: of a customer found by e-mail only later changes are written."""
    if order.customer is None:
        return None
    currency = currency_id(booked(order.total, systems.rules).currency, systems.rules)
    wanted = customer(order.customer, order, shop_id=systems.shop_id, currency=currency, rules=systems.rules)
    return customer_image(wanted)


def known_buyer(subject: Subject, order: Made | None, systems: Systems, workplace: Workplace) -> Known:
    """What is known, after a look at who the sales order belongs to and whether the buyer's customer is still there.

    One that was deleted or merged is forgotten. Raises NeedsDecision for one that was made inactive.
    """
    known = subject.known
    if order is not None:
        entity = systems.netsuite.read("salesOrder", str(order.remote_id), fields=("entity",))["entity"]
        known = replace(known, entity=str(entity["id"]))
    keys = buyer_keys(subject.order, subject.shop_id)
    key, made = next(((key, made) for key in keys if (made := known.standing(key))), (None, None))
    if key is None or made is None:
        return known
    try:
        read = systems.netsuite.read("customer", str(made.remote_id), fields=("isInactive",))
    except Missing:
        forget_link(key, str(made.remote_id), systems, workplace)
        gone = replace(made, state=EffectState.WITHDRAWN)
        known = replace(known, made={**known.made, key: gone})
        return replace(known, customers_by_email=_found_again(subject.order, known, systems, workplace))
    if read.get("isInactive"):
        raise NeedsDecision(
            f"{subject.order.name}: customer {made.remote_id} is inactive in NetSuite; make it active, or merge it "
            "into the one that is to be used",
            subject=f"customer:{key.rpartition('-')[2]}",
        )
    return known


def forget_link(key: str, remote_id: str, systems: Systems, workplace: Workplace) -> None:
    """Takes back the link to a customer that is no more in NetSuite."""
    with workplace.engine.begin() as connection:
        effects.withdraw(connection, effects.of_keys(connection, systems.connection.id, [key])[key])
        customers.forget(connection, systems.connection.id, remote_id)


def _found_again(order: Order, known: Known, systems: Systems, workplace: Workplace) -> list[str]:
    """Who has the buyer's e-mail address now; nobody is looked for where the sales order says it."""
    if known.entity is not None:
        return []
    catalog.refresh(catalog.CUSTOMER_CATALOG, systems, workplace.engine, lane=Lane.ORDERS)
    return candidates(order, systems, workplace.engine, is_known=False)
