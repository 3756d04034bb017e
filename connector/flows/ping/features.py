"""NetSuite features that matter: which are on, read or inferred, and whether the rules go with them. Pure.

The table companyfeaturesetup is often hidden from REST roles; one more subsidiary or currency than one tells as much.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.mapping.rules import Rules, TaxMode
from connector.netsuite.tables import CURRENCY, LOCATION, SUBSIDIARY, Entry, Row, Sight, Table


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: the id SuiteScript knows it by, the name we show, and where a person finds it."""

    id: str
    name: str
    place: str


ONE_WORLD = Feature("SUBSIDIARIES", "OneWorld", "Company")
LOCATIONS = Feature("LOCATIONS", "Locations", "Company")
MULTI_LOCATION = Feature("MULTILOCINVT", "Multi-Location Inventory", "Items & Inventory")
MULTI_CURRENCY = Feature("MULTICURRENCY", "Multiple Currencies", "Company")
SUITE_TAX = Feature("TAX_OVERHAULING", "SuiteTax", "Tax")
ADVANCED_SHIPPING = Feature("ADVSHIPPING", "Advanced Shipping", "Transactions")

FEATURES = (ONE_WORLD, MULTI_LOCATION, SUITE_TAX, ADVANCED_SHIPPING, MULTI_CURRENCY)
_SHOWN = 8

# True on, False off, missing: not known.
States = Mapping[Feature, bool]


def read(rows: Sequence[Row]) -> dict[Feature, bool]:
    """From companyfeaturesetup, by id or else by name."""
    by_id = {row.get("id", "").upper(): row.get("isactive") == "T" for row in rows}
    by_name = {row.get("name", "").casefold(): row.get("isactive") == "T" for row in rows}
    found = {}
    for feature in (*FEATURES, LOCATIONS):
        state = by_id.get(feature.id, by_name.get(feature.name.casefold()))
        if state is not None:
            found[feature] = state
    return found


def inferred(sights: Mapping[Table, Sight]) -> dict[Feature, bool]:
    """What the lists that can be seen give away; a list that cannot be seen proves nothing."""
    found = {}
    for feature, table in ((ONE_WORLD, SUBSIDIARY), (MULTI_CURRENCY, CURRENCY), (LOCATIONS, LOCATION)):
        sight = sights.get(table)
        least = 1 if feature is LOCATIONS else 2
        if sight is not None and sight.is_visible and len(sight.entries) >= least:
            found[feature] = True
    return found


def shown(states: States) -> str:
    """A few words: what is on, what is off, what is not known."""
    groups = {
        "on": [feature.name for feature in FEATURES if states.get(feature) is True],
        "off": [feature.name for feature in FEATURES if states.get(feature) is False],
        "not known": [feature.name for feature in FEATURES if feature not in states],
    }
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in groups.items() if names)


def by_hand(unknown: Sequence[Feature]) -> str:
    """How a person finds out what cannot be read."""
    places = ", ".join(f"{feature.name} (tab {feature.place})" for feature in unknown)
    return (
        "the role does not see the table companyfeaturesetup, so these features are not known: look by hand at "
        f"Setup > Company > Enable Features for {places}"
    )


def mismatches(states: States, rules: Rules, sights: Mapping[Table, Sight]) -> tuple[list[str], list[str]]:
    """Sentences where a feature and the rules cannot go together, and where they deserve a look."""
    return list(_wrong(states, rules, sights)), list(_doubtful(states, rules, sights))


def _wrong(states: States, rules: Rules, sights: Mapping[Table, Sight]) -> Iterator[str]:
    if states.get(ONE_WORLD) is True and rules.subsidiary is None:
        yield (
            "OneWorld is on and rules.subsidiary is missing: NetSuite refuses customers and orders without it; "
            f"set rules.subsidiary{_choices(sights.get(SUBSIDIARY))}"
        )
    if states.get(ONE_WORLD) is False and rules.subsidiary is not None:
        yield (
            f"OneWorld is off and rules.subsidiary is {rules.subsidiary}: the account has no such field and refuses "
            "the order; remove rules.subsidiary"
        )
    if states.get(SUITE_TAX) is False and rules.tax.mode is TaxMode.TAX_DETAILS_OVERRIDE:
        yield (
            'SuiteTax is off and rules.tax.mode is "tax_details_override", which needs it; choose "line_item", '
            '"tax_code" or "netsuite_computes"'
        )


def _doubtful(states: States, rules: Rules, sights: Mapping[Table, Sight]) -> Iterator[str]:
    if states.get(MULTI_LOCATION) is True and rules.location is None:
        yield (
            "Multi-Location Inventory is on and rules.location is missing: orders take NetSuite's default location or "
            f"none; set rules.location{_choices(sights.get(LOCATION))}"
        )
    has_locations = states.get(MULTI_LOCATION), states.get(LOCATIONS)
    if rules.location is not None and has_locations[0] is False and has_locations[1] is not True:
        yield (
            f"Multi-Location Inventory is off and rules.location is {rules.location}: unless the feature Locations is "
            "on, NetSuite refuses the field; look at Setup > Company > Enable Features, or remove rules.location"
        )
    if states.get(SUITE_TAX) is True and rules.tax.mode is TaxMode.TAX_CODE:
        yield (
            'SuiteTax is on and rules.tax.mode is "tax_code", which is legacy tax: NetSuite may ignore the codes; '
            'choose "tax_details_override" or "line_item"'
        )
    if states.get(MULTI_CURRENCY) is False and len(rules.currencies) > 1:
        yield (
            f"Multiple Currencies is off and rules.currencies names {', '.join(rules.currencies)}: the account books in "
            "one currency only; leave that one, or switch the feature on"
        )


def _choices(sight: Sight | None) -> str:
    entries: list[Entry] = sight.active() if sight else []
    if not entries:
        return ""
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return f" ({', '.join(f'{entry.id} {entry.name}' for entry in entries[:_SHOWN])}{more})"
