"""Random orders with random histories: however their news arrive, NetSuite ends in one state, to the cent and only once.

A long run is HISTORIES=500: as many new examples of each property.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.netsuite.errors import Refusal
from tests import factories
from tests.books import books, documents, doubles, left_of_order, money, sales_order
from tests.histories import GATEWAYS, History, histories, histories_at_a_till, orders
from tests.payloads import rest_order
from tests.tellings import Telling, at_the_end, beat, in_order, newest_id, shuffled
from tests.world import World, opened_world

Json = dict[str, Any]
Histories = st.SearchStrategy[History]

EXAMPLES = int(os.environ.get("HISTORIES", "0"))
pytestmark = pytest.mark.timeout(240 + EXAMPLES * 30)
METHODS = {name: {"method": "8", "account": "123"} for name in GATEWAYS}
REFUNDS = {"adjustment_item": "912", "no_restock_item": "905"}
SHOP_SHIPS: Json = {"fulfillments": {"source": "shopify"}}
RATES = {rate: {"type": "1", "code": "1"} for rate in ("6.25", "10", "20")}
# The shop's currency and the buyer's.
TWO_CURRENCIES = (("USD", "EUR"), ("USD", "JPY"), ("EUR", "GBP"))

# What a history may be held for, by subject or code: nothing else may stop one.
BY_HAND = frozenset(
    {"order:changed_too_late", "order:refund_partly_billed", "order:refunded_before_cash_sale", "total_mismatch"}
)
AT_A_TILL = frozenset({"order:changed_too_late", "total_mismatch"})
TWO_SIDED: frozenset[str] = frozenset()
# NetSuite taxes a tip or a correction that Shopify does not tax.
COMPUTED = frozenset({"total_mismatch"})


@dataclass(frozen=True, slots=True)
class Property:
    """What is held true of histories. `held_for`: what alone may stop one; `is_shown`: booked in the buyer's currency."""

    world: World
    held_for: frozenset[str] = frozenset()
    is_shown: bool = False
    hand: list[str] = field(default_factory=list)

    def ends_alike(self, history: History, chance: Random) -> None:
        """However a history is told, its books are the same."""
        self.must_agree(history, [in_order, partial(shuffled, chance=chance), at_the_end])

    def survives(self, history: History, chance: Random) -> None:
        """Told over a bad line it ends as over a good one."""
        self.must_agree(history, [in_order, partial(shuffled, chance=chance, meanwhile=partial(befall, chance=chance))])

    def respects_a_person(self, history: History, chance: Random) -> None:
        """While somebody bills and ships the order by hand, money is right, and what he wrote stays."""
        self.hand.clear()
        told = shuffled(self.world, history, chance, meanwhile=partial(work_by_hand, chance=chance, hand=self.hand))
        self.must_be_right(told)
        order = sales_order(told)
        if self.hand and order is not None and not any(may_change_the_memo(act) for act in history.acts):
            assert order["memo"] == self.hand[-1]

    def must_agree(self, history: History, ways: list[Callable[[World, History], Telling]]) -> None:
        """The tellings that were written at all, and were not held, end in the same books."""
        ends = [self.end_of(way(self.world, history)) for way in ways]
        written = [end for end in ends if end is not None]
        for end in written[1:]:
            assert end == written[0]

    def end_of(self, telling: Telling) -> list[str] | None:
        """The books in which a telling ends; None where it was not written, or is a person's to finish."""
        self.must_be_right(telling)
        return books(telling) if telling.state.state == "in_sync" else None

    def must_be_right(self, telling: Telling) -> None:
        """What holds for every history, by the two ledgers alone."""
        state = telling.state
        assert doubles(telling) == []
        if state.state == "excluded":
            assert documents(telling) == [], state.reason
        elif state.state == "held":
            assert (state.reason_subject or state.reason_code) in self.held_for, state.reason
            assert f"#{telling.number}" in (state.reason or "")
        else:
            assert state.state == "in_sync", state.reason
            booked, shown, shop = money(telling)
            assert booked == (shown if self.is_shown else shop)
            must_be_at_rest(telling)
            self.must_come_to_what_is_left(telling)

    def must_come_to_what_is_left(self, telling: Telling) -> None:
        """The sales order's total is Shopify's, less what was given back before it was billed."""
        order, left = sales_order(telling), left_of_order(telling, presentment=self.is_shown)
        is_open = (
            order is not None and order["status"] != "H" and all(line["billed"] == "0" for line in order["item_lines"])
        )
        if order is not None and left is not None and is_open:
            assert float(order["total"]) == float(left)


def must_be_at_rest(telling: Telling) -> None:
    """One more pass asks NetSuite for nothing."""
    calls = telling.world.account.calls
    before = len(calls)
    telling.hears()
    assert [f"{call.method} {call.path}" for call in calls[before:]] == []


def befall(telling: Telling, *, chance: Random) -> None:
    """Some of the next calls go wrong: refused before, carried out without an answer, carried out later."""
    paths = ("salesOrder", "customerDeposit", "customerRefund", "itemFulfillment", "creditMemo", "cashRefund")
    for _ in range(chance.randrange(3)):
        kind = chance.choice(("commit_then_drop", "status_before", "late_commit"))
        fault = {
            "kind": kind,
            "method": chance.choice(("POST", "PATCH")),
            "path": chance.choice(paths),
            "seconds": 0.01,
        }
        telling.world.account.faults.add(fault)


