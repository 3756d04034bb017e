"""Who buys: addresses, the customer on an order, the customer's whole record, the company behind a business order."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from connector.shopify.reading import moment, numeric, numeric_of, stripped

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; every part can be empty."""

    name: str
    company: str
    address1: str
    address2: str
    city: str
    province_code: str
    zip: str
    country_code: str
    phone: str

    @classmethod
    def from_json(cls, data: Json) -> "Address":
        """From a MailingAddress."""
        parts = ("name", "company", "address1", "address2", "city", "provinceCode", "zip", "countryCodeV2", "phone")
        return cls(*(stripped(data.get(part)) for part in parts))


@dataclass(frozen=True, slots=True)
class Customer:
    """Who ordered. Name and e-mail can be empty: never given, or taken out on the buyer's request."""

    id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    is_tax_exempt: bool = field(default=False, kw_only=True)

    @classmethod
    def from_json(cls, data: Json) -> "Customer":
        """From a Customer."""
        return cls(
            id=str(data["legacyResourceId"]),
            first_name=stripped(data.get("firstName")),
            last_name=stripped(data.get("lastName")),
            email=stripped((data.get("defaultEmailAddress") or {}).get("emailAddress")),
            phone=stripped((data.get("defaultPhoneNumber") or {}).get("phoneNumber")),
            is_tax_exempt=bool(data.get("taxExempt")),
        )


@dataclass(frozen=True, slots=True)
class CustomerAddress:
    """One address of a customer's own list."""

    id: str
    address: Address
    is_default: bool


@dataclass(frozen=True, slots=True)
class CompanyContact:
    """A customer as the contact of a company."""

    id: str
    company_id: str
    company_name: str
    company_external_id: str | None
    title: str
    is_main: bool

    @classmethod
    def from_json(cls, data: Json) -> "CompanyContact":
        """From a CompanyContact."""
        company = data["company"]
        return cls(
            id=numeric(data["id"]),
            company_id=numeric(company["id"]),
            company_name=company["name"],
            company_external_id=company.get("externalId"),
            title=stripped(data.get("title")),
            is_main=data["isMainContact"],
        )


@dataclass(frozen=True, slots=True)
class CustomerProfile(Customer):
    """The whole record of a customer; the one on an order is a part of it. `state` is that of the shop's account."""

    created_at: datetime
    updated_at: datetime
    note: str
    tags: tuple[str, ...]
    state: str
    addresses: tuple[CustomerAddress, ...]
    contacts: tuple[CompanyContact, ...]

    @classmethod
    def from_json(cls, data: Json) -> "CustomerProfile":
        """From the operation CustomerById with all pages of addresses in one."""
        known = Customer.from_json(data)
        return cls(
            **{item.name: getattr(known, item.name) for item in fields(Customer)},
            created_at=moment(data["createdAt"]),
            updated_at=moment(data["updatedAt"]),
            note=stripped(data.get("note")),
            tags=tuple(data["tags"]),
            state=data["state"],
            addresses=_addresses(data),
            contacts=tuple(CompanyContact.from_json(item) for item in data["companyContactProfiles"]),
        )

    @property
    def default_address(self) -> Address | None:
        """The address the customer made the default."""
        return next((item.address for item in self.addresses if item.is_default), None)

    @property
    def is_redacted(self) -> bool:
        """True when nothing personal is left: Shopify keeps the record and empties it."""
        return not (self.first_name or self.last_name or self.email or self.phone or self.addresses)


@dataclass(frozen=True, slots=True)
class PurchasingCompany:
    """The company a business order was placed for, with the location that buys and its contact."""

    company_id: str
    name: str
    external_id: str | None
    location_id: str
    location_name: str
    location_external_id: str | None
    contact_id: str | None
    is_tax_exempt: bool = False

    @classmethod
    def from_json(cls, data: Json | None) -> "PurchasingCompany | None":
        """From a PurchasingEntity; None when a customer buys for himself."""
        if data is None or data["__typename"] != "PurchasingCompany":
            return None
        company, location = data["company"], data["location"]
        return cls(
            company_id=numeric(company["id"]),
            name=company["name"],
            external_id=company.get("externalId"),
            location_id=numeric(location["id"]),
            location_name=location["name"],
            location_external_id=location.get("externalId"),
            contact_id=numeric_of(data.get("contact")),
            is_tax_exempt=bool((location.get("taxSettings") or {}).get("taxExempt")),
        )


def _addresses(data: Json) -> tuple[CustomerAddress, ...]:
    default = numeric_of(data.get("defaultAddress"))
    return tuple(
        CustomerAddress(numeric(item["id"]), Address.from_json(item), numeric(item["id"]) == default)
        for item in data["addressesV2"]["nodes"]
    )
