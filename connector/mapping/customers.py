"""A Shopify customer as a NetSuite customer, and postal addresses."""

import re

from connector.errors import NotMapped
from connector.mapping import external_ids
from connector.mapping.rules import Rules
from connector.netsuite.records import Customer, PostalAddress
from connector.shopify.customers import Address, CustomerProfile
from connector.shopify.customers import Customer as ShopifyCustomer
from connector.shopify.records import Order

# NetSuite refuses the whole record for a phone number outside these lengths.
_PHONE_LENGTHS = range(7, 33)
_STATE_LENGTH = 30


def customer(buyer: ShopifyCustomer, order: Order, *, shop_id: int, currency: str, rules: Rules) -> Customer:
    """The customer to create for the buyer of an order; a missing name is taken from the order's addresses.

    `currency` is the internal id of the currency the order is booked in.
    """
    address = order.billing_address or order.shipping_address
    last_name = buyer.last_name or buyer.first_name or (address.name if address else "")
    return Customer(
        external_id=external_ids.customer(shop_id, buyer.id),
        first_name=buyer.first_name if buyer.last_name else "",
        last_name=last_name or f"Shopify customer {buyer.id}",
        company_name="",
        email=buyer.email,
        phone=phone(buyer.phone or (address.phone if address else "")),
        subsidiary=rules.subsidiary,
        currency=currency,
        address=postal_address(address),
        is_tax_exempt=buyer.is_tax_exempt,
    )


def customer_of_profile(profile: CustomerProfile, *, shop_id: int, rules: Rules) -> Customer:
    """The customer as Shopify's own record has it; its currency is left to NetSuite."""
    address = profile.default_address
    last_name = profile.last_name or profile.first_name or (address.name if address else "")
    return Customer(
        external_id=external_ids.customer(shop_id, profile.id),
        first_name=profile.first_name if profile.last_name else "",
        last_name=last_name or f"Shopify customer {profile.id}",
        company_name="",
        email=profile.email,
        phone=phone(profile.phone or (address.phone if address else "")),
        subsidiary=rules.subsidiary,
        currency=None,
        address=postal_address(address),
        is_tax_exempt=profile.is_tax_exempt,
    )


def postal_address(address: Address | None) -> PostalAddress | None:
    """The address in NetSuite's terms; None when there is nothing a parcel could be sent to."""
    if address is None or not (address.address1 or address.city or address.country_code):
        return None
    return PostalAddress(
        addressee=address.company or address.name,
        attention=address.name if address.company else "",
        addr1=address.address1,
        addr2=address.address2,
        city=address.city,
        state=address.province_code[:_STATE_LENGTH],
        zip=address.zip,
        country=address.country_code,
        phone=phone(address.phone),
    )


def phone(text: str) -> str:
    """The number without decoration, or nothing when NetSuite would refuse it."""
    digits = re.sub(r"[^0-9]", "", text)
    number = f"+{digits}" if text.strip().startswith("+") else digits
    return number if len(digits) in _PHONE_LENGTHS and len(number) in _PHONE_LENGTHS else ""


def currency_id(currency: str, rules: Rules) -> str:
    """NetSuite's internal id of a currency. Raises NotMapped."""
    try:
        return rules.currencies[currency]
    except KeyError:
        raise NotMapped(
            f"the currency {currency} has no NetSuite currency; set rules.currencies.{currency}",
            subject=f"currency:{currency}",
        ) from None
