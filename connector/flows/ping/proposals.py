"""The rules that can be read from both systems and are not set yet, as TOML to paste. Pure.

Names are compared without regard to case, blanks and punctuation: `shopify_payments` is `Shopify Payments`.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.flows.ping.report import Proposal
from connector.mapping.rules import Rules
from connector.netsuite.tables import CURRENCY, LOCATION, PAYMENT_METHOD, SHIP_ITEM, SUBSIDIARY, Entry, Sight, Table
from connector.shopify.shop import Location, Shop, Used

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\s]+")
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """What could be read of both sides; None where it could not."""

    shop: Shop | None
    locations: Sequence[Location] | None
    used: Used | None
    sights: Mapping[Table, Sight]
    has_subsidiaries: bool = True


def proposal(seen: Seen, rules: Rules, *, name: str) -> Proposal:
    """What the rules of the connection `name` lack and can be found by name, or with its candidates as a comment."""
    tables = {
        "rules": [*_subsidiary(seen, rules), *_location(seen, rules)],
        "rules.currencies": list(_currencies(seen, rules)),
        "rules.payments.methods": list(_payments(seen, rules)),
        "rules.shipping.methods": list(_shipping(seen, rules)),
    }
    parts = ["\n".join([f"[{table}]", *lines]) for table, lines in tables.items() if lines]
    if not parts:
        return Proposal()
    head = (
        f"# Proposed for {name}: what its rules do not have yet. Where the file has the [table] already, put the lines\n"
        "# under it; then add the file again: ml-connector connection add FILE"
    )
    toml = "\n\n".join([head, *parts]) + "\n"
    return Proposal(toml, {key: value for key, value in tomllib.loads(toml).get("rules", {}).items() if value})


def _subsidiary(seen: Seen, rules: Rules) -> Iterator[str]:
    entries = _entries(seen, SUBSIDIARY)
    if rules.subsidiary is not None or not seen.has_subsidiaries or not entries:
        return
    if len(entries) == 1:
        yield _line("subsidiary", entries[0])
    else:
        yield _open("subsidiary", "choose one", entries)


def _location(seen: Seen, rules: Rules) -> Iterator[str]:
    entries = _entries(seen, LOCATION)
    if rules.location is not None or not entries or not seen.locations:
        return
    names = [place.name for place in seen.locations if place.is_active]
    same = [entry for entry in entries if any(_plain(name) == _plain(entry.name) for name in names)]
    if len(same) == 1:
        yield _line("location", same[0])
    elif same:
        yield _open("location", "several have the name of a Shopify location", same)
    else:
        yield _open("location", f"none is called {' or '.join(names)}", entries)


def _currencies(seen: Seen, rules: Rules) -> Iterator[str]:
    """In the shop's currency, and where orders are booked as they were paid, in all the shop sells in."""
    entries = _entries(seen, CURRENCY)
    if seen.shop is None or not entries:
        return
    wanted = seen.shop.currencies if rules.orders.currency == "presentment" else ()
    for symbol in dict.fromkeys((seen.shop.currency, *wanted)):
        if symbol not in rules.currencies:
            yield _matched(symbol, [entry for entry in entries if entry.name == symbol], entries)


def _payments(seen: Seen, rules: Rules) -> Iterator[str]:
    entries = _entries(seen, PAYMENT_METHOD)
    for gateway in seen.used.gateways if seen.used else ():
        if gateway in rules.payments.methods or not entries:
            continue
        same = [entry for entry in entries if _plain(entry.name) == _plain(gateway)]
        if len(same) == 1:
            yield f"{_key(gateway)} = {{ method = {_text(same[0].id)} }}  # {_comment(same[0].name)}"
        else:
            yield f'# {_key(gateway)} = {{ method = "…" }}  # {_reason(same)}: {_candidates(same or entries)}'


def _shipping(seen: Seen, rules: Rules) -> Iterator[str]:
    entries = _entries(seen, SHIP_ITEM)
    for method in seen.used.shipping if seen.used else ():
        if method not in rules.shipping.methods and entries:
            yield _matched(method, [entry for entry in entries if _plain(entry.name) == _plain(method)], entries)


def _matched(key: str, same: Sequence[Entry], entries: Sequence[Entry]) -> str:
    return _line(key, same[0]) if len(same) == 1 else _open(key, _reason(same), same or entries)


def _reason(same: Sequence[Entry]) -> str:
    return "several have this name" if same else "none has this name"


def _line(key: str, entry: Entry) -> str:
    return f"{_key(key)} = {_text(entry.id)}  # {_comment(entry.name)}"


def _open(key: str, reason: str, entries: Sequence[Entry]) -> str:
    return f'# {_key(key)} = "…"  # {_comment(reason)}: {_candidates(entries)}'


def _candidates(entries: Sequence[Entry]) -> str:
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return ", ".join(f"{entry.id} {_comment(entry.name)}".strip() for entry in entries[:_SHOWN]) + more


def _entries(seen: Seen, table: Table) -> list[Entry]:
    sight = seen.sights.get(table)
    return sight.active() if sight is not None else []


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are TOML's, but for the one character JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()
