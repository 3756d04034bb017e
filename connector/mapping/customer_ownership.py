"""What NetSuite owns of a customer and Shopify is told: the same fields read from either side, and what differs. Pure.

A text that NetSuite does not have is not told, and what one side did not say is not compared.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from typing import Any

from connector.shopify.customers import CustomerProfile

TAX_EXEMPT = "taxExempt"
_COMPANY_NAME = "companyName"
_EMAIL = "email"
# Shopify has a customer's company in his addresses only: the name of one is told to a company.
_OF_COMPANIES = (_COMPANY_NAME, TAX_EXEMPT)

# The column of SuiteQL behind a field. `taxable` is the flag of the older tax engine, under the name REST has for it; an
# account may not have it. E-mail addresses are read anyway.
_COLUMNS = {TAX_EXEMPT: "taxable"} | {name: name.lower() for name in ("companyName", "firstName", "lastName", "phone")}

Said = Mapping[str, bool | str]


def columns(fields: Collection[str]) -> list[str]:
    """The columns to ask for."""
    return [_COLUMNS[name] for name in fields if name in _COLUMNS]


def of_person(fields: Collection[str]) -> list[str]:
    """Those of the fields that a customer of the shop has."""
    return [name for name in fields if name != _COMPANY_NAME]


def of_company(fields: Collection[str]) -> list[str]:
    """Those of the fields that a company of the shop has."""
    return [name for name in fields if name in _OF_COMPANIES]


def said_by_row(row: Mapping[str, str], fields: Collection[str]) -> Said:
    """From SuiteQL: a flag is T or F, and an account may not have the one for tax."""
    exempt = row["taxable"] == "F" if "taxable" in row else None
    return _said(exempt, {name: row.get(name.lower(), "") for name in fields}, fields)


def said_by_record(body: Mapping[str, Any], fields: Collection[str]) -> Said:
    """From GET /customer."""
    exempt = not body["taxable"] if body.get("taxable") is not None else None
    return _said(exempt, {name: str(body.get(name) or "") for name in fields}, fields)


def said_by_image(image: Mapping[str, Any], fields: Collection[str]) -> Said:
    """From the image of what we wrote, which is Shopify's record at that moment."""
    return _said(image.get("taxable") is False, {name: str(image.get(name) or "") for name in fields}, fields)


def said_by_profile(profile: CustomerProfile, fields: Collection[str]) -> Said:
    """From Shopify's own record."""
    texts = {
        "firstName": profile.first_name,
        "lastName": profile.last_name,
        _EMAIL: profile.email,
        "phone": profile.phone,
    }
    return _said(profile.is_tax_exempt, texts, fields)


def told(netsuite: Said, shopify: Said) -> Said:
    """What Shopify has to be told: NetSuite's value of each field that differs."""
    return {
        name: value
        for name, value in netsuite.items()
        if value != "" and name in shopify and _compared(name, value) != _compared(name, shopify[name])
    }


def hashed(said: Said, key: bytes) -> Said:
    """The same with every text as a keyed hash: equal ones can be found, none can be read."""
    return {name: _hash(name, value, key) if isinstance(value, str) else value for name, value in said.items()}


def _hash(name: str, value: str, key: bytes) -> str:
    text = _compared(name, value)
    return hmac.digest(key, str(text).encode(), hashlib.sha256).hex() if text else ""


def _compared(name: str, value: bool | str) -> bool | str:
    if isinstance(value, bool):
        return value
    return value.strip().lower() if name == _EMAIL else value.strip()


def _said(is_exempt: bool | None, texts: Mapping[str, str], fields: Collection[str]) -> Said:
    """Those of the fields that were said; None: nothing of tax."""
    said: dict[str, bool | str] = {name: text for name, text in texts.items() if name in fields and name != TAX_EXEMPT}
    return said if is_exempt is None or TAX_EXEMPT not in fields else {TAX_EXEMPT: is_exempt, **said}
