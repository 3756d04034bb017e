"""What stands of a customer in NetSuite as far as we wrote it, and what to send when Shopify's record changed. Pure.

An address is added when it is not there yet, compared without regard to case and blanks; none is ever taken away.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.netsuite.records import Customer, PostalAddress

ADDRESSES = "addresses"
NAMED = ("companyName", "firstName", "lastName", "email", "phone")
_COMPARED = ("addr1", "addr2", "city", "state", "zip", "country")


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What to send by PATCH, and the image that stands afterwards. `adds_address`: look first whether it is there."""

    body: Mapping[str, Any] = field(repr=False)
    image: Mapping[str, Any]
    adds_address: bool


def customer_image(record: Customer) -> Mapping[str, Any]:
    """The image of a customer that is to be."""
    exempt = {"taxable": False} if record.is_tax_exempt else {}
    return {**record.named(), **exempt, ADDRESSES: [address_key(record.address)] if record.address else []}


def image_read(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The image of a customer as NetSuite has it, read with its address book."""
    book = (body.get("addressBook") or {}).get("items", [])
    keys = [_key(line.get("addressBookAddress") or {}) for line in book]
    return {**{name: body[name] for name in NAMED if body.get(name)}, ADDRESSES: keys}


def named_change(
    standing: Mapping[str, Any], named: Mapping[str, Any], *, owned: Collection[str]
) -> CustomerChange | None:
    """What differs in who it is and how to reach it, of the fields Shopify owns."""
    body = {name: value for name, value in named.items() if name in owned and standing.get(name) != value}
    return CustomerChange(body, {**standing, **body}, adds_address=False) if body else None


def customer_change(standing: Mapping[str, Any], wanted: Customer, *, owned: Collection[str]) -> CustomerChange | None:
    """What differs in the fields Shopify owns, or None. A field that Shopify emptied is left as it is."""
    named = named_change(standing, wanted.named(), owned=owned)
    body: dict[str, Any] = dict(named.body) if named else {}
    known: Sequence[str] = standing.get(ADDRESSES) or ()
    image = {**standing, **body}
    key = address_key(wanted.address) if wanted.address else None
    adds_address = ADDRESSES in owned and key is not None and key not in known
    if adds_address and wanted.address is not None:
        line = {"defaultBilling": True, "defaultShipping": True, "addressBookAddress": wanted.address.to_json()}
        body["addressBook"] = {"items": [line]}
        image[ADDRESSES] = [*known, key]
    return CustomerChange(body, image, adds_address) if body else None


def address_key(address: PostalAddress) -> str:
    """What makes two addresses one."""
    return _key(address.to_json())


def _key(body: Mapping[str, Any]) -> str:
    parts = (body.get(name) or "" for name in _COMPARED)
    texts = (str(part.get("id", "")) if isinstance(part, Mapping) else str(part) for part in parts)
    return "|".join(" ".join(text.lower().split()) for text in texts)
