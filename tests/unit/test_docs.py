"""The pages say what the code does: the tables of docs/mapping.md and the table of rules are held equal to it."""

import re
from pathlib import Path
from typing import Any

from connector.mapping.explain_docs import page
from connector.mapping.rules import Rules

DOCS = Path(__file__).parents[2] / "docs"


def test_the_mapping_page_has_the_tables_of_the_code() -> None:
    text = (DOCS / "mapping.md").read_text("utf-8")
    assert text == page(text), "run `python scripts/make_mapping_docs.py`"


def keys(values: dict[str, Any], above: str = "") -> set[str]:
    """Every rule by its name in the table; what people name themselves is one rule."""
    found = set()
    for name, value in values.items():
        inner = isinstance(value, dict) and value
        found |= keys(value, f"{above}{name}.") if inner else {f"{above}{name}"}
    return found


def documented() -> dict[str, str]:
    """The defaults by rule, as the page has them; rows can name several rules."""
    text = (DOCS / "connection-file.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.+?`) \| (.+?) \|", text[text.index("## Rules") : text.index("## Tax")], re.MULTILINE)
    return {name.strip("` "): default for names, default in rows for name in names.split(",")}


def test_every_rule_is_described() -> None:
    assert set(documented()) == keys(Rules().to_json())


def test_the_described_defaults_are_the_real_ones() -> None:
    defaults = Rules().to_json()
    for name, said in documented().items():
        value: Any = defaults
        for part in name.split("."):
            value = value[part]
        assert said == _said(value), name


def _said(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value) or "`[]`"
    return "`{}`" if value == {} else f"`{value}`"
