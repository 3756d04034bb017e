"""The company behind a business order as a company customer, and who buys for it as its contact. Pure."""

from connector.mapping import external_ids
from connector.mapping.customers import currency_id, phone, postal_address
from connector.mapping.money import booked
from connector.mapping.rules import Rules
from connector.netsuite.records import Contact, Reference
from connector.netsuite.records import Customer as NetSuiteCustomer
from connector.shopify.customers import Customer
from connector.shopify.records import Order


def company_customer(order: Order, *, shop_id: int, rules: Rules) -> NetSuiteCustomer:
    """The company customer of an order that a company placed. Raises NotMapped for its currency."""
    company = order.company
    if company is None:
        raise AssertionError("asked only for an order of a company")
    return NetSuiteCustomer(
        external_id=external_ids.company(shop_id, company.company_id),
        first_name="",
        last_name="",
        company_name=company.name,
        email="",
        phone="",
        subsidiary=rules.subsidiary,
        currency=currency_id(booked(order.total, rules).currency, rules),
        address=postal_address(order.billing_address or order.shipping_address),
        is_tax_exempt=company.is_tax_exempt,
    )


def contact(order: Order, *, shop_id: int, company: Reference, rules: Rules) -> Contact | None:
    """Who bought for the company; None for an order without a customer."""
    buyer = order.customer
    if buyer is None:
        return None
    return Contact(
        external_id=external_ids.contact(shop_id, buyer.id),
        company=company,
        first_name=buyer.first_name,
        last_name=_last_name(buyer),
        email=buyer.email,
        phone=phone(buyer.phone),
        subsidiary=rules.subsidiary,
    )


def contact_named(buyer: Customer) -> dict[str, str]:
    """Who buys for a company and how to reach him: what is kept up to date of a contact."""
    parts = {
        "firstName": buyer.first_name,
        "lastName": _last_name(buyer),
        "email": buyer.email,
        "phone": phone(buyer.phone),
    }
    return {name: value for name, value in parts.items() if value}


def _last_name(buyer: Customer) -> str:
    return buyer.last_name or buyer.email or f"Shopify customer {buyer.id}"
