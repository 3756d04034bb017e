"""What there is to choose from for one rule: the names of a NetSuite list, or the shop's own locations."""

from collections import Counter

from connector.flows.rule_lookup import entry_names
from connector.flows.systems import Systems
from connector.mapping.rule_tables import Gap
from connector.shopify.shop import locations


def names_for(gap: Gap, systems: Systems) -> tuple[str, ...]:
    """Names, and ids where several have one name; nothing of a list too long to be shown. Raises what the clients raise."""
    if gap.list is not None:
        return tuple(entry_names(gap.list, systems.netsuite))
    places = [place for place in locations(systems.shopify) if place.is_active]
    names = Counter(place.name for place in places)
    return tuple(place.name if names[place.name] == 1 else place.id for place in places)
