"""Makes connector/sandbox/netsuite/fields.json: names and types of the NetSuite fields we use, from a record schema.

Use: python scripts/make_netsuite_fields.py record-v1-2026.1.schema.json
"""

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "connector/sandbox/netsuite/fields.json"

_ADDRESS = "addressee attention addr1 addr2 addr3 city state zip country addrPhone addrText override"
_LINE = (
    "item quantity rate amount price description location department class isClosed taxCode isTaxable line units "
    "taxDetailsReference"
)

# Which fields of which definition, under our own name for it.
WANTED: dict[str, tuple[str, str]] = {
    "customer": (
        "customer",
        "externalId isPerson firstName lastName companyName email phone subsidiary currency entityStatus taxable "
        "comments addressBook isInactive entityId terms",
    ),
    "customer.addressBook": (
        "customer-addressBookElement",
        "defaultBilling defaultShipping isResidential label addressBookAddress addressId",
    ),
    "address": ("address", _ADDRESS),
    "salesOrder": (
        "salesOrder",
        "externalId entity tranDate otherRefNum memo orderStatus subsidiary location department class currency email "
        "toBeEmailed shipMethod shippingCost shipComplete shippingAddress billingAddress item taxDetailsOverride "
        "taxDetails exchangeRate paymentOption tranId terms total subtotal",
    ),
    "salesOrder.item": ("salesOrder-itemElement", _LINE),
    "salesOrder.taxDetails": (
        "taxDetailsElement",
        "taxDetailsReference taxType taxCode taxBasis taxRate taxAmount netAmount",
    ),
    "customerDeposit": (
        "customerDeposit",
        "externalId customer salesOrder payment currency tranDate paymentOption account undepFunds memo exchangeRate tranId",
    ),
}


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
    return {"kind": "subrecord", "of": name}


def _kind_of_object(found: dict[str, Any]) -> dict[str, Any]:
    properties = found.get("properties", {})
    if "items" in properties:
        return {"kind": "sublist"}
    if "enum" in properties.get("id", {}):
        return {"kind": "enum", "ids": properties["id"]["enum"]}
    return {"kind": "enum" if "id" in properties else "subrecord"}


def fields_table(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The table, record by record. Raises KeyError for a name the schema does not have."""
    table: dict[str, dict[str, Any]] = {}
    for ours, (definition, names) in WANTED.items():
        properties = schema["$defs"][definition]["properties"]
        table[ours] = {name: kind_of(properties[name]) for name in names.split()}
    return table


def main() -> None:
    """Writes the table."""
    schema = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    text = json.dumps(fields_table(schema), indent=1, sort_keys=True)
    TARGET.write_text(text + "\n", "utf-8")
    print(f"{TARGET.name}: {text.count('kind')} fields")


if __name__ == "__main__":
    main()
