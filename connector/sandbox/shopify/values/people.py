"""Customers, their addresses, and the companies behind business orders."""

from collections.abc import Sequence

from connector.sandbox.shopify.values.parts import Json, connection_of, gid, reference, utc

_EPOCH = "2020-01-01T00:00:00Z"


def customer_value(customer: Json | None, companies: Sequence[Json]) -> Json | None:
    """A Customer; Shopify has no company of its own for one, only the contact profiles that name him."""
    if not customer:
        return None
    email, phone = customer.get("email"), customer.get("phone")
    name = " ".join(part for part in (customer.get("first_name"), customer.get("last_name")) if part)
    default = customer.get("default_address") or {}
    created = customer.get("created_at") or _EPOCH
    return {
        "__typename": "Customer",
        "id": gid("Customer", customer["id"]),
        "legacyResourceId": str(customer["id"]),
        "createdAt": utc(created),
        "updatedAt": utc(customer.get("updated_at") or created),
        "firstName": customer.get("first_name"),
        "lastName": customer.get("last_name"),
        "displayName": name or email or str(customer["id"]),
        "defaultEmailAddress": {"emailAddress": email} if email else None,
        "defaultPhoneNumber": {"phoneNumber": phone} if phone else None,
        "note": customer.get("note"),
        "tags": [tag for tag in (customer.get("tags") or "").split(", ") if tag],
        "taxExempt": bool(customer.get("tax_exempt")),
        "state": (customer.get("state") or "disabled").upper(),
        "defaultAddress": address_value(default),
        "addressesV2": connection_of([_listed(item) for item in addresses_of(customer)]),
        "companyContactProfiles": _contacts(customer["id"], companies),
    }


def addresses_of(customer: Json) -> list[Json]:
    """The list of addresses; the embedded customer of an order knows the default one only."""
    listed = customer.get("addresses")
    if listed is not None:
        return list(listed)
    return [customer["default_address"]] if customer.get("default_address") else []


def address_value(address: Json | None) -> Json | None:
    """A MailingAddress."""
    return _listed(address) if address else None


def _listed(address: Json) -> Json:
    names = {"firstName": "first_name", "lastName": "last_name", "provinceCode": "province_code"}
    same = ("name", "company", "address1", "address2", "city", "province", "zip", "country", "phone")
    value = {to: address.get(source) for to, source in names.items()} | {key: address.get(key) for key in same}
    country = address.get("country_code")
    return value | {"id": gid("MailingAddress", address.get("id", 0)), "countryCodeV2": country}


def purchaser_value(order: Json, companies: Sequence[Json]) -> Json | None:
    """The PurchasingEntity: a company, or the customer himself."""
    named = order.get("company")
    if not named:
        return customer_value(order.get("customer"), companies)
    company = next((item for item in companies if item["id"] == named["id"]), named)
    locations = company.get("locations") or []
    location = next((item for item in locations if item["id"] == named["location_id"]), {"id": named["location_id"]})
    buyer = (order.get("customer") or {}).get("id")
    contact = next((item for item in company.get("contacts") or [] if item["customer_id"] == buyer), None)
    return {
        "__typename": "PurchasingCompany",
        "company": _named("Company", company),
        "location": location_value(location),
        "contact": None if contact is None else reference("CompanyContact", contact["id"]),
    }


def company_value(company: Json) -> Json:
    """A Company with its locations."""
    locations = [location_value(item) for item in company.get("locations") or []]
    return _named("Company", company) | {"locations": connection_of(locations)}


def location_value(location: Json) -> Json:
    """A CompanyLocation."""
    return _named("CompanyLocation", location) | {"taxSettings": {"taxExempt": bool(location.get("tax_exempt"))}}


def _contacts(customer_id: int, companies: Sequence[Json]) -> list[Json]:
    return [
        {
            "id": gid("CompanyContact", contact["id"]),
            "isMainContact": bool(contact.get("is_main")),
            "title": contact.get("title"),
            "company": _named("Company", company),
        }
        for company in companies
        for contact in company.get("contacts") or []
        if contact["customer_id"] == customer_id
    ]


def _named(kind: str, item: Json) -> Json:
    name = item.get("name") or f"{kind} {item['id']}"
    return {"id": gid(kind, item["id"]), "name": name, "externalId": item.get("external_id")}
