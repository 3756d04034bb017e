"""What may be asked of both systems right now, as connector.limits keeps it in Redis, for people to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis import Redis, RedisError


@dataclass(frozen=True, slots=True)
class Budgets:
    """What is left right now. `points`: of each shop, left and at most, None before its first answer; `slots`: of each
    account, in use."""

    points: Mapping[str, tuple[float, float] | None]
    slots: Mapping[str, int]


def budgets(redis: Redis, *, shops: Sequence[str], accounts: Sequence[str], now: float) -> Budgets | None:
    """The budgets by one question to Redis; None while it is away. `now`: seconds since 1970."""
    asked = redis.pipeline(transaction=False)
    for shop in shops:
        asked.hmget(f"points:{shop}", "available", "maximum", "rate", "at")
    for account in accounts:
        asked.zcount(f"slots:{account}", now, "+inf")
    try:
        answers = asked.execute()
    except RedisError:
        return None
    points = {shop: _points(answer, now) for shop, answer in zip(shops, answers, strict=False)}
    slots = {account: int(answer) for account, answer in zip(accounts, answers[len(shops) :], strict=True)}
    return Budgets(points, slots)


def _points(bucket: Sequence[bytes | None], now: float) -> tuple[float, float] | None:
    if any(value is None for value in bucket):
        return None
    available, maximum, rate, at = (float(value) for value in bucket if value is not None)
    return min(maximum, available + (now - at) * rate), maximum
