"""What a PATCH makes of a record: keyed lines are matched, keyless ones appended, what is left out of a part stays."""

from typing import Any

from connector.sandbox.netsuite.errors import invalid_content
from connector.sandbox.netsuite.fields import table
from connector.sandbox.netsuite.record import Record, lines_of

Json = dict[str, Any]

# Sublists whose lines have a key. The others only grow, unless they are replaced.
_KEYS = {"item": ("line",), "addressBook": ("id", "internalId", "addressId"), "apply": ("doc",), "deposit": ("doc",)}


def merged(record: Record, sent: Json, replaced: frozenset[str]) -> Json:
    """The body after a PATCH: named fields change, null empties one, sublists and subrecords are merged. Raises Refusal.

    Whether a subrecord keeps the fields that were not sent is not documented; keeping them is what a client can trip over.
    """
    body = dict(record.body)
    for name, value in sent.items():
        kind = table()[record.type].get(name, {}).get("kind")
        if kind == "sublist":
            body[name] = {"items": _lines(record, name, value, replaced)}
        elif value is None:
            body.pop(name, None)
        elif kind == "subrecord":
            body[name] = _part({} if name in replaced else body.get(name, {}), value)
        else:
            body[name] = value
    return body


def _lines(record: Record, name: str, sent: Json | None, replaced: frozenset[str]) -> list[Json]:
    new: list[Json] | None = (sent or {}).get("items")
    if new is None:
        # Null in place of the sublist or of its items empties it.
        return []
    old = [dict(line) for line in lines_of(record.body, name)]
    touched: list[Json] = []
    for index, line in enumerate(new):
        found = _match(old, line, name, f"{name}.items[{index}]")
        if found is None:
            touched.append(dict(line))
        else:
            _update(found, line)
            touched.append(found)
    if name in replaced:
        return touched
    return old + [line for line in touched if not any(line is kept for kept in old)]


def _match(old: list[Json], line: Json, name: str, path: str) -> Json | None:
    """The old line of the same key. Raises Refusal for a key that no line has; what a real account does is not known."""
    for key in _KEYS.get(name, ()):
        if line.get(key) is None:
            continue
        wanted = _key(line[key])
        found = next((item for item in old if _key(item.get(key)) == wanted), None)
        if found is None and key != "doc":
            raise invalid_content(f"Invalid Field Value {wanted} for the following field: {key}", path=f"{path}.{key}")
        return found
    return None


def _key(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _update(line: Json, sent: Json) -> None:
    """Null empties a field of a line; an address keeps the fields that were not sent."""
    for name, value in sent.items():
        if value is None:
            line.pop(name, None)
        elif isinstance(value, dict) and name == "addressBookAddress":
            line[name] = _part(line.get(name, {}), value)
        else:
            line[name] = value


def _part(old: Json, sent: Json) -> Json:
    return {name: value for name, value in {**old, **sent}.items() if value is not None}


def number_lines(record: Record) -> None:
    """Gives new lines the next free number; numbers of removed lines leave gaps."""
    for line in record.lines:
        if "line" not in line:
            line["line"] = record.next_line
        record.next_line = max(record.next_line, int(line["line"]) + 1)
        line.setdefault("lineUniqueKey", f"{record.id}{line['line']:04d}")
