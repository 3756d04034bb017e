"""Shopify customer → NetSuite: kept up to date in the fields Shopify owns; made, linked or held where it is new."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connector.errors import Missing, NeedsDecision
from connector.flows import catalog
from connector.flows.apply import Work, apply_leniently, remember
from connector.flows.buyers import customers_of, forget_link
from connector.flows.customer_mirror import put_back_later
from connector.flows.describing import version_seen
from connector.flows.planning import Effect, Made
from connector.flows.result import Result
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.companies import contact_named
from connector.mapping.customer_images import (
    NAMED,
    CustomerChange,
    customer_change,
    customer_image,
    image_read,
    named_change,
)
from connector.mapping.customer_ownership import TAX_EXEMPT
from connector.mapping.customers import customer_of_profile
from connector.mapping.selection import Exclusion
from connector.netsuite.records import Customer
from connector.netsuite.writes import Change, Create, Write
from connector.shopify.customers import CustomerProfile
from connector.store import effects, records
from connector.store.effects import Intent
from connector.store.records import Lease
from connector.store.tables import EffectKind
from connector.transport import encode

_READ = (*NAMED, "addressBook")


def sync_customer(systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    """Brings NetSuite's customer to Shopify's as it is now. Raises the errors of connector.errors."""
    read_at = datetime.now(UTC)
    profile = systems.shopify.customer(lease.shopify_id)
    if profile is None:
        return Result(Exclusion("customers.deleted", "the customer was deleted in Shopify, or merged into another one"))
    if profile.is_redacted:
        return Result(Exclusion("customers.redacted", "nothing personal is left of the customer in Shopify"))
    with workplace.engine.begin() as connection:
        seen = version_seen(profile.updated_at, read_at=read_at)
        records.name_it(connection, lease, name=f"customer {profile.id}", seen_version=seen)
    work = Work(workplace.engine, workplace.vault, systems.netsuite, lease)
    notes = _contact_kept_up(profile, systems, work)
    wanted = customer_of_profile(profile, shop_id=systems.shop_id, rules=systems.rules)
    made = _made(wanted.external_id, systems, work)
    if made is not None:
        if TAX_EXEMPT in systems.rules.customer.netsuite_fields:
            put_back_later(profile, str(made.remote_id), systems, workplace)
        try:
            return Result(notes=notes + _kept_up(made, wanted, systems, work))
        except Missing:
            forget_link(wanted.external_id, str(made.remote_id), systems, workplace)
    left_out = _left_out(profile, systems)
    return Result(left_out) if left_out else Result(notes=notes + _new(profile, wanted, systems, work))


def _left_out(profile: CustomerProfile, systems: Systems) -> Exclusion | None:
    """Why somebody NetSuite does not have is not made now."""
    rules = systems.rules.customer
    if rules.create == "with_order":
        return Exclusion("customer.create", "customers are made with their first order")
    if rules.companies and profile.contacts:
        return Exclusion("customer.companies", "who buys for a company is its contact, made with the first order")
    return None


def _kept_up(made: Made, wanted: Customer, systems: Systems, work: Work) -> tuple[str, ...]:
    """Sends what Shopify changed. An address is added only after a look at those that are there."""
    image, owned = made.image, systems.rules.customer.owned_fields
    is_read = image is None or made.is_in_doubt
    if image is None or made.is_in_doubt:
        image = _read(made, systems)
    change = customer_change(image, wanted, owned=owned)
    if change is not None and change.adds_address and not is_read:
        image = {**image, "addresses": _read(made, systems)["addresses"]}
        is_read, change = True, customer_change(image, wanted, owned=owned)
    if change is not None:
        _, notes = apply_leniently(_changed(made, wanted, change, systems), work)
        return notes
    if is_read:
        remember(wanted.external_id, str(made.remote_id), work, image=image)
    return ()


def _contact_kept_up(profile: CustomerProfile, systems: Systems, work: Work) -> tuple[str, ...]:
    """Who buys for a company stands there as its contact as well."""
    key = external_ids.contact(systems.shop_id, profile.id)
    made = _made(key, systems, work)
    if made is None:
        return ()
    image = made.image
    if image is None or made.is_in_doubt:
        image = image_read(systems.netsuite.read("contact", str(made.remote_id), fields=NAMED[1:]))
    change = named_change(image, contact_named(profile), owned=systems.rules.customer.owned_fields)
    if change is None:
        return ()
    write = Change("contact", str(made.remote_id), change.body)
    _, notes = apply_leniently(_effect(EffectKind.CONTACT, key, write, change.image, systems), work)
    return notes


def _new(profile: CustomerProfile, wanted: Customer, systems: Systems, work: Work) -> tuple[str, ...]:
    found = _candidates(profile, systems, work)
    if len(found) > 1:
        raise NeedsDecision(
            f"NetSuite has {len(found)} customers with the e-mail address of Shopify's customer {profile.id} "
            f"({', '.join(found)}); merge them, or make all but one inactive",
            subject=f"customer:{profile.id}",
        )
    if found:
        remember(wanted.external_id, found[0], work, image=customer_image(wanted))
        return ()
    write = Create("customer", wanted.to_json())
    effect = _effect(EffectKind.CUSTOMER, wanted.external_id, write, customer_image(wanted), systems)
    _, notes = apply_leniently(effect, work)
    return notes


def _candidates(profile: CustomerProfile, systems: Systems, work: Work) -> list[str]:
    if not profile.email or not systems.rules.customer.match_email:
        return []
    catalog.refresh_once(catalog.CUSTOMER_CATALOG, systems, work.engine, seconds=catalog.CUSTOMERS_FRESH_SECONDS)
    return customers_of(profile.email, systems, work.engine)


def _made(key: str, systems: Systems, work: Work) -> Made | None:
    """What stands under a key, None for nothing."""
    with work.engine.begin() as connection:
        stored = effects.of_keys(connection, systems.connection.id, [key]).get(key)
    if stored is None:
        return None
    made = Made(stored.kind, stored.state, stored.remote_id, image=effects.image_of(stored, work.vault))
    return made if made.stands else None


def _read(made: Made, systems: Systems) -> Mapping[str, Any]:
    return image_read(systems.netsuite.read("customer", str(made.remote_id), fields=_READ))


def _changed(made: Made, wanted: Customer, change: CustomerChange, systems: Systems) -> Effect:
    write = Change("customer", str(made.remote_id), change.body)
    return _effect(EffectKind.CUSTOMER, wanted.external_id, write, change.image, systems)


def _effect(kind: EffectKind, key: str, write: Write, image: Mapping[str, Any], systems: Systems) -> Effect:
    request_hash = hashlib.sha256(encode(write.body)).hexdigest()
    return Effect(Intent(kind, key, request_hash, image=image, rules_version=systems.connection.rules_version), write)
