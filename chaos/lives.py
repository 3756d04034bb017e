"""What happens to one order of the traffic: announced, paid, changed twice; some are called off, some get money back."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from connector.sandbox.scenario.drafts import Shape
from connector.sandbox.scenario.orders import order
from connector.sandbox.scenario.world import SHOP_LOCATION

Json = dict[str, Any]

# Stand in every order's addresses, and in the customer where nobody in NetSuite is to be found by it; nowhere else.
PLANTED = {
    "name": "Quillfeather",
    "e-mail": "featherpost.example",
    "street": "Larkspur Mews",
    "phone": "+15557730177",
}

_TAXES = (("State tax", "0.0625"), ("County tax", "0.0125"))
_SHAPES = (
    Shape(customer="existing", taxes=_TAXES),
    Shape(customer="new", taxes=_TAXES, lines=3),
    Shape(customer="existing", payments="authorised", taxes=_TAXES),
    Shape(customer="existing", code_percent=10, lines=4, taxes=_TAXES),
    Shape(customer="existing", payments="partial"),
)
# Of six orders one each; five shapes and six ends meet in every pair.
_ENDS = {2: "cancel", 5: "refund"}
_EVERY = 6
# Customers from here on are not in NetSuite before.
_FIRST_NEW = 6_000_001_000

Act = Callable[[Json], list[Json]]


@dataclass(frozen=True, slots=True)
class Life:
    """One order with its payments, before anything happens to it."""

    number: int
    order: Json
    payments: list[Json]
    is_captured: bool

    @property
    def end(self) -> str | None:
        """What is done to it at last, if anything."""
        return _ENDS.get(self.number % _EVERY)

    def events(self, act: Act, *, between: Callable[[], object] = lambda: None) -> Iterator[Json]:
        """What the order's life tells, as it is lived. `between`: called before each of its changes."""
        order_id = self.order["id"]
        yield {"topic": "orders/create", "order_id": order_id}
        if self.is_captured:
            yield from act({"act": "capture", "order_id": order_id})
        else:
            yield {"topic": "orders/paid", "order_id": order_id}
        for changes in self._changes():
            between()
            yield from act({"act": "update", "order_id": order_id, "changes": changes})

    def ending(self, act: Act) -> Iterator[Json]:
        """What its end tells: called off with the money back, or some money back."""
        asked: Json = {"act": self.end, "order_id": self.order["id"]}
        if self.end == "cancel":
            yield from act(asked | {"reason": "customer", "location_id": SHOP_LOCATION})
        elif self.end == "refund":
            yield from act(asked | {"amount": "5.00"})

    def _changes(self) -> Iterator[Json]:
        """The last note and the last place are what must stand in NetSuite."""
        yield {"note": f"Leave {self.number} at the door"}
        place = {"address1": f"{self.number} {PLANTED['street']}", "city": "Shelbyville"}
        yield {"note": f"Ring twice for {self.number}", "shipping_address": place}


def life(number: int, seed: int) -> Life:
    """The n-th order of a traffic."""
    shape = _SHAPES[number % len(_SHAPES)]
    made, payments = order(number, shape, random.Random(seed * 100_000 + number))
    return Life(number, _planted(made), payments, shape.payments == "authorised")


def shuffled(events: Sequence[Json], number: int) -> list[Json]:
    """The n-th of all sequences of the four that matter, so that 24 orders meet each once; others come anywhere between."""
    named = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled")
    firsts = {item["topic"]: item for item in reversed(events) if item["topic"] in named}
    others = [item for item in events if item not in firsts.values()]
    while len(firsts) < len(named) and others:
        firsts[str(len(firsts))] = others.pop()
    sequences = list(permutations(firsts.values()))
    sent, chance = list(sequences[number % len(sequences)]), random.Random(number)
    for item in others:
        sent.insert(chance.randint(0, len(sent)), item)
    return sent


def _planted(made: Json) -> Json:
    """The order with the planted values in it."""
    person = {"last_name": PLANTED["name"], "name": f"Ada {PLANTED['name']}", "phone": PLANTED["phone"]}
    for name in ("shipping_address", "billing_address"):
        if made.get(name) is not None:
            made[name] = made[name] | person | {"address1": f"1 {PLANTED['street']}"}
    if made.get("customer") and made["customer"]["id"] >= _FIRST_NEW:
        email = f"ada{made['customer']['id']}@{PLANTED['e-mail']}"
        made["customer"] = made["customer"] | {"last_name": PLANTED["name"], "email": email}
        made["email"] = email
    return made