def work_by_hand(telling: Telling, *, chance: Random, hand: list[str]) -> None:
    """Now and then somebody does something to the order in NetSuite, where NetSuite lets him."""
    order = sales_order(telling)
    if order is None or chance.random() < 0.5:
        return
    text = f"by hand {chance.random()}"
    act: Json = chance.choice(
        [
            {"act": "bill", "order": order["id"], "as": chance.choice(("invoice", "cashSale"))},
            {"act": "fulfill", "order": order["id"], "lines": [{"line": 1, "quantity": 1}]},
            {"act": "edit", "record": order["id"], "fields": {"memo": text}},
        ]
    )
    with suppress(Refusal):
        account_act(telling.world.account, act)
        if act["act"] == "edit":
            hand.append(text)
    if chance.random() < 0.5:
        beat(telling.world)


def may_change_the_memo(act: Json) -> bool:
    """True for what Shopify's side of the memo is made of."""
    return act["act"] == "cancel" or "note" in act.get("changes", ())


@contextmanager
def books_of(database: Engine, redis_url: str, *, account: Json | None = None, **rules: Any) -> Iterator[World]:
    """A world with rules for all that a history can hold."""
    made = factories.rules_json(**({"payments": {"methods": METHODS}, "refunds": REFUNDS} | rules))
    with opened_world(database, redis_url, rules=made, account=account) as world:
        world.shop.change({"bucket": 1e9, "restore_rate": 1e9})
        yield world


def examples(number: int) -> settings:
    """The same few examples each time, or as many new ones as asked for."""
    return settings(
        max_examples=EXAMPLES or number,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if EXAMPLES else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def holds_for(drawn: Histories, check: Callable[[History, Random], None], *, number: int) -> None:
    """The check holds for so many histories. Chance is real: drawn from the example, it began at always the first choice."""

    @examples(number)
    @given(drawn, st.randoms(use_true_random=True))
    def holds(history: History, chance: Random) -> None:
        check(history, chance)

    holds()


def test_any_history_ends_in_the_same_books_however_its_news_arrive(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url) as world:
        holds_for(histories(orders()), Property(world).ends_alike, number=15)


def test_what_the_shop_ships_is_shipped_however_its_news_arrive(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url, **SHOP_SHIPS) as world:
        holds_for(histories(orders()), Property(world).ends_alike, number=10)


def test_any_history_told_over_a_bad_line_ends_as_over_a_good_one(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url, **SHOP_SHIPS) as world:
        holds_for(histories(orders()), Property(world).survives, number=10)


def test_where_external_ids_are_not_unique_nothing_stands_twice_either(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url, account={"external_id_unique": False}, **SHOP_SHIPS) as world:
        holds_for(histories(orders()), Property(world).survives, number=5)


def test_an_order_that_stands_twice_would_be_seen(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url, account={"external_id_unique": False}) as world:
        telling = Telling(world, 5001, newest_id(world))
        world.work(world.sell(rest_order()))
        assert doubles(telling) == []
        (order,) = world.transactions("SalesOrd")
        again = {"entity": {"id": "1456"}, "currency": {"id": "1"}, "item": {"items": [{"item": {"id": "812"}}]}}
        account_act(world.account, {"act": "enter", "fields": again | {"externalId": order["external_id"]}})
        assert doubles(telling) == ["SalesOrd of 5001"]


@pytest.mark.parametrize(
    "rules",
    [
        {"discount": {"mode": "net"}},
        {"tax": {"mode": "tax_details_override", "details": RATES}},
        {"refunds": {**REFUNDS, "returns": "return_authorization"}},
    ],
    ids=["net_discounts", "tax_details", "returns"],
)
def test_any_history_ends_in_the_same_books_under_other_rules(database: Engine, redis_url: str, rules: Json) -> None:
    with books_of(database, redis_url, **(SHOP_SHIPS | rules)) as world:
        holds_for(histories(orders()), Property(world).ends_alike, number=5)


def test_tax_that_netsuite_computes_at_the_same_rate_comes_to_the_same(database: Engine, redis_url: str) -> None:
    rules = {"tax": {"mode": "netsuite_computes"}, "rounding": {"item": "912", "max": "0.10"}}
    drawn = orders(rates=("0.1",), is_all_taxed=True)
    with books_of(database, redis_url, account={"tax_rate": "0.1"}, **rules) as world:
        holds_for(histories(drawn), Property(world, COMPUTED).ends_alike, number=5)


@pytest.mark.parametrize("side", ["shop", "presentment"])
def test_orders_in_two_currencies_are_booked_in_the_one_the_rules_name(
    database: Engine, redis_url: str, side: str
) -> None:
    with books_of(database, redis_url, orders={"currency": side}, **SHOP_SHIPS) as world:
        held = Property(world, TWO_SIDED, is_shown=side == "presentment")
        holds_for(histories(orders(currencies=TWO_CURRENCIES)), held.ends_alike, number=5)


def test_orders_in_a_currency_without_cents_come_out_even(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url, **SHOP_SHIPS) as world:
        holds_for(histories(orders(currencies=(("JPY", "JPY"),))), Property(world).ends_alike, number=5)


def test_what_is_sold_for_cash_is_right_or_held(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url, orders={"cash_sale_sources": ["pos"]}) as world:
        holds_for(histories_at_a_till(orders()), Property(world, AT_A_TILL).ends_alike, number=7)


def test_nobody_who_works_on_the_order_by_hand_is_fought(database: Engine, redis_url: str) -> None:
    with books_of(database, redis_url) as world:
        holds_for(histories(orders()), Property(world, BY_HAND).respects_a_person, number=14)
