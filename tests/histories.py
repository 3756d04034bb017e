"""Random orders, and what can happen to them in the shop, as hypothesis draws it.

An act names its line, parcel or share of the money by small numbers, so that one history fits any order; what an order as it
stands has nothing for, or what the shop refuses, did not happen.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from connector.sandbox.shopify.acts.amounts import Coins, Pair
from connector.sandbox.shopify.acts.taxes import Taxes, line_worth, retotal
from tests.payloads import rest_order

Json = dict[str, Any]

KNOWN_BUYER = {"id": 7012, "first_name": "Known", "last_name": "Buyer", "email": "known@example.com"}
# What one unit of the shop's currency is in the buyer's.
RATES = {("USD", "EUR"): "0.9137", ("USD", "JPY"): "149.53", ("EUR", "GBP"): "0.8517"}
PAID: Json = {"act": "pay", "share": 100, "gateway": "shopify_payments"}
GATEWAYS = ("shopify_payments", "gift_card", "manual")


@dataclass(frozen=True, slots=True)
class History:
    """An order as it is placed and everything that happens to it, in the shop's order."""

    order: Json
    acts: tuple[Json, ...]


def histories(orders: st.SearchStrategy[Json], *, longest: int = 8) -> st.SearchStrategy[History]:
    """Histories of such orders: how it is paid first, then anything."""
    later = st.lists(st.one_of(*_ACTS), max_size=longest)
    return st.builds(lambda order, first, rest: History(order, (*first, *rest)), orders, _FIRST, later)


def histories_at_a_till(orders: st.SearchStrategy[Json], *, longest: int = 6) -> st.SearchStrategy[History]:
    """Histories of orders that are paid at once."""
    later = st.lists(st.one_of(*_ACTS), max_size=longest)
    return st.builds(lambda order, rest: History({**order, "source": "pos"}, (PAID, *rest)), orders, later)


def orders(
    *,
    currencies: tuple[tuple[str, str], ...] = (("USD", "USD"),),
    rates: tuple[str, ...] = ("0.0625", "0.1", "0.2"),
    is_all_taxed: bool = False,
) -> st.SearchStrategy[Json]:
    """What an order is made from. `currencies`: the shop's and the buyer's; `rates`: taxes it may bear."""
    return st.fixed_dictionaries(
        {
            "currencies": st.sampled_from(currencies),
            "included": st.booleans(),
            "rates": st.lists(st.sampled_from(rates), max_size=2, unique=True, min_size=is_all_taxed),
            "lines": st.lists(_TAXED_LINES if is_all_taxed else _LINES, min_size=1, max_size=4),
            "discount": st.sampled_from([0, 0, 10, 33, 100]),
            "shipping": st.just([]) if is_all_taxed else st.lists(_CHARGES, max_size=2),
            "tip": st.just(0) if is_all_taxed else st.sampled_from([0, 0, 0, 250]),
            "source": st.just("web"),
        }
    )


def placed(number: int, drawn: Json) -> Json:
    """The order under that number, as it is before anything was paid; its totals follow from its lines."""
    shop, shown = drawn["currencies"]
    coins = Coins(shop, shown)
    rates = {f"Tax {rate}": {"title": f"Tax {rate}", "rate": float(rate)} for rate in drawn["rates"]}
    taxes = Taxes(coins, rates, drawn["included"])
    order = rest_order(
        number,
        currency=shop,
        presentment_currency=shown,
        taxes_included=drawn["included"],
        financial_status="pending",
        source_name=drawn["source"],
        customer=KNOWN_BUYER,
        name=f"#{number}",
        line_items=[_line(number * 10 + n, line, drawn["discount"], taxes) for n, line in enumerate(drawn["lines"])],
        discount_applications=_applications(drawn),
        shipping_lines=[_charge(number * 10 + n, charge, taxes) for n, charge in enumerate(drawn["shipping"])],
    )
    if drawn["tip"] and shop == shown == "USD":
        order["total_tip_received"] = str(Decimal(drawn["tip"]).scaleb(-2))
    retotal(order)
    return order


def money(cents: int, coins: Coins) -> Pair:
    """So many cents of the shop's currency on both sides; whole yen."""
    shop = Decimal(cents).scaleb(0 if coins.shop == "JPY" else -2)
    rate = Decimal(1) if coins.shop == coins.shown else Decimal(RATES[coins.shop, coins.shown])
    return coins.rounded(Pair(shop, shop * rate))


_CENTS = st.integers(min_value=1, max_value=9999)
_CHARGES = st.tuples(_CENTS, st.sampled_from([0, 0, 50, 100]))


def _lines(kinds: list[str], taxable: st.SearchStrategy[bool]) -> st.SearchStrategy[Json]:
    numbers = {"cents": _CENTS, "quantity": st.integers(1, 5), "off": st.sampled_from([0, 0, 0, 1, 25])}
    return st.fixed_dictionaries({"kind": st.sampled_from(kinds), "taxable": taxable, **numbers})


_LINES = _lines(["MUG-RED", "MUG-BLUE", "MUG-RED", "custom", "gift card"], st.booleans())
_TAXED_LINES = _lines(["MUG-RED", "MUG-BLUE"], st.just(True))
_NUMBERS = st.integers(0, 3)


