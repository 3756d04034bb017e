"""Compares what both sides' own ledgers say with what was sold. Knows nothing of the connector's tables."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.day import Sale

Json = Mapping[str, Any]


@dataclass(slots=True)
class Verdict:
    """The numbers of the table, and every disagreement in a sentence."""

    received: int = 0
    duplicates: int = 0
    unanswered: int = 0
    in_netsuite: int = 0
    held: Counter[str] = field(default_factory=Counter)
    excluded: int = 0
    sold: dict[str, Decimal] = field(default_factory=dict)
    booked: dict[str, Decimal] = field(default_factory=dict)
    deposited: dict[str, Decimal] = field(default_factory=dict)
    paid: dict[str, Decimal] = field(default_factory=dict)
    calls: int = 0
    refused: int = 0
    shop_tokens: Json = field(default_factory=dict)
    account_tokens: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """True when nothing differs."""
        return not self.problems


def judge(shop: Json, account: Json, sales: Sequence[Sale], *, shop_id: int, known_customers: Sequence[str]) -> Verdict:
    """The verdict on a day: the ids in `known_customers` stood in NetSuite before it began."""
    verdict = Verdict()
    deliveries = shop["deliveries"]
    verdict.received = deliveries["sent"]
    verdict.duplicates = deliveries["sent"] - deliveries["distinct"]
    verdict.unanswered = deliveries["sent"] - deliveries["acknowledged"]
    if verdict.unanswered:
        verdict.problems.append(f"{verdict.unanswered} deliveries were not answered 200")
    verdict.calls = account["calls"]["total"]
    verdict.refused = account["calls"]["refused_429"]
    verdict.shop_tokens, verdict.account_tokens = shop["tokens"], account["tokens"]
    _judge_tokens("the shop", shop["tokens"], verdict)
    _judge_tokens("the account", account["tokens"], verdict)
    found = _by_external_id(account["transactions"])
    wanted_ids = set()
    for sale in sales:
        wanted_ids |= _judge_sale(sale, found, verdict, shop_id)
    verdict.problems += [f"NetSuite has a record {key}, which nobody sold" for key in sorted(set(found) - wanted_ids)]
    _judge_sales_in_shop(shop, sales, verdict)
    _judge_customers(account["customers"], known_customers, verdict)
    return verdict


def _judge_tokens(side: str, tokens: Json, verdict: Verdict) -> None:
    """Every request came with a token of that side's own making that had not ended."""
    for why, what in (("ended", "that had ended"), ("unknown", "it never gave")):
        if count := tokens[f"refused_{why}"]:
            verdict.problems.append(f"{count} requests came to {side} with an access token {what}")


def _by_external_id(transactions: Sequence[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for item in transactions:
        found[item["external_id"] or f"{item['type']} {item['id']} without an external id"].append(item)
    return found


def _judge_sale(sale: Sale, found: Mapping[str, list[Json]], verdict: Verdict, shop_id: int) -> set[str]:
    """Holds one sale against the ledger; the external ids that belong to it."""
    kind, _, why = sale.expect.partition(":")
    if kind == "held":
        verdict.held[why] += 1
    if kind == "excluded":
        verdict.excluded += 1
    if kind != "synced":
        return set()
    order_key = f"SHOPIFY-{shop_id}-ORDER-{sale.order['id']}"
    name = sale.order["name"]
    _add(verdict.sold, sale.currency, sale.total)
    if _exactly_one(found, order_key, "SalesOrd", sale.total, sale.currency, f"order {name}", verdict):
        verdict.in_netsuite += 1
        _add(verdict.booked, sale.currency, Decimal(found[order_key][0]["total"]))
    keys = {order_key}
    for transaction, amount in sale.deposits.items():
        key = f"SHOPIFY-{shop_id}-TXN-{transaction}"
        keys.add(key)
        _add(verdict.paid, sale.currency, amount)
        if _exactly_one(found, key, "CustDep", amount, sale.currency, f"payment {transaction} of {name}", verdict):
            _add(verdict.deposited, sale.currency, Decimal(found[key][0]["total"]))
            _belongs_to(found[key][0], found.get(order_key, []), f"payment {transaction} of {name}", verdict)
    return keys


def _belongs_to(deposit: Json, orders: Sequence[Json], what: str, verdict: Verdict) -> None:
    """A deposit counts only on its own order and for the order's customer."""
    if [(order["id"], order["entity"]) for order in orders] != [(deposit["sales_order"], deposit["entity"])]:
        verdict.problems.append(f"{what} is booked on another order or for another customer")


def _exactly_one(
    found: Mapping[str, list[Json]], key: str, kind: str, amount: Decimal, currency: str, what: str, verdict: Verdict
) -> bool:
    """True for one record of that kind with that money; otherwise the verdict gets a sentence."""
    records = found.get(key, [])
    if len(records) != 1:
        verdict.problems.append(f"{what} stands in NetSuite {len(records)} times")
        return False
    record = records[0]
    if (record["type"], Decimal(record["total"]), record["currency"]) != (kind, amount, currency):
        verdict.problems.append(
            f"{what} is {record['type']} of {record['total']} {record['currency']} in NetSuite, "
            f"{kind} of {amount} {currency} was wanted"
        )
    return True


def _judge_sales_in_shop(shop: Json, sales: Sequence[Sale], verdict: Verdict) -> None:
    """The shop's own ledger must hold what we believe was sold and paid, and nothing else."""
    booked = {
        item["id"]: (Decimal(item["presentment_total"]), item["presentment_currency"], _paid(item))
        for item in shop["orders"]
    }
    for sale in sales:
        if booked.pop(sale.order["id"], None) != (sale.total, sale.currency, sale.deposits):
            verdict.problems.append(f"the shop's ledger has {sale.order['name']} with other money")
    verdict.problems += [f"the shop has an order {number} that was not planned" for number in booked]


def _paid(order: Json) -> dict[int, Decimal]:
    return {
        item["id"]: Decimal(item["amount"])
        for item in order["transactions"]
        if item["kind"] in ("sale", "capture") and item["status"] == "success"
    }


def _judge_customers(customers: Sequence[Json], known: Sequence[str], verdict: Verdict) -> None:
    places = Counter((item["email"].lower(), item["subsidiary"]) for item in customers if item["email"])
    verdict.problems += [
        f"customer {email} stands in NetSuite {count} times" for (email, _), count in places.items() if count > 1
    ]
    ids = Counter(item["external_id"] for item in customers if item["external_id"])
    verdict.problems += [f"customer {key} stands in NetSuite {count} times" for key, count in ids.items() if count > 1]
    lost = set(known) - {item["id"] for item in customers}
    verdict.problems += [f"customer {number} stood in NetSuite before and is gone" for number in sorted(lost)]


def _add(sums: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    sums[currency] = sums.get(currency, Decimal(0)) + amount
