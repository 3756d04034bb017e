"""Compares what both sides' own ledgers say with each other and with what was sold. Knows nothing of the connector's tables."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.sandbox.judge_goods import judge_shipments, judge_stock
from connector.sandbox.judge_order import Case, judge_order, keys_of
from connector.sandbox.scenario.day import Day, Sale
from connector.sandbox.scenario.lives import Life
from connector.sandbox.verdict import DEPOSITS, NET, REFUNDS, Verdict

Json = Mapping[str, Any]

# What an accountant makes by hand from our orders; everything else needs a key of ours.
_BILLS = ("CustInvc", "CashSale")
# What the shop is told of the warehouse's shipments.
_TOLD = frozenset({"fulfill", "update_tracking", "cancel_fulfillment"})
_BY_HAND = (*_BILLS, "ItemShip", "DepAppl")


def judge(shop: Json, account: Json, day: Day, *, shop_id: int, known_customers: Sequence[str]) -> Verdict:
    """The verdict on a day as far as it has gone: the ids in `known_customers` stood in NetSuite before it began."""
    verdict = Verdict()
    _judge_deliveries(shop["deliveries"], verdict)
    verdict.calls = account["calls"]["total"]
    verdict.refused = account["calls"]["refused_429"]
    verdict.shop_tokens, verdict.account_tokens = shop["tokens"], account["tokens"]
    _judge_tokens("the shop", shop["tokens"], verdict)
    _judge_tokens("the account", account["tokens"], verdict)
    cases = _cases(shop, account, day, shop_id)
    _judge_sales_in_shop(shop, cases, verdict)
    for case in cases:
        judge_order(case, verdict)
    _judge_strangers(account["transactions"], cases, verdict)
    _judge_sums(account["money"], verdict)
    _judge_customers(account["customers"], known_customers, verdict)
    return verdict


def judge_evening(shop: Json, account: Json, day: Day, *, shop_id: int, known_customers: Sequence[str]) -> Verdict:
    """The same when everything is over: what the warehouse shipped is in the shop, and both have the same for sale."""
    verdict = judge(shop, account, day, shop_id=shop_id, known_customers=known_customers)
    cases = _cases(shop, account, day, shop_id)
    judge_stock(shop["inventory"], account, cases, verdict)
    for case in cases:
        judge_shipments(case, verdict)
    return verdict


def _cases(shop: Json, account: Json, day: Day, shop_id: int) -> list[Case]:
    """Each sale with what both ledgers have of it."""
    booked = {item["id"]: item for item in shop["orders"]}
    lives = {life.order_id: life for life in day.lives}
    by_key: dict[str, list[Json]] = defaultdict(list)
    by_source: dict[str, list[Json]] = defaultdict(list)
    for item in account["transactions"]:
        if item["external_id"]:
            by_key[item["external_id"]].append(item)
        if item["created_from"]:
            by_source[item["created_from"]].append(item)
    return [
        Case(sale, lives.get(sale.order["id"]) or _quiet(sale), booked[sale.order["id"]], by_key, by_source, shop_id)
        for sale in day.sales
        if sale.order["id"] in booked
    ]


def _quiet(sale: Sale) -> Life:
    return Life(sale.order["id"], "nothing", ())


def _judge_deliveries(deliveries: Json, verdict: Verdict) -> None:
    verdict.received = deliveries["sent"]
    verdict.duplicates = deliveries["sent"] - deliveries["distinct"]
    if unanswered := deliveries["sent"] - deliveries["acknowledged"]:
        verdict.differs(f"{unanswered} deliveries were not answered 200")


def _judge_tokens(side: str, tokens: Json, verdict: Verdict) -> None:
    """Every request came with a token of that side's own making that had not ended."""
    for why, what in (("ended", "that had ended"), ("unknown", "it never gave")):
        if count := tokens[f"refused_{why}"]:
            verdict.differs(f"{count} requests came to {side} with an access token {what}")


def _judge_sales_in_shop(shop: Json, cases: Sequence[Case], verdict: Verdict) -> None:
    """The shop's own ledger must hold what was sold, and nothing else; to an order that lives on, its acts add."""
    for case in cases:
        sale, sold = case.sale, case.sold
        money = (Decimal(sold["presentment_total"]), sold["presentment_currency"], Decimal(sold["paid"]))
        if not sold["acts"] and money != (sale.total, sale.currency, sum(sale.deposits.values(), Decimal(0))):
            verdict.differs(f"the shop's ledger has {case.name} with other money")
        done = [act.asked["act"] for act in case.life.acts if act.side == "shop"]
        if sold["acts"][: len(done)] != done or not _TOLD.issuperset(sold["acts"][len(done) :]):
            verdict.differs(f"{case.name}: {done} was to happen in the shop, {sold['acts']} did")
    known = {case.sale.order["id"] for case in cases}
    for item in shop["orders"]:
        if item["id"] not in known:
            verdict.differs(f"the shop has an order {item['id']} that was not planned")


def _judge_strangers(transactions: Sequence[Json], cases: Sequence[Case], verdict: Verdict) -> None:
    """Nothing stands in the account but what belongs to a sale, and what the accountant made by hand."""
    ours = {key for case in cases for key in keys_of(case)}
    orders = {record["id"] for case in cases for record in case.found(case.order_key)}
    for item in transactions:
        key = item["external_id"]
        if key in ours or (not key and item["type"] in _BY_HAND and _source(item) in orders | {None}):
            continue
        named = key or f"{item['type']} {item['id']} without an external id"
        verdict.differs(f"NetSuite has a record {named}, which nobody sold")
    billed = sum(item["type"] in _BILLS and not item["external_id"] for item in transactions)
    wanted = sum(case.life.bills for case in cases)
    verdict.happened["billed by the accountant"] = billed
    if billed != wanted:
        verdict.differs(f"the accountant billed {wanted} times, NetSuite has {billed} bills")


def _source(item: Json) -> str | None:
    """The order a record by hand was made from; an application of a deposit names none."""
    return None if item["type"] == "DepAppl" else str(item["created_from"])


def _judge_sums(money: Json, verdict: Verdict) -> None:
    """The account's own sums are those of the single records: nothing stands beside them."""
    for currency in verdict.money:
        for figure in (DEPOSITS, REFUNDS):
            ours, theirs = verdict.sides(currency, figure).netsuite, Decimal(money[figure].get(currency, "0"))
            if ours != theirs:
                verdict.differs(f"NetSuite's {figure} come to {theirs} {currency}, those of our orders to {ours}")
        came, went, net = (verdict.sides(currency, figure) for figure in (DEPOSITS, REFUNDS, NET))
        net.netsuite = came.netsuite - went.netsuite
        if net.netsuite != net.shopify:
            verdict.differs(f"the net of all orders is {net.shopify} {currency} in Shopify, {net.netsuite} in NetSuite")


def _judge_customers(customers: Sequence[Json], known: Sequence[str], verdict: Verdict) -> None:
    places = Counter((item["email"].lower(), item["subsidiary"]) for item in customers if item["email"])
    ids = Counter(item["external_id"] for item in customers if item["external_id"])
    for who, count in [*((email, count) for (email, _), count in places.items()), *ids.items()]:
        if count > 1:
            verdict.differs(f"customer {who} stands in NetSuite {count} times")
    for number in sorted(set(known) - {item["id"] for item in customers}):
        verdict.differs(f"customer {number} stood in NetSuite before and is gone")