def _act(verb: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({"act": st.just(verb), **members})


_PAY = _act("pay", share=st.sampled_from([30, 50, 100, 100]), gateway=st.sampled_from(GATEWAYS))
_AUTHORIZE = _act("authorize", share=st.just(100), gateway=st.sampled_from(GATEWAYS[:1]))
_FAIL = _act("pay", share=st.just(100), gateway=st.just(GATEWAYS[0]), status=st.sampled_from(["failure", "error"]))
_FIRST: st.SearchStrategy[tuple[Json, ...]] = st.one_of(
    st.just((PAID,)),
    st.tuples(_AUTHORIZE),
    st.tuples(_PAY, _PAY),
    st.tuples(_FAIL, _PAY),
    st.just(()),
)
_UNITS = st.tuples(_NUMBERS, st.integers(1, 3), st.sampled_from(["cancel", "return", "no_restock"]))
_CHANGES = st.one_of(
    st.tuples(st.just("add_line"), st.sampled_from(["MUG-RED", "MUG-BLUE", ""]), _CENTS, st.integers(1, 3)),
    st.tuples(st.just("set_quantity"), _NUMBERS, st.integers(0, 5)),
    st.tuples(st.just("remove_shipping")),
)
_UPDATES = st.sampled_from(
    [
        {"note": "ring twice"},
        {"note": ""},
        {"tags": "vip, late"},
        {"phone": "+15555550123"},
        {"email": "other@example.com"},
        {"shipping_address": {"address1": "2 Other Street"}},
        {"shipping_address": {"city": "Shelbyville", "phone": "12"}},
    ]
)
_REFUND = _act(
    "refund",
    units=st.lists(_UNITS, max_size=2),
    shipping=st.sampled_from([None, None, 100, 30]),
    share=st.sampled_from([None, None, None, 0, 1, 10, 50, 100]),
    pending=st.sampled_from([False, False, True]),
)
_TRACKING = st.sampled_from([[], ["1Z1"], ["1Z2", "1Z3"]])
_ACTS: list[st.SearchStrategy[Json]] = [
    _PAY,
    _AUTHORIZE,
    _act("capture", share=st.sampled_from([30, 100])),
    _act("void"),
    _act("tip", cents=_CENTS),
    _act("update", changes=_UPDATES),
    _act("edit", changes=st.lists(_CHANGES, min_size=1, max_size=3), restock=st.booleans()),
    _act("cancel", restock=st.booleans(), refund=st.sampled_from(["original", "original", "none"])),
    _act("fulfill", line=st.sampled_from([None, 0, 1, 2]), units=st.integers(1, 2), tracking=_TRACKING),
    _act("update_tracking", parcel=_NUMBERS, tracking=_TRACKING.filter(bool)),
    _act("cancel_fulfillment", parcel=_NUMBERS),
    _REFUND,
    _REFUND,
    _act("settle_refund", status=st.sampled_from(["success", "success", "failure"])),
]


def _line(number: int, drawn: Json, percent: int, taxes: Taxes) -> Json:
    coins, kind = taxes.coins, drawn["kind"]
    sku = kind if kind.startswith("MUG") else None
    line: Json = {
        "id": number, "name": kind, "title": kind, "sku": sku, "quantity": drawn["quantity"], "variant_id": 9001,
        "product_exists": sku is not None, "product_id": 8001 if sku else None, "gift_card": kind == "gift card",
        "taxable": drawn["taxable"] and kind != "gift card", "tax_lines": [], "discount_allocations": [],
    } | coins.named("price", money(drawn["cents"], coins))  # fmt: skip
    worth = line_worth(line, coins)
    if percent:
        worth -= _allocate(line, 0, worth.times(percent, 100), coins)
    if drawn["off"]:
        fixed = money(drawn["off"], coins)
        _allocate(line, 1, fixed if fixed.shop <= worth.shop and fixed.shown <= worth.shown else worth, coins)
    if line["taxable"]:
        line["tax_lines"] = taxes.on(line_worth(line, coins))
    return line


def _allocate(line: Json, index: int, amount: Pair, coins: Coins) -> Pair:
    share = coins.rounded(amount)
    line["discount_allocations"].append({"discount_application_index": index} | coins.named("amount", share))
    return share


def _applications(drawn: Json) -> list[Json]:
    whole = {"type": "discount_code", "code": "ALL", "value": str(drawn["discount"]), "value_type": "percentage"}
    fixed = {"type": "manual", "title": "Line", "value": "0.25", "value_type": "fixed_amount"}
    return [item | {"target_type": "line_item", "allocation_method": "across"} for item in (whole, fixed)]


def _charge(number: int, drawn: tuple[int, int], taxes: Taxes) -> Json:
    """A shipping charge of so many cents, so many per cent of it taken off."""
    coins, (cents, percent) = taxes.coins, drawn
    price = money(cents, coins)
    paid = price - coins.rounded(price.times(percent, 100))
    amounts = coins.named("price", price) | coins.named("discounted_price", paid)
    return {"id": number, "title": "Standard", "code": "Standard", "tax_lines": taxes.on(paid)} | amounts
