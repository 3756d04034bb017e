"""NetSuite customer → Shopify: a linked customer or company of the shop is told what NetSuite owns of it."""

from collections.abc import Mapping
from typing import Any

from connector.errors import Missing
from connector.flows.result import Result
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.customer_ownership import (
    TAX_EXEMPT,
    Said,
    of_company,
    of_person,
    said_by_profile,
    said_by_record,
    told,
)
from connector.shopify import customer_writes
from connector.shopify.customer_writes import Company
from connector.store import effects, records
from connector.store.records import Lease
from connector.store.tables import EffectState

_FIELDS = ("taxable", "companyName", "firstName", "lastName", "email", "phone")
_NOT_LINKED = Result(notes=("it is not linked to a customer of NetSuite any more; nothing was told",))
_GONE = Result(notes=("NetSuite's customer was deleted or merged into another one; nothing was told",))


def sync_customer_status(systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    """Writes to Shopify's customer what NetSuite owns and Shopify has otherwise. Setting it twice does no harm."""
    _name(workplace, lease, f"customer {lease.shopify_id}")
    read = _in_netsuite(external_ids.customer(systems.shop_id, lease.shopify_id), systems, workplace)
    if isinstance(read, Result):
        return read
    profile = systems.shopify.customer(lease.shopify_id)
    if profile is None:
        return Result(notes=("the customer was deleted in Shopify, or merged into another one; nothing was told",))
    if profile.is_redacted:
        return Result(notes=("nothing personal is left of the customer in Shopify; nothing was told",))
    fields = of_person(systems.rules.customer.netsuite_fields)
    change = told(said_by_record(read, fields), said_by_profile(profile, fields))
    if change:
        customer_writes.update_customer(systems.shopify, profile.id, change)
    return _said(change)


def sync_company_status(systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    """Writes to Shopify's company its name, and to each of its locations whether it pays tax."""
    _name(workplace, lease, f"company {lease.shopify_id}")
    read = _in_netsuite(external_ids.company(systems.shop_id, lease.shopify_id), systems, workplace)
    if isinstance(read, Result):
        return read
    company = customer_writes.company(systems.shopify, lease.shopify_id)
    if company is None:
        return Result(notes=("the company was deleted in Shopify; nothing was told",))
    said = said_by_record(read, of_company(systems.rules.customer.netsuite_fields))
    change = told(said, {"companyName": company.name})
    if change:
        customer_writes.rename_company(systems.shopify, company.id, str(change["companyName"]))
    return _said({**change, **_told_locations(company, said, systems)})


def _told_locations(company: Company, said: Said, systems: Systems) -> Said:
    if TAX_EXEMPT not in said:
        return {}
    is_exempt = bool(said[TAX_EXEMPT])
    different = [location for location, exempt in company.locations.items() if exempt != is_exempt]
    for location in different:
        customer_writes.exempt_location(systems.shopify, location, is_exempt=is_exempt)
    return {TAX_EXEMPT: is_exempt} if different else {}


def _in_netsuite(key: str, systems: Systems, workplace: Workplace) -> Mapping[str, Any] | Result:
    """NetSuite's customer behind a key, or why there is none."""
    with workplace.engine.begin() as connection:
        stored = effects.of_keys(connection, systems.connection.id, [key]).get(key)
    if stored is None or stored.remote_id is None or stored.state is EffectState.WITHDRAWN:
        return _NOT_LINKED
    try:
        return systems.netsuite.read("customer", stored.remote_id, fields=_FIELDS)
    except Missing:
        return _GONE


def _name(workplace: Workplace, lease: Lease, name: str) -> None:
    with workplace.engine.begin() as connection:
        records.name_it(connection, lease, name=name)


def _said(change: Said) -> Result:
    """Names of fields only: their values are a person's."""
    return Result(notes=(f"Shopify was told: {', '.join(sorted(change))}",) if change else ())
