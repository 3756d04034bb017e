"""A NetSuite account's id, its host, and which kind of environment it is.

Facts: Oracle, "Account-specific domains" (section_1546938065, 2026): the host carries the id in lower case, `_` as `-`.
"""

import re
from urllib.parse import urlsplit

_ACCOUNT = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z]{2}[0-9]*)?")
_SUITETALK = ".suitetalk.api.netsuite.com"
# Oracle's own samples have other endings too, such as .suitetalk.api.snap.netsuite.com; `system.` is no account.
_ACCOUNT_HOST = re.compile(r"([a-z0-9-]+)\.(?:suitetalk|restlets|app)\.(?:[a-z0-9-]+\.)*netsuite\.com")


def account_id(text: str) -> str:
    """`1234567-sb1` → `1234567_SB1`. Raises ValueError for anything that is no account id."""
    if not _ACCOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is not a NetSuite account id, such as 1234567 or 1234567_SB1")
    return text.upper().replace("-", "_")


def api_url(account: str) -> str:
    """`1234567_SB1` → `https://1234567-sb1.suitetalk.api.netsuite.com`."""
    return f"https://{account.lower().replace('_', '-')}{_SUITETALK}"


def account_of_url(url: str) -> str | None:
    """The account whose host stands in a link of an answer, None for another host."""
    found = _ACCOUNT_HOST.fullmatch((urlsplit(url).hostname or "").lower())
    return account_id(found[1]) if found and _ACCOUNT.fullmatch(found[1]) else None


def is_production(account: str) -> bool:
    """False for a sandbox (`_SB1`), a Release Preview (`_RP`) and a test drive (`TD…`, `TSTDRV…`)."""
    return re.search(r"_(SB|RP)\d*$", account) is None and not account.startswith(("TD", "TSTDRV"))


def page_of(account: str, page: str, record_id: str) -> str:
    """Where a person sees a record: `page` below /app/, such as `accounting/transactions/salesord.nl`."""
    return f"https://{account.lower().replace('_', '-')}.app.netsuite.com/app/{page}?id={record_id}"
