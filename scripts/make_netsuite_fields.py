"""Makes connector/sandbox/netsuite/fields.json: names and types of the NetSuite fields we use, from a record schema.

Use: python scripts/make_netsuite_fields.py record-v1-2026.1.schema.json
"""

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "connector/sandbox/netsuite/fields.json"

_ADDRESS = "addressee attention addr1 addr2 addr3 city state zip country addrPhone addrText override"
_BODY = (
    "externalId entity tranDate otherRefNum memo subsidiary location department class currency email exchangeRate "
    "tranId item shippingAddress billingAddress taxDetailsOverride taxDetails total subtotal"
)
_SHIPPING = "shipMethod shippingCost"
_LINE = (
    "item quantity rate amount price description location department class isTaxable taxCode taxRate1 tax1Amt grossAmt "
    "line units taxDetailsReference giftCertFrom giftCertMessage giftCertRecipientName giftCertRecipientEmail "
    "giftCertNumber"
)
_LINK = "orderDoc orderLine"
_SHIPPED_LINE = "line item quantity location itemReceive description department class kitMemberOf orderDoc orderLine"
_MONEY = (
    "externalId customer currency tranDate memo exchangeRate account paymentOption tranId subsidiary department class"
)

# Which fields of which definition.
WANTED: dict[str, str] = {
    "customer": (
        "externalId isPerson firstName middleName lastName companyName salutation email altEmail phone altPhone mobilePhone "
        "subsidiary currency entityStatus taxable comments addressBook isInactive entityId terms category creditLimit "
        "priceLevel taxExempt taxItem vatRegNumber language parent receivablesAccount"
    ),
    "customer-addressBookElement": (
        "defaultBilling defaultShipping isResidential label addressBookAddress addressId id internalId"
    ),
    "address": _ADDRESS,
    "salesOrder": (
        f"{_BODY} {_SHIPPING} orderStatus toBeEmailed shipComplete paymentOption terms shipDate salesRep leadSource"
    ),
    "salesOrder-itemElement": (
        f"{_LINE} isClosed commitInventory createPo itemFulfillmentChoice orderPriority expectedShipDate inventorylocation "
        "quantityFulfilled quantityBilled quantityCommitted quantityBackOrdered lineUniqueKey"
    ),
    "taxDetailsElement": "taxDetailsReference taxType taxCode taxBasis taxRate taxAmount netAmount",
    "customerDeposit": f"{_MONEY} salesOrder payment undepFunds checkNumber location",
    "customerPayment": f"{_MONEY} payment undepFunds apply autoApply checkNumber location",
    "customerRefund": f"{_MONEY} apply deposit checkNumber location",
    "depositApplication": "externalId customer currency tranDate memo exchangeRate tranId deposit apply",
    "applyElement": "doc line apply amount",
    "depositElement": "doc apply amount",
    "cashSale": f"{_BODY} {_SHIPPING} account paymentOption undepFunds createdFrom toBeEmailed",
    "cashSale-itemElement": f"{_LINE} {_LINK}",
    "invoice": f"{_BODY} {_SHIPPING} account createdFrom terms dueDate approvalStatus toBeEmailed",
    "invoice-itemElement": f"{_LINE} {_LINK}",
    "creditMemo": f"{_BODY} {_SHIPPING} account createdFrom apply autoApply",
    "creditMemo-itemElement": f"{_LINE} {_LINK}",
    "cashRefund": f"{_BODY} {_SHIPPING} account paymentOption createdFrom refundCheck checkNumber",
    "cashRefund-itemElement": f"{_LINE} {_LINK}",
    "returnAuthorization": f"{_BODY} orderStatus createdFrom",
    "returnAuthorization-itemElement": f"{_LINE} {_LINK} isClosed",
    "itemFulfillment": (
        "externalId tranDate memo shipStatus item package packageUps packageFedex packageUsps shipMethod shippingCost "
        "shippingAddress tranId department class createdFrom"
    ),
    "itemFulfillment-itemElement": _SHIPPED_LINE,
    "itemFulfillment-packageElement": "packageDescr packageTrackingNumber packageWeight packageCartonNumber",
    "itemFulfillment-packageUpsElement": "packageDescrUps packageTrackingNumberUps packageWeightUps",
    "itemFulfillment-packageFedexElement": "packageTrackingNumberFedEx packageWeightFedEx",
    "itemFulfillment-packageUspsElement": "packageDescrUsps packageTrackingNumberUsps packageWeightUsps",
}

