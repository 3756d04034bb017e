"""Customers, their addresses and their contacts, as they are saved."""

from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import references
from connector.sandbox.netsuite.documents import check_address
from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.record import id_of, lines_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]

_PHONE_LENGTHS = range(7, 33)
_PHONES = ("phone", "altPhone", "mobilePhone", "officePhone")


def complete_customer(account: "Account", draft: Draft) -> None:
    """A customer as it is saved. Raises Refusal."""
    body = draft.body
    # A person unless it says otherwise; a company has no first and last name in place of its own.
    body["isPerson"] = body.get("isPerson", True)
    name, label = ("lastName", "Last Name") if body["isPerson"] else ("companyName", "Company Name")
    if not body.get(name):
        raise user_error(f"You must enter a value for {label}.")
    if account.config.subsidiaries and "subsidiary" not in body:
        raise user_error("You must enter a value for Primary Subsidiary.")
    _check_phones(body)
    references.with_lists(account, body)
    if draft.old is not None:
        _check_change(account, draft)
    _complete_addresses(account, draft)


def complete_contact(account: "Account", draft: Draft) -> None:
    """A contact as it is saved. Raises Refusal."""
    body = draft.body
    if not (body.get("lastName") or body.get("firstName") or body.get("entityId")):
        raise user_error("You must enter a value for Contact Name.")
    if "company" in body:
        body["company"] = references.customer(account, body["company"], "company")
        # A contact stands in the subsidiary of its company.
        owner = account.records[("customer", body["company"]["id"])].body
        body.setdefault("subsidiary", owner.get("subsidiary"))
    if account.config.subsidiaries and not body.get("subsidiary"):
        raise user_error("You must enter a value for Primary Subsidiary.")
    _check_phones(body)
    references.with_lists(account, body)


def _check_phones(body: Json) -> None:
    for name in _PHONES:
        number = body.get(name) or ""
        if number and (sum(map(str.isdigit, number)) < _PHONE_LENGTHS.start or len(number) not in _PHONE_LENGTHS):
            raise user_error("Phone number should have seven digits or more.", path=name)


def _check_change(account: "Account", draft: Draft) -> None:
    """What the facts call "cannot sensibly be changed" is refused here; the real texts are not known."""
    assert draft.old is not None  # noqa: S101  the caller saw to it
    if draft.old_body.get("isPerson", True) != draft.body["isPerson"]:
        raise user_error("You cannot change a person into a company, or a company into a person.", path="isPerson")
    moved = id_of(draft.old_body, "subsidiary") not in (None, id_of(draft.body, "subsidiary"))
    if moved and any(item.type != "contact" for item in account.dependents(draft.old)):
        raise user_error("You cannot change the primary subsidiary of an entity with transactions.", path="subsidiary")


def _complete_addresses(account: "Account", draft: Draft) -> None:
    lines = [dict(line) for line in lines_of(draft.body, "addressBook")]
    for index, line in enumerate(lines):
        check_address(line.get("addressBookAddress") or {}, f"addressBook.items[{index}].addressBookAddress")
        if "id" not in line:
            number = int(account.new_id())
            line |= {"id": number, "internalId": number, "addressId": str(number)}
    for flag in ("defaultBilling", "defaultShipping"):
        # Only one address can be the default, and the newest wish wins.
        before = [line["id"] for line in lines_of(draft.old_body, "addressBook") if line.get(flag)]
        wished = sorted((line for line in lines if line.get(flag)), key=lambda line: line["id"] not in before)
        for line in lines:
            line[flag] = line is wished[-1] if wished else False
    if lines:
        draft.body["addressBook"] = {"items": lines}
