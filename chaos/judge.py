"""The judgement on a cell: what both sandboxes' own ledgers say, and of our tables only what was kept and what is undone."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from redis import Redis, RedisError
from sqlalchemy import Connection, text

from chaos.flower import shown_by_flower
from chaos.judge_orders import Judgement, judge_orders, judge_totals
from chaos.judge_rest import judge_journals, judge_planted, judge_repeats
from chaos.stage import Stage

Json = dict[str, Any]

# What is held because its connection is halted goes on by itself.
_UNDONE = text(
    "select count(*) from records r join connections c on c.id = r.connection_id where r.kind <> 'canary'"
    " and (r.state in ('pending', 'working') or (r.state = 'held' and c.halt_code is not null))"
)
# What is only looked for until NetSuite can make it no more.
_UNSETTLED = text(f"{_UNDONE.text} and r.reason_code is distinct from 'may_yet_come'")
_LATE = text("select count(*) from effects where late_until is not null")
_PARKED = text("select state, reason_code, count(*) from records where state in ('parked', 'held') group by 1, 2")
_LEFT_OUT = text(
    "select shopify_id from records where kind = 'order' and state = 'excluded' and reason_subject = 'orders.cancelled'"
)
# Each claim of a record raises its fence.
_FENCES = text("select shopify_id, fence from records where kind = 'order'")
# Nothing will look at it: a record that is due was woken long ago, or is not to be tried within an hour.
_LEFT = text(
    "select state, coalesce(reason_code, '-'), next_attempt_at > now() + interval '10 minutes', count(*) from records"
    " where state in ('pending', 'working') and kind <> 'canary' group by 1, 2, 3"
)


def is_quiet(stage: Stage, *, with_late_changes: bool = False) -> bool:
    """True when our tables know of no undone work, `with_late_changes` nor of an order that is to be compared once more."""
    with stage.reading() as connection:
        asked = (_UNDONE, _LATE) if with_late_changes else (_UNDONE,)
        return not any(int(connection.execute(one).scalar_one()) for one in asked)


def only_waits(stage: Stage) -> bool:
    """True when all that is undone is looked for until NetSuite can make it no more."""
    with stage.reading() as connection:
        return not int(connection.execute(_UNSETTLED).scalar_one())


def judge(stage: Stage) -> Judgement:
    """Compares everything."""
    shop, account = stage.shop.get("ledger"), stage.account.get("ledger")
    deliveries = stage.shop.get("deliveries")
    kept = [item for item in deliveries if item["status"] == 200]
    accepted = {item["order_id"] for item in kept}
    sold = [item for item in shop["orders"] if item["id"] in accepted]
    judgement = Judgement(orders=len(sold))
    with stage.reading() as connection:
        left_out = {int(found) for found in connection.execute(_LEFT_OUT).scalars()}
        written = judge_orders(sold, account["transactions"], kept, judgement, left_out=left_out)
        judge_totals(written, account, judgement)
        _judge_customers(account["customers"], judgement)
        _judge_inbox(connection, {item["webhook_id"] for item in kept}, judgement)
        _judge_records(connection, judgement)
        judge_repeats(_passes(connection), sold, account["calls"], judgement)
    judge_journals(stage.directory, account, deliveries, lambda: stage.shop.get("deliveries"), judgement)
    _judge_privacy(stage, judgement)
    return judgement


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


def _passes(connection: Connection) -> dict[str, int]:
    """How many passes were begun over each order, by Shopify's id; of all records together under no id."""
    found = {row.shopify_id: int(row.fence) for row in connection.execute(_FENCES)}
    return found | {"": int(connection.execute(text("select coalesce(sum(fence), 0) from records")).scalar_one())}


def _judge_privacy(stage: Stage, judgement: Judgement) -> None:
    """None of the planted values is in a log of ours, in Redis or in what Flower shows."""
    ours = [
        *stage.directory.glob("w*-*.log"),
        *stage.directory.glob("beat-*.log"),
        *stage.directory.glob("flower-*.log"),
    ]
    for file in ours:
        judge_planted(file.read_bytes(), file.name, judgement)
    if stage.flower is not None:
        shown = shown_by_flower(stage.flower)
        judge_planted(shown, "Flower", judgement)
        if b"orders.sync" not in shown:
            judgement.objects("Flower has seen no task")
    try:
        with Redis.from_url(stage.redis.url, socket_timeout=5) as redis:
            judge_planted(b"".join(key + _held(redis, key) for key in redis.scan_iter()), "Redis", judgement)
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
