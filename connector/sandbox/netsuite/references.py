"""References in a body: every one must name something that is there, and comes back with its name."""

from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite.errors import invalid_content, user_error
from connector.sandbox.netsuite.record import KINDS, Record

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]


def customer(account: "Account", reference: Json | None, name: str) -> Json:
    """A customer that may be used. Raises Refusal."""
    if not reference:
        raise user_error(f"You must enter a value for {name.capitalize()}.")
    found = _resolved(account, reference, "entity")
    # A person of the account who deactivates a customer stops new documents; the text is not known, the code is.
    if found is None or found.type != "customer" or found.body.get("isInactive") is True:
        value = reference.get("id") or reference.get("externalId")
        raise user_error(f"Invalid Field Value {value} for the following field: {name}.", path=name)
    return {"id": found.id, "refName": name_of(found)}


def transaction(account: "Account", reference: Json, types: tuple[str, ...], path: str) -> Record:
    """A transaction of one of the types. Raises Refusal."""
    found = _resolved(account, reference, "transaction")
    if found is None or found.type not in types or found.is_voided:
        value = reference.get("id") or reference.get("externalId")
        field = path.rpartition(".")[2].lower()
        raise user_error(f"Invalid Field Value {value} for the following field: {field}.", path=path)
    return found


def reference_to(record: Record) -> Json:
    """How another record names a transaction."""
    return {"id": record.id, "refName": record.title}


def item(account: "Account", line: Json, path: str) -> Json:
    """The item of a line. Raises Refusal for one that is missing or inactive."""
    reference = line.get("item") or {}
    item_id = reference.get("id")
    found = account.items.get(str(item_id))
    if found is None or found.get("isinactive") == "T":
        value = item_id or reference.get("externalId")
        raise invalid_content(f"Invalid Field Value {value} for the following field: item", path=f"{path}.item")
    return found


def name_of(entity: Record) -> str:
    """A customer's or contact's name."""
    body = entity.body
    person = " ".join(part for part in (body.get("firstName"), body.get("lastName")) if part)
    return str(body.get("companyName") or person or body.get("entityId") or entity.id)


def with_lists(account: "Account", body: Json, path: str = "") -> Json:
    """Checks every reference to one of the account's lists and adds its name. Raises Refusal."""
    for name, known in _lists(account).items():
        reference = body.get(name)
        if not isinstance(reference, dict):
            continue
        wanted = reference.get("id")
        found = next((entry for entry in known if entry["id"] == wanted), None)
        if found is None:
            text = f"Invalid Field Value {wanted or reference.get('externalId')} for the following field: {name}"
            raise invalid_content(text, path=f"{path}{name}")
        body[name] = {"id": wanted, "refName": found.get("symbol") or found.get("name", "")}
    return body


def _lists(account: "Account") -> dict[str, list[Json]]:
    config = account.config
    lists = {
        "subsidiary": config.subsidiaries,
        "location": config.locations,
        "department": config.departments,
        "class": config.classes,
        "currency": config.currencies,
        "shipMethod": config.ship_items,
        "paymentOption": config.payment_methods,
        "account": config.accounts,
    }
    # An account that was set up without terms keeps whatever it is sent.
    return lists | ({"terms": config.terms} if config.terms else {})


def _resolved(account: "Account", reference: Json, group: str) -> Record | None:
    if "id" not in reference:
        return account.by_external_id.get((group, str(reference.get("externalId")).lower()))
    wanted = str(reference["id"])
    if group == "transaction":
        return account.transaction(wanted)
    return account.records.get(("customer", wanted)) or account.records.get(("contact", wanted))


def party_of(record: Record) -> Json:
    """The reference to its customer."""
    found: Json = record.body[KINDS[record.type].party]
    return found
