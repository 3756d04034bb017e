"""NetSuite's customers as their mirror keeps them, and which linked ones the shop has to be told about."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.customer_ownership import (
    TAX_EXEMPT,
    columns,
    hashed,
    of_company,
    of_person,
    said_by_image,
    said_by_profile,
    said_by_row,
    told,
)
from connector.shopify.customers import CustomerProfile
from connector.store import customers, effects, wanted
from connector.store.customers import Changed, MirroredCustomer
from connector.store.records import COMPANY_STATUS, CUSTOMER_STATUS

# Linked customers looked at in one poll; what is left is the next one's.
AT_ONCE = 500


def told_columns(systems: Systems) -> list[str]:
    """The columns that hold what NetSuite owns, by rule."""
    return columns(systems.rules.customer.netsuite_fields)


def keep_customers(connection: Connection, systems: Systems, rows: Sequence[Mapping[str, str]]) -> None:
    """Keeps the rows of one page."""
    fields = systems.rules.customer.netsuite_fields
    found = [
        MirroredCustomer(
            int(row["id"]),
            systems.email_hash(row["email"]) if row.get("email") else None,
            row.get("subsidiary", ""),
            row.get("isinactive") == "T",
            hashed(said_by_row(row, fields), systems.email_key),
        )
        for row in rows
    ]
    customers.keep(connection, systems.connection.id, found)


def ask_for_told(systems: Systems, workplace: Workplace) -> tuple[int, list[int]]:
    """How many linked customers changed in what NetSuite owns, and the records that are due because Shopify differs.

    A customer that is compared for the first time is Shopify's as it was when we wrote it: its image says whether it
    differs. Our own writes to NetSuite change nothing that is compared, and so ask for nothing.
    """
    with workplace.engine.begin() as connection:
        found = customers.changed(connection, systems.connection.id, limit=AT_ONCE)
        if len(found) == AT_ONCE and found[0].netsuite_id != found[-1].netsuite_id:
            # The last one may have more links on the next page.
            found = [item for item in found if item.netsuite_id != found[-1].netsuite_id]
        due = [record_id for item in found for record_id in _asked(connection, item, systems, workplace)]
        for item in found:
            customers.mark_told(connection, systems.connection.id, item)
    return len(found), due


def put_back_later(profile: CustomerProfile, netsuite_id: str, systems: Systems, workplace: Workplace) -> None:
    """Asks for the customer to be told again where somebody changed in the shop whether he pays tax.

    Texts are not put back: Shopify spells some anew, and telling them again would never end.
    """
    with workplace.engine.begin() as connection:
        owned = customers.owned_of(connection, systems.connection.id, netsuite_id) or {}
        if told({name: owned[name] for name in (TAX_EXEMPT,) if name in owned}, said_by_profile(profile, [TAX_EXEMPT])):
            wanted.want(connection, systems.connection.id, CUSTOMER_STATUS, [profile.id])


def _asked(connection: Connection, found: Changed, systems: Systems, workplace: Workplace) -> list[int]:
    kind, shopify_id = _linked(found.effect.natural_key, systems)
    rules = systems.rules.customer
    fields = of_company(rules.netsuite_fields) if kind == COMPANY_STATUS else of_person(rules.netsuite_fields)
    image = None if found.was_told else effects.image_of(found.effect, workplace.vault)
    if image is not None and not told(found.owned, hashed(said_by_image(image, fields), systems.email_key)):
        return []
    return wanted.want(connection, systems.connection.id, kind, [shopify_id])


def _linked(natural_key: str, systems: Systems) -> tuple[str, str]:
    """Kind of the record and Shopify's id behind the key of a customer."""
    for kind, key in ((CUSTOMER_STATUS, external_ids.customer), (COMPANY_STATUS, external_ids.company)):
        prefix = key(systems.shop_id, "")
        if natural_key.startswith(prefix):
            return kind, natural_key.removeprefix(prefix)
    raise AssertionError(f"{natural_key} is the key of no customer")