# The schema we have leaves these two records out; their names are from general knowledge, and few on purpose.
UNPUBLISHED: dict[str, dict[str, dict[str, Any]]] = {
    "contact": {
        **{
            name: {"kind": "string"}
            for name in (
                "externalId", "entityId", "salutation", "firstName", "middleName", "lastName", "title", "email",
                "altEmail", "phone", "mobilePhone", "officePhone", "comments",
            )
        },
        "isInactive": {"kind": "boolean"},
        "company": {"kind": "reference"},
        "subsidiary": {"kind": "reference"},
    },
    "itemReceipt": {
        **{name: {"kind": "string"} for name in ("externalId", "memo", "tranId")},
        "tranDate": {"kind": "date"},
        "createdFrom": {"kind": "reference"},
        "item": {"kind": "sublist", "inside": "itemReceipt-itemElement"},
    },
    "itemReceipt-itemElement": {
        **{name: {"kind": "integer"} for name in ("line", "orderLine")},
        **{name: {"kind": "boolean"} for name in ("itemReceive", "restock")},
        **{name: {"kind": "reference"} for name in ("item", "location")},
        "quantity": {"kind": "number"},
        "description": {"kind": "string"},
    },
}  # fmt: skip


def kind_of(definition: dict[str, Any]) -> dict[str, Any]:
    """Our kind of one field: string, integer, number, boolean, date, datetime, reference, enum, sublist or subrecord."""
    found = definition
    if "anyOf" in found:
        found = _most_specific(found["anyOf"])
    if "$ref" in found:
        return _kind_of_reference(found["$ref"].rpartition("/")[2])
    kind = found.get("type")
    if isinstance(kind, list):
        kind = next(part for part in kind if part != "null")
    if kind == "string" and found.get("format") in ("date", "date-time"):
        return {"kind": "date" if found["format"] == "date" else "datetime"}
    if kind == "object":
        return _kind_of_object(found)
    return {"kind": str(kind)}


def _most_specific(alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    """The object among null, bare value and object."""
    return max(
        alternatives, key=lambda part: ("$ref" in part or part.get("type") == "object", part.get("type") != "null")
    )


def _kind_of_reference(name: str) -> dict[str, Any]:
    if name == "nsReference":
        return {"kind": "reference"}
    if name == "nsOpenEnum" or name.startswith("enum-"):
        return {"kind": "enum"}
    return {"kind": "subrecord", "inside": name}


def _kind_of_object(found: dict[str, Any]) -> dict[str, Any]:
    properties = found.get("properties", {})
    if "items" in properties:
        return {"kind": "sublist", "inside": properties["items"]["items"]["$ref"].rpartition("/")[2]}
    if "enum" in properties.get("id", {}):
        return {"kind": "enum", "ids": properties["id"]["enum"]}
    return {"kind": "enum" if "id" in properties else "subrecord"}


def fields_table(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The table, record by record. Raises KeyError for a name the schema does not have."""
    table: dict[str, dict[str, Any]] = {}
    for definition, names in WANTED.items():
        properties = schema["$defs"][definition]["properties"]
        table[definition] = {name: kind_of(properties[name]) for name in names.split()}
    return table | UNPUBLISHED


def main() -> None:
    """Writes the table."""
    schema = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    text = json.dumps(fields_table(schema), indent=1, sort_keys=True)
    TARGET.write_text(text + "\n", "utf-8")
    print(f"{TARGET.name}: {text.count('kind')} fields")


if __name__ == "__main__":
    main()
