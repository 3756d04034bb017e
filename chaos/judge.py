"""The judgement on a cell: what both sandboxes' own ledgers say, and of our tables only what was kept and what is undone."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from redis import Redis, RedisError
from sqlalchemy import Connection, text

from chaos.stage import Stage
from chaos.traffic import PLANTED
from connector.sandbox.scenario import world

Json = dict[str, Any]

# What is held because its connection is halted goes on by itself.
_UNDONE = text(
    "select count(*) from records r join connections c on c.id = r.connection_id where r.kind <> 'canary'"
    " and (r.state in ('pending', 'working') or (r.state = 'held' and c.halt_code is not null))"
)
_PARKED = text("select state, reason_code, count(*) from records where state in ('parked', 'held') group by 1, 2")
# Nothing will look at it: a record that is due was woken long ago, or is not to be tried within an hour.
_LEFT = text(
    "select state, coalesce(reason_code, '-'), next_attempt_at > now() + interval '10 minutes', count(*) from records"
    " where state in ('pending', 'working') and kind <> 'canary' group by 1, 2, 3"
)


@dataclass(slots=True)
class Judgement:
    """Orders that were accepted, what is missing or too much in NetSuite, every objection, and how long orders took."""

    orders: int = 0
    lost: int = 0
    doubled: int = 0
    objections: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    # Seconds until what a killed worker was at was taken by another.
    found_again: list[float] = field(default_factory=list)

    def objects(self, sentence: str) -> None:
        """One more objection."""
        self.objections.append(sentence)


def is_quiet(stage: Stage) -> bool:
    """True when our tables know of no undone work; False while the database cannot say."""
    with stage.reading() as connection:
        return int(connection.execute(_UNDONE).scalar_one()) == 0


def judge(stage: Stage) -> Judgement:
    """Compares everything."""
    shop, account = stage.shop.get("ledger"), stage.account.get("ledger")
    deliveries = stage.shop.get("deliveries")
    kept = [item for item in deliveries if item["status"] == 200]
    accepted = {item["order_id"] for item in kept}
    sold = [item for item in shop["orders"] if item["id"] in accepted]
    judgement = Judgement(orders=len(sold))
    judge_orders(sold, account["transactions"], kept, judgement)
    judge_totals(sold, account, judgement)
    _judge_customers(account["customers"], judgement)
    with stage.reading() as connection:
        _judge_inbox(connection, {item["webhook_id"] for item in kept}, judgement)
        _judge_records(connection, judgement)
        _judge_repeats(connection, account, judgement)
    _judge_privacy(stage, judgement)
    return judgement


def money_of(sold: Json) -> dict[str, Decimal]:
    """External id → amount of each transaction that is money."""
    return {
        f"SHOPIFY-{world.SHOP_ID}-TXN-{item['id']}": Decimal(str(item["amount"]))
        for item in sold["transactions"]
        if item["kind"] in ("sale", "capture") and item["status"] == "success"
    }


def judge_orders(sold: Sequence[Json], booked: Sequence[Json], kept: Sequence[Json], judgement: Judgement) -> None:
    """Exactly one sales order of the same total for each order, exactly one deposit for each transaction that is money."""
    by_key: dict[str, list[Json]] = defaultdict(list)
    for item in booked:
        by_key[item["external_id"] or ""].append(item)
    last = {item["order_id"]: item["acknowledged_at"] for item in kept}
    for one in sold:
        wanted = {world.order_key(one["id"]): Decimal(one["presentment_total"])} | money_of(one)
        stood = []
        for key, amount in wanted.items():
            found = by_key[key]
            if len(found) != 1:
                judgement.objects(f"{one['name']}: NetSuite has {key} {len(found)} times")
                judgement.lost += not found
                continue
            stood.append(found[0]["at"])
            if Decimal(str(found[0]["total"])) != amount:
                judgement.objects(f"{one['name']}: {key} comes to {found[0]['total']}, not {amount}")
        judgement.waits.append(max(0.0, max(stood, default=time.time()) - last[one["id"]]))


def judge_totals(sold: Sequence[Json], account: Json, judgement: Judgement) -> None:
    """Whatever its external id: not one document more than was sold, and the account's own sums to the cent."""
    counts = Counter(item["type"] for item in account["transactions"])
    deposits = [amount for one in sold for amount in money_of(one).values()]
    for kind, wanted in (("SalesOrd", len(sold)), ("CustDep", len(deposits))):
        more = max(0, counts[kind] - wanted)
        judgement.doubled += more
        if more:
            judgement.objects(f"NetSuite has {more} {kind} too many")
    sums = (
        (sum((Decimal(one["presentment_total"]) for one in sold), Decimal(0)), "orders"),
        (sum(deposits), "deposits"),
    )
    for ours, figure in sums:
        theirs = sum((Decimal(amount) for amount in account["money"][figure].values()), Decimal(0))
        if theirs != ours:
            judgement.objects(f"NetSuite's {figure} come to {theirs}, Shopify's to {ours}")


