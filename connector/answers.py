"""What may be kept of an answer that refuses: its own words, short, without what was asked of people and without secrets."""

import json
import re
from collections.abc import Iterator
from typing import Any

import requests

# In bytes. Refusals are a sentence or two; attempts are kept for ever.
MOST = 600
HIDDEN = "…"
# Members of a request whose texts are ours: names of records, and the texts of queries.
_OURS = frozenset(("id", "externalId", "query", "operationName", "q"))
_EMAIL = re.compile(r"[^\s\"'<>(),;:]+@[^\s\"'<>(),;:]+")
# A token or a key: nothing that NetSuite or Shopify names for people is so long and without a sign between.
_SECRET = re.compile(r"[A-Za-z0-9_+/=]{32,}")
_WORD = re.compile(r"\w{2,}")
# In longer texts people write words that every sentence has.
_NAME, _LONG_WORD = 40, 4


def refusal(response: requests.Response, asked: bytes | None) -> str:
    """The answer's text, as long as it may be; what is no JSON is told by its kind and size alone.

    NetSuite quotes what was sent: every word of the request that is no name of a record is hidden, whosever it was.
    """
    said = _read(response.content) if "json" in response.headers.get("Content-Type", "") else None
    if said is None:
        kind = response.headers.get("Content-Type", "").partition(";")[0] or "nothing"
        return f"{kind}, {len(response.content)} bytes"
    # Written anew: a sign that was sent by its number is the one that was asked with.
    text = _SECRET.sub(HIDDEN, _EMAIL.sub(HIDDEN, json.dumps(said, ensure_ascii=False)))
    quoted = {word for leaf in _leaves(_read(asked)) for word in _words(leaf)}
    text = _WORD.sub(lambda found: HIDDEN if found[0].casefold() in quoted else found[0], text)
    return text.encode()[:MOST].decode("utf-8", "ignore")


def _words(leaf: str) -> Iterator[str]:
    least = 2 if len(leaf) <= _NAME else _LONG_WORD
    return (word.casefold() for word in _WORD.findall(leaf) if len(word) >= least)


def _read(asked: bytes | None) -> Any:
    try:
        return json.loads(asked or b"null")
    except ValueError:
        return None


def _leaves(value: Any, name: str = "") -> Iterator[str]:
    """Texts and numbers that were sent."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member, name)
    elif name not in _OURS and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
