"""What we write to NetSuite, frozen. Field names as REST record v1, release 2026.1, spells them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

# System value: the line keeps the rate sent instead of taking one from a price list.
CUSTOM_PRICE_LEVEL = "-1"


@dataclass(frozen=True, slots=True)
class Reference:
    """Points to a record by its internal id, or by the external id it has or is about to get."""

    id: str | None = None
    external_id: str | None = None

    def to_json(self) -> dict[str, str]:
        """`{"id": …}` or `{"externalId": …}`; NetSuite takes either wherever it takes a reference."""
        return {"id": self.id} if self.id is not None else {"externalId": str(self.external_id)}


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """The address subrecord of customers and transactions."""

    addressee: str
    attention: str
    addr1: str
    addr2: str
    city: str
    state: str
    zip: str
    country: str
    phone: str

    def to_json(self) -> dict[str, Any]:
        """Empty parts are left out."""
        parts = {
            "addressee": self.addressee,
            "attention": self.attention,
            "addr1": self.addr1,
            "addr2": self.addr2,
            "city": self.city,
            "state": self.state,
            "zip": self.zip,
            "addrPhone": self.phone,
        }
        body: dict[str, Any] = {name: value for name, value in parts.items() if value}
        if self.country:
            body["country"] = _reference(self.country)
        return body


@dataclass(frozen=True, slots=True)
class Customer:
    """A person, or with `company_name` a company, as a customer of one subsidiary."""

    external_id: str
    first_name: str
    last_name: str
    company_name: str
    email: str
    phone: str
    subsidiary: str | None
    currency: str | None
    address: PostalAddress | None
    # Said once, when the customer is made; afterwards NetSuite says it.
    is_tax_exempt: bool = False

    def to_json(self) -> dict[str, Any]:
        """Body of POST /customer. `taxable` is the flag of the older tax engine, without which everybody pays."""
        body: dict[str, Any] = {"externalId": self.external_id, "isPerson": not self.company_name} | self.named()
        if self.is_tax_exempt:
            body["taxable"] = False
        if self.subsidiary:
            body["subsidiary"] = _reference(self.subsidiary)
        if self.currency:
            body["currency"] = _reference(self.currency)
        if self.address:
            line = {"defaultBilling": True, "defaultShipping": True, "addressBookAddress": self.address.to_json()}
            body["addressBook"] = {"items": [line]}
        return body

    def named(self) -> dict[str, Any]:
        """Who it is and how to reach it: what is kept up to date."""
        parts = {
            "companyName": self.company_name,
            "firstName": "" if self.company_name else self.first_name,
            "lastName": "" if self.company_name else self.last_name,
            "email": self.email,
            "phone": self.phone,
        }
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who buys for a company."""

    external_id: str
    company: Reference
    first_name: str
    last_name: str
    email: str
    phone: str
    subsidiary: str | None

    def to_json(self) -> dict[str, Any]:
        """Body of POST /contact."""
        body: dict[str, Any] = {"externalId": self.external_id, "company": self.company.to_json()}
        optional = (
            ("firstName", self.first_name), ("lastName", self.last_name), ("email", self.email), ("phone", self.phone),
        )  # fmt: skip
        body |= {name: value for name, value in optional if value}
        return body | ({"subsidiary": _reference(self.subsidiary)} if self.subsidiary else {})


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of a document. `amount` is rate × quantity rounded to the currency; discounts are negative.

    `reference` is our own name of the line within its order; it is sent only where a custom column takes it.
    """

    reference: str
    item: str
    quantity: int
    rate: Decimal
    amount: Decimal
    description: str
    location: str | None = None
    tax_code: str | None = None
    tax_reference: str | None = None
    reference_field: str | None = None

    def to_json(self) -> dict[str, Any]:
        """One element of the item sublist; without a `line` key, so it is only for a record that does not exist yet."""
        body: dict[str, Any] = {
            "item": _reference(self.item),
            "quantity": self.quantity,
            "price": _reference(CUSTOM_PRICE_LEVEL),
            "rate": self.rate,
            "amount": self.amount,
        }
        if self.description:
            body["description"] = self.description
        if self.location:
            body["location"] = _reference(self.location)
        if self.tax_code:
            body["taxCode"] = _reference(self.tax_code)
        if self.tax_reference:
            body["taxDetailsReference"] = self.tax_reference
        if self.reference_field:
            body[self.reference_field] = self.reference
        return body


@dataclass(frozen=True, slots=True)
class TaxDetail:
    """One line of SuiteTax details that replaces what NetSuite would compute; `reference` names the order line."""

    reference: str
    tax_type: str
    tax_code: str
    basis: Decimal
    rate: Decimal
    amount: Decimal

    def to_json(self) -> dict[str, Any]:
        """One element of the taxDetails sublist."""
        return {
            "taxDetailsReference": _reference(self.reference),
            "taxType": self.tax_type,
            "taxCode": _reference(self.tax_code),
            "taxBasis": self.basis,
            "taxRate": self.rate,
            "taxAmount": self.amount,
        }


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """A sales order pending fulfilment. `total` is what NetSuite must come to; `custom` are custbody fields."""

    external_id: str
    entity: Reference
    tran_date: date
    other_ref_num: str
    memo: str
    currency: str
    subsidiary: str | None
    location: str | None
    department: str | None
    class_: str | None
    email: str
    ship_method: str | None
    shipping_cost: Decimal | None
    shipping_address: PostalAddress | None
    billing_address: PostalAddress | None
    lines: tuple[OrderLine, ...]
    tax_details: tuple[TaxDetail, ...]
    custom: Mapping[str, str]
    exchange_rate: Decimal | None
    terms: str | None
    total: Decimal

    def to_json(self) -> dict[str, Any]:
        """Body of POST /salesOrder. Without a payment option: NetSuite refuses a deposit on an order that has one."""
        body: dict[str, Any] = {
            "externalId": self.external_id,
            "entity": self.entity.to_json(),
            "tranDate": self.tran_date.isoformat(),
            "otherRefNum": self.other_ref_num,
            "memo": self.memo,
            "orderStatus": {"id": "B"},
            "currency": _reference(self.currency),
            "toBeEmailed": False,
        }
        references = (
            ("subsidiary", self.subsidiary),
            ("location", self.location),
            ("department", self.department),
            ("class", self.class_),
            ("shipMethod", self.ship_method),
            ("terms", self.terms),
        )
        body |= {name: _reference(value) for name, value in references if value}
        if self.email:
            body["email"] = self.email
        if self.shipping_cost is not None:
            body["shippingCost"] = self.shipping_cost
        if self.exchange_rate is not None:
            body["exchangeRate"] = self.exchange_rate
        for name, address in (("shippingAddress", self.shipping_address), ("billingAddress", self.billing_address)):
            if address:
                body[name] = address.to_json()
        body["item"] = {"items": [line.to_json() for line in self.lines]}
        if self.tax_details:
            body["taxDetailsOverride"] = True
            body["taxDetails"] = {"items": [detail.to_json() for detail in self.tax_details]}
        return body | dict(self.custom)


@dataclass(frozen=True, slots=True)
class CustomerDeposit:
    """Money received for one sales order. `account` None means undeposited funds."""

    external_id: str
    customer: Reference
    sales_order: Reference
    payment: Decimal
    currency: str
    tran_date: date
    payment_option: str | None
    account: str | None
    memo: str

    def to_json(self) -> dict[str, Any]:
        """Body of POST /customerDeposit."""
        body: dict[str, Any] = {
            "externalId": self.external_id,
            "customer": self.customer.to_json(),
            "salesOrder": self.sales_order.to_json(),
            "payment": self.payment,
            "currency": _reference(self.currency),
            "tranDate": self.tran_date.isoformat(),
            "memo": self.memo,
        }
        if self.payment_option:
            body["paymentOption"] = _reference(self.payment_option)
        if self.account:
            body["account"] = _reference(self.account)
        else:
            body["undepFunds"] = {"id": "T"}
        return body


def _reference(internal_id: str) -> dict[str, str]:
    return {"id": internal_id}