def _judge_customers(customers: Sequence[Json], judgement: Judgement) -> None:
    places = Counter(item["email"].lower() for item in customers if item["email"])
    if doubled := sum(count - 1 for count in places.values() if count > 1):
        judgement.doubled += doubled
        judgement.objects(f"NetSuite has {doubled} customers too many")


def _judge_inbox(connection: Connection, accepted: set[str], judgement: Judgement) -> None:
    """Every delivery that was answered 200 has one row."""
    rows = Counter(connection.execute(text("select delivery_id from events where source = 'webhook'")).scalars())
    if missing := len(accepted - set(rows)):
        judgement.lost += missing
        judgement.objects(f"{missing} deliveries were answered 200 and are not in the inbox")
    if doubled := sum(1 for one in accepted if rows[one] > 1):
        judgement.objects(f"{doubled} deliveries stand in the inbox more than once")


def _judge_records(connection: Connection, judgement: Judgement) -> None:
    """Nothing undone, nothing parked or held: no fault here is a permanent one."""
    for state, reason, count in connection.execute(_PARKED):
        judgement.objects(f"{count} records are {state}: {reason}")
    for state, reason, is_far, count in connection.execute(_LEFT):
        when = "not for ten minutes" if is_far else "due"
        judgement.objects(f"{count} records are undone: {state}, {reason}, {when}")


def _judge_repeats(connection: Connection, account: Json, judgement: Judgement) -> None:
    """No more tries to make an order than passes were begun; each claim of a record raises its fence."""
    tries = account["calls"]["by_path"].get("POST salesOrder", 0)
    passes = int(
        connection.execute(text("select coalesce(sum(fence), 0) from records where kind = 'order'")).scalar_one()
    )
    if tries > passes:
        judgement.objects(f"{tries} times a sales order was sent, in {passes} passes")


def _judge_privacy(stage: Stage, judgement: Judgement) -> None:
    """The planted name is in no log of ours and nowhere in Redis."""
    needle = PLANTED.encode()
    ours = [*stage.directory.glob("w*-*.log"), *stage.directory.glob("beat-*.log")]
    for file in ours:
        if needle in file.read_bytes():
            judgement.objects(f"a customer's name stands in {file.name}")
    try:
        with Redis.from_url(stage.redis.url, socket_timeout=5) as redis:
            if any(needle in _held(redis, key) for key in redis.scan_iter()):
                judgement.objects("a customer's name stands in Redis")
    except RedisError as error:
        judgement.objects(f"Redis could not be looked through: {type(error).__name__}")


def _held(redis: Redis, key: bytes) -> bytes:
    """What a key holds, as bytes to be searched."""
    readers: dict[bytes, Callable[[], object]] = {
        b"string": lambda: redis.get(key),
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: redis.smembers(key),
        b"hash": lambda: redis.hgetall(key),
        b"zset": lambda: redis.zrange(key, 0, -1),
    }
    reader = readers.get(bytes(redis.type(key)))  # type: ignore[arg-type]  # a client without decoding answers in bytes
    return b"" if reader is None else repr(reader()).encode()
