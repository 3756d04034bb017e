"""The kinds of values a rule can have, and which NetSuite list an id is of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator


class NetSuiteList(StrEnum):
    """A list of NetSuite that rules point into; the value is the word people know it by."""

    SUBSIDIARY = "subsidiary"
    LOCATION = "location"
    CURRENCY = "currency"
    DEPARTMENT = "department"
    CLASS = "class"
    ACCOUNT = "account"
    PAYMENT_METHOD = "payment method"
    SHIPPING_ITEM = "shipping item"
    ITEM = "item"
    CUSTOMER = "customer"
    TERMS = "payment terms"
    TAX_CODE = "tax code"
    TAX_TYPE = "tax type"


@dataclass(frozen=True, slots=True)
class InList:
    """Marks a value that is an entry of a NetSuite list, written as its internal id or its name."""

    list: NetSuiteList


def _text(value: object) -> object:
    """TOML's numbers are ids too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _not_empty(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; leave the rule out, or name an id or a name")
    return value.strip()


_Id = Annotated[str, BeforeValidator(_text), AfterValidator(_not_empty)]
SubsidiaryId = Annotated[_Id, InList(NetSuiteList.SUBSIDIARY)]
LocationId = Annotated[_Id, InList(NetSuiteList.LOCATION)]
CurrencyId = Annotated[_Id, InList(NetSuiteList.CURRENCY)]
DepartmentId = Annotated[_Id, InList(NetSuiteList.DEPARTMENT)]
ClassId = Annotated[_Id, InList(NetSuiteList.CLASS)]
AccountId = Annotated[_Id, InList(NetSuiteList.ACCOUNT)]
PaymentMethodId = Annotated[_Id, InList(NetSuiteList.PAYMENT_METHOD)]
ShippingItemId = Annotated[_Id, InList(NetSuiteList.SHIPPING_ITEM)]
ItemId = Annotated[_Id, InList(NetSuiteList.ITEM)]
CustomerId = Annotated[_Id, InList(NetSuiteList.CUSTOMER)]
TermsId = Annotated[_Id, InList(NetSuiteList.TERMS)]
TaxCodeId = Annotated[_Id, InList(NetSuiteList.TAX_CODE)]
TaxTypeId = Annotated[_Id, InList(NetSuiteList.TAX_TYPE)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name} is not a time zone of the IANA list") from error
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


# TOML knows times without a zone; they are taken as UTC.
Moment = Annotated[datetime, AfterValidator(_aware)]

OWNED_ORDER_FIELDS = (
    "lines", "memo", "otherRefNum", "email", "shipMethod", "shippingCost", "shippingAddress", "billingAddress",
    "location", "department", "class", "taxDetails", "terms", "exchangeRate", "custom",
)  # fmt: skip
# What Shopify keeps up to date of a customer. A company's name is NetSuite's unless a rule says otherwise.
OWNED_CUSTOMER_FIELDS = ("firstName", "lastName", "email", "phone", "addresses")
_KEPT_CUSTOMER_FIELDS = ("firstName", "lastName", "companyName", "email", "phone", "addresses")
# What Shopify is told of a customer; a field belongs to one side only.
NETSUITE_CUSTOMER_FIELDS = ("taxExempt", "companyName")
_TOLD_CUSTOMER_FIELDS = ("taxExempt", "companyName", "firstName", "lastName", "email", "phone")


def _owned_by_order(name: str) -> str:
    return _one_of(name, OWNED_ORDER_FIELDS)


def _owned_by_customer(name: str) -> str:
    return _one_of(name, _KEPT_CUSTOMER_FIELDS)


def _told_of_customer(name: str) -> str:
    return _one_of(name, _TOLD_CUSTOMER_FIELDS)


def _one_of(name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise ValueError(f"{name} cannot be owned; {', '.join(known)} can")
    return name


OwnedOrderField = Annotated[str, AfterValidator(_owned_by_order)]
OwnedCustomerField = Annotated[str, AfterValidator(_owned_by_customer)]
NetSuiteCustomerField = Annotated[str, AfterValidator(_told_of_customer)]
