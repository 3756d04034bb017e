"""Mutations on customers and companies: what an app may set of them. Each tells its webhooks.

Texts of refusals are this sandbox's own where Shopify documents none; nobody may read them.
"""

import re
from typing import Any

from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.values.people import company_value, customer_value, location_value
from connector.sandbox.shopify.webhooks import tell

Json = dict[str, Any]

# CustomerInput's names, as webhooks spell them.
_SPELLED = {
    "firstName": "first_name", "lastName": "last_name", "email": "email", "phone": "phone", "note": "note",
    "taxExempt": "tax_exempt",
}  # fmt: skip
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def person_mutations(shop: Shop) -> Json:
    """The resolvers, and the query that reads a company."""
    return {
        "customerUpdate": lambda _info, input: _update_customer(shop, input),
        "companyUpdate": lambda _info, companyId, input: _update_company(shop, companyId, input),
        "companyLocationTaxSettingsUpdate": lambda _info, companyLocationId, taxExempt=None, **_: _exempt(
            shop, companyLocationId, taxExempt
        ),
        "company": lambda _info, id: next((company_value(item) for item in _companies(shop, id)), None),
    }


def _update_customer(shop: Shop, asked: Json) -> Json:
    customer = shop.customers.find(_number(asked["id"]))
    if customer is None:
        return _refused("customer", ["id"], "Customer does not exist")
    problem = _problem(shop, customer, asked)
    if problem is not None:
        return _refused("customer", *problem)
    changes = {_SPELLED[name]: value for name, value in asked.items() if name in _SPELLED}
    tell(shop, act(shop, {"act": "update_customer", "customer_id": customer["id"], "changes": changes}))
    return {"customer": customer_value(shop.customers.find(customer["id"]), shop.config.companies), "userErrors": []}


def _problem(shop: Shop, customer: Json, asked: Json) -> tuple[list[str], str] | None:
    """E-mail addresses and phone numbers are unique in a shop, and the latter in E.164."""
    if asked.get("phone") and not _E164.fullmatch(asked["phone"]):
        return ["phone"], "Phone is invalid"
    for name in ("email", "phone"):
        others = (item for item in shop.customers.every() if item["id"] != customer["id"])
        if asked.get(name) and any((item.get(name) or "").lower() == asked[name].lower() for item in others):
            return [name], f"{name.capitalize()} has already been taken"
    return None


def _update_company(shop: Shop, company_id: str, asked: Json) -> Json:
    names = {"name": "name", "externalId": "external_id", "note": "note"}
    changes = {names[name]: value for name, value in asked.items() if name in names}
    if not changes.get("name", "x"):
        return _refused("company", ["input", "name"], "Name can't be blank")
    for company in _companies(shop, company_id):
        company |= changes
        return {"company": company_value(company), "userErrors": []}
    return _refused("company", ["companyId"], "The company doesn't exist.")


def _exempt(shop: Shop, location_id: str, is_exempt: bool | None) -> Json:
    number = _number(location_id)
    for location in (item for company in shop.config.companies for item in company.get("locations") or []):
        if location["id"] == number:
            location["tax_exempt"] = bool(is_exempt)
            return {"companyLocation": location_value(location), "userErrors": []}
    return _refused("companyLocation", ["companyLocationId"], "The company location doesn't exist.")


def _companies(shop: Shop, company_id: str) -> list[Json]:
    return [item for item in shop.config.companies if item["id"] == _number(company_id)]


def _refused(member: str, field: list[str], message: str) -> Json:
    return {member: None, "userErrors": [{"field": field, "message": message}]}


def _number(gid_text: str) -> int:
    return int(gid_text.rpartition("/")[2])
