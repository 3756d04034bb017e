"""Ids, times, money bags and pages: what every value is made of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


# Given to a connection instead of what GraphQL knows of a field: a bulk operation ignores pages.
EVERYTHING = object()


class TooManyError(Exception):
    """A page of more than 250 was asked for."""


@dataclass(frozen=True, slots=True)
class Currencies:
    """The shop's currency and the one the buyer saw."""

    shop: str
    shown: str

    @classmethod
    def of(cls, order: Json) -> "Currencies":
        """Those of an order; before 2018 there was only one."""
        return cls(order["currency"], order.get("presentment_currency") or order["currency"])

    def bag(self, given: Json | None, plain: object = None, default: str = "0.00") -> Json:
        """A MoneyBag from a REST money set, or from a plain amount where the set is missing."""
        if given is not None:
            return {"shopMoney": _money(given["shop_money"]), "presentmentMoney": _money(given["presentment_money"])}
        amount = str(plain if plain is not None else default)
        return self.both(amount, amount)

    def both(self, shop: object, shown: object) -> Json:
        """A MoneyBag of two amounts."""
        return {
            "shopMoney": {"amount": str(shop), "currencyCode": self.shop},
            "presentmentMoney": {"amount": str(shown), "currencyCode": self.shown},
        }

    def total(self, bags: Iterable[Json]) -> Json:
        """The sum of MoneyBags."""
        sums = [Decimal("0.00"), Decimal("0.00")]
        for bag in bags:
            sums[0] += Decimal(bag["shopMoney"]["amount"])
            sums[1] += Decimal(bag["presentmentMoney"]["amount"])
        return self.both(*sums)


def optional_bag(given: Json | None) -> Json | None:
    """A MoneyBag, or None where there is no set."""
    return None if given is None else Currencies("", "").bag(given)


def negative(bag: Json) -> Json:
    """The MoneyBag with its amounts turned."""
    return {side: {**money, "amount": str(-Decimal(money["amount"]))} for side, money in bag.items()}


def gid(kind: str, number: object) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{number}"


def reference(kind: str, number: object | None) -> Json | None:
    """An object of which only the id is known."""
    return None if number is None else {"id": gid(kind, number)}


def location_of(number: int | None) -> Json | None:
    """One of the shop's locations; its name is the shop's to tell, which is the context of a query."""
    found = reference("Location", number)
    return None if found is None else found | {"name": lambda info: info.context.location_name(number)}


def utc(text: str | None) -> str | None:
    """An ISO time with any offset as UTC with `Z`."""
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pairs(items: Sequence[Json] | None) -> list[Json]:
    """REST's name and value as Attributes."""
    return [{"key": str(item["name"]), "value": str(item["value"])} for item in items or []]


def connection_of(nodes: Sequence[Any]) -> Callable[..., Json]:
    """A connection that is paged by cursor; the cursor is the position, opaque to the caller.

    `value` makes the nodes of a page where they are dear.
    """

    def page(
        info: object,
        first: int | None = None,
        after: str | None = None,
        value: Callable[[Any], Json] | None = None,
        **_: object,
    ) -> Json:
        start = int(after.removeprefix("c")) if after else 0
        end = len(nodes) if info is EVERYTHING else start + checked(first)
        return {
            "nodes": nodes[start:end] if value is None else [value(node) for node in nodes[start:end]],
            "pageInfo": {
                "hasNextPage": end < len(nodes),
                "hasPreviousPage": start > 0,
                "endCursor": f"c{min(end, len(nodes))}" if nodes else None,
            },
        }

    return page


def list_of(nodes: Sequence[Json]) -> Callable[..., Sequence[Json]]:
    """A list that is cut off without a word, as Shopify's lists with `first` are."""
    return lambda _info, first=None, **_: nodes[: checked(first)]


def checked(first: int | None) -> int:
    """The page size. Raises TooManyError."""
    if first is None:
        return 250
    if first > 250:
        raise TooManyError(f"first cannot exceed 250, {first} were asked for")
    return first


def _money(given: Json) -> Json:
    return {"amount": str(given["amount"]), "currencyCode": given.get("currency_code") or given.get("currency")}
