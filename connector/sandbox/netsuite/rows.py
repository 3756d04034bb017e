"""The rows a record has in SuiteQL's tables."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.netsuite import line_rows
from connector.sandbox.netsuite.numbers import ZERO, plain
from connector.sandbox.netsuite.record import BALANCED, KINDS, Record, id_of, lines_of
from connector.sandbox.netsuite.statuses import status_name
from connector.sandbox.netsuite.suiteql import Tables, marked

Json = dict[str, Any]

_ADDRESS = ("addressee", "attention", "addr1", "addr2", "addr3", "city", "state", "zip", "addrPhone")


def put_item(tables: Tables, item: Json) -> None:
    """An item's row."""
    names = ("itemid", "itemtype", "upccode", "isinactive")
    row = {"id": item["id"], "isinactive": "F", "itemtype": "InvtPart", "fullname": item["itemid"]}
    row |= {name: item[name] for name in names if item.get(name) is not None}
    tables.put("item", row | {"lastmodifieddate": tables.now()})
    _put_members(tables, item)


def _put_members(tables: Tables, item: Json) -> None:
    """What a kit or a group is made of; an assembly has its own table, and its own stock."""
    members = item.get("members", [])
    row = {"parentitem": item["id"], "memberunit": None}
    if item.get("itemtype") == "Assembly":
        tables.delete("assemblyitemmember", "parentitem", item["id"])
        numbered = [row | member | {"linenumber": index} for index, member in enumerate(members, 1)]
        tables.put_all("assemblyitemmember", numbered)
    else:
        tables.delete("itemmember", "parentitem", item["id"])
        tables.put_all("itemmember", [row | member for member in members])


def put(tables: Tables, record: Record) -> None:
    """Puts a record's rows, in place of those it had."""
    if record.type in KINDS:
        boxes = {name: _custom(record.body.get(name)) for name in tables.body_fields}
        tables.put("transaction", _transaction(record) | boxes | {"lastmodifieddate": tables.minute()})
        line_rows.put(tables, record)
    else:
        row = (_customer if record.type == "customer" else _contact)(record)
        tables.put(record.type, row | {"lastmodifieddate": tables.minute()})
        _put_addresses(tables, record)


def _custom(value: Any) -> str:
    """A custom field's value: T or F of a check box, else its text."""
    return str(value) if value and value is not True else "T" if value else "F"


def delete(tables: Tables, record: Record) -> None:
    """Takes a record's rows out and notes that it was deleted.

    What `type` holds there is not documented: here the record's name, as in `transaction.recordtype`.
    """
    if record.type in KINDS:
        tables.delete("transaction", "id", record.id)
        line_rows.delete(tables, record)
    else:
        tables.delete(record.type, "id", record.id)
        tables.delete("customeraddressbook", "entity", record.id)
    name = record.body.get("tranId") or record.body.get("entityId")
    row = {"type": record.type.lower(), "recordid": record.id, "name": name, "deleteddate": tables.now()}
    tables.put("deletedrecord", row)


def _person(record: Record) -> Json:
    body = record.body
    return {
        "id": record.id,
        "entityid": body.get("entityId") or record.id,
        "externalid": record.external_id,
        "email": body.get("email") or None,
        "subsidiary": id_of(body, "subsidiary"),
        "firstname": body.get("firstName"),
        "lastname": body.get("lastName"),
        "phone": body.get("phone"),
        "isinactive": "T" if body.get("isInactive") else "F",
    }


def _customer(record: Record) -> Json:
    body = record.body
    person = " ".join(part for part in (body.get("firstName"), body.get("lastName")) if part)
    return _person(record) | {
        "isperson": "T" if body.get("isPerson", True) else "F",
        "companyname": body.get("companyName"),
        "altname": body.get("companyName") or person or None,
        "comments": body.get("comments"),
        # The flag of the older tax engine; a customer is taxable unless it says otherwise.
        "taxable": "T" if body.get("taxable", True) else "F",
    }


def _contact(record: Record) -> Json:
    return _person(record) | {"company": id_of(record.body, "company")}


def _put_addresses(tables: Tables, record: Record) -> None:
    tables.delete("customeraddressbook", "entity", record.id)
    for line in lines_of(record.body, "addressBook"):
        flags = {name.lower(): "T" if line.get(name) else "F" for name in ("defaultBilling", "defaultShipping")}
        row = {
            "internalid": line["id"],
            "entity": record.id,
            "label": line.get("label"),
            "addressbookaddress": line["id"],
        }
        tables.put("customeraddressbook", row | flags)
        address = line.get("addressBookAddress") or {}
        told = {name.lower(): address.get(name) for name in _ADDRESS} | {"country": id_of(address, "country")}
        tables.put("entityaddress", {"nkey": line["id"]} | told)


def _transaction(record: Record) -> Json:
    body, kind = record.body, KINDS[record.type]
    letter = id_of(body, "status")
    return {
        "id": record.id,
        "type": kind.code,
        "recordtype": record.type.lower(),
        "tranid": body.get("tranId"),
        "externalid": record.external_id,
        "status": letter,
        "status_cf": f"{kind.code}:{letter}" if letter else None,
        "status_df": f"{kind.name} : {status_name(record.type, letter)}" if letter else None,
        "entity": record.party,
        "otherrefnum": body.get("otherRefNum"),
        "memo": body.get("memo"),
        "foreigntotal": plain(total_of(record)),
        "foreignamountunpaid": plain(_unpaid(record)) if record.type in BALANCED else None,
        "currency": id_of(body, "currency"),
        "trandate": marked(datetime.strptime(body["tranDate"], "%Y-%m-%d")) if "tranDate" in body else None,  # noqa: DTZ007  a date only
        "voided": "T" if record.is_voided else "F",
    }


def total_of(record: Record) -> Any:
    """What a transaction is over: a payment's amount, a document's total."""
    return record.body.get("total", record.body.get("payment"))


def _unpaid(record: Record) -> Decimal:
    """What is open of it."""
    return ZERO if record.is_voided else record.left
