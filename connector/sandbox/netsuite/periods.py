"""Closed accounting periods: nothing may be posted in one, and nothing that is posted there may be changed."""

from typing import TYPE_CHECKING

from connector.sandbox.netsuite.draft import Draft
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.record import KINDS, Record

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account


def check_draft(account: "Account", draft: Draft) -> None:
    """Raises Refusal when a transaction would be posted in a closed period, or out of one."""
    if draft.type in KINDS and KINDS[draft.type].is_posting:
        for date in (draft.old_body.get("tranDate"), draft.body.get("tranDate")):
            _check(account, date)


def check_record(account: "Account", record: Record) -> None:
    """Raises Refusal when a transaction stands in a closed period."""
    if record.type in KINDS and KINDS[record.type].is_posting:
        _check(account, record.body.get("tranDate"))


def _check(account: "Account", date: str | None) -> None:
    """The real wording varies; every one says that the period is closed."""
    for period in account.config.closed_periods:
        if date is not None and period["from"] <= date <= period["to"]:
            text = (
                f"The transaction date {date} is in an accounting period that is closed. Choose an open posting period."
            )
            raise user_error(text, path="tranDate")
