"""Governs calls over all processes: NetSuite's concurrent slots per account, Shopify's query points per shop.

Both live in Redis. When Redis is away work goes on, slower: one call at a time in each process.
"""

import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial

import structlog
from redis import Redis, RedisError
from redis.commands.core import Script

from connector.errors import RateLimited
from connector.renewal import Renewal

log = structlog.get_logger(__name__)


class Lane(StrEnum):
    """Who goes first: money and orders, then stock, then history."""

    ORDERS = "orders"
    STOCK = "stock"
    HISTORY = "history"


# Slots a lane leaves free for the lanes before it.
RESERVE = {Lane.ORDERS: 0, Lane.STOCK: 1, Lane.HISTORY: 2}

# KEYS: leases, state. ARGV: holder, lease seconds, limit, reserve. Answers 1 when the slot was taken.
# The effective limit climbs back by one slot a second after a refusal has lowered it.
_TAKE = """
local now = redis.call('time'); now = now[1] + now[2] / 1e6
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
local limit = tonumber(ARGV[3])
local lowered = redis.call('hmget', KEYS[2], 'limit', 'at')
if lowered[1] then
  limit = math.min(limit, math.floor(tonumber(lowered[1]) + (now - tonumber(lowered[2]))))
end
local free = math.max(limit - tonumber(ARGV[4]), 1)
if redis.call('zcard', KEYS[1]) >= free then return 0 end
redis.call('zadd', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('expire', KEYS[1], 600)
return 1
"""

# KEYS: leases, free. ARGV: holder. Frees the slot and tells one waiter.
_GIVE_BACK = """
redis.call('zrem', KEYS[1], ARGV[1])
redis.call('lpush', KEYS[2], '1')
redis.call('ltrim', KEYS[2], 0, 31)
redis.call('expire', KEYS[2], 60)
return 1
"""

# KEYS: leases. ARGV: lease seconds, holders. One that was given back meanwhile is not taken again.
_RENEW = """
local now = redis.call('time'); now = now[1] + now[2] / 1e6
for i = 2, #ARGV do redis.call('zadd', KEYS[1], 'XX', now + tonumber(ARGV[1]), ARGV[i]) end
redis.call('expire', KEYS[1], 600)
return 1
"""

# KEYS: state. ARGV: configured limit. One burst of refusals lowers the limit once.
_LOWER = """
local now = redis.call('time'); now = now[1] + now[2] / 1e6
local lowered = redis.call('hmget', KEYS[1], 'limit', 'at')
local limit = tonumber(ARGV[1])
if lowered[1] then
  if now - tonumber(lowered[2]) < 1 then return tonumber(lowered[1]) end
  limit = math.min(limit, tonumber(lowered[1]) + (now - tonumber(lowered[2])))
end
limit = math.max(1, math.floor(limit * 0.7))
redis.call('hset', KEYS[1], 'limit', limit, 'at', now)
redis.call('expire', KEYS[1], 600)
return limit
"""

# KEYS: bucket, calls on their way. ARGV: cost, call, seconds until an unanswered call is forgotten. Answers the seconds to
# wait, as text; 0 when the points were taken.
_SPEND = """
local now = redis.call('time'); now = now[1] + now[2] / 1e6
local bucket = redis.call('hmget', KEYS[1], 'available', 'maximum', 'rate', 'at')
if bucket[1] then
  local rate = tonumber(bucket[3])
  local available = math.min(tonumber(bucket[2]), tonumber(bucket[1]) + (now - tonumber(bucket[4])) * rate)
  local cost = math.min(tonumber(ARGV[1]), tonumber(bucket[2]))
  if available < cost then return tostring((cost - available) / rate) end
  redis.call('hset', KEYS[1], 'available', available - cost, 'at', now)
end
redis.call('zadd', KEYS[2], now + tonumber(ARGV[3]), ARGV[2] .. ':' .. ARGV[1])
redis.call('expire', KEYS[2], 600)
return '0'
"""

# KEYS: bucket, calls on their way. ARGV: available, maximum, rate, call and cost. What Shopify says replaces what we
# reckoned, less what it may not have counted yet: calls that are on their way.
_OBSERVE = """
local now = redis.call('time'); now = now[1] + now[2] / 1e6
redis.call('zrem', KEYS[2], ARGV[4])
redis.call('zremrangebyscore', KEYS[2], '-inf', now)
local available = tonumber(ARGV[1])
for _, call in ipairs(redis.call('zrange', KEYS[2], 0, -1)) do
  available = available - tonumber(string.match(call, ':(%d+)$'))
end
redis.call('hset', KEYS[1], 'available', available, 'maximum', ARGV[2], 'rate', ARGV[3], 'at', now)
redis.call('expire', KEYS[1], 600)
return 1
"""

# Shorter than the client's socket timeout; a waiter that missed its turn looks again after it.
_WAIT_SECONDS = 0.25
# A call to Shopify whose process died is taken for one on its way this long.
_FORGOTTEN_SECONDS = 60.0


class Slots:
    """Concurrent calls of one NetSuite account: at most `limit` at once, whatever the number of workers.

    `lease` is in seconds: after it the slot of a dead worker comes back; a living one renews it, however long its call takes.
    `patience` is how long a caller waits, where it does not say itself.
    """

    def __init__(self, redis: Redis, account: str, *, limit: int, lease: float = 10.0, patience: float = 20.0) -> None:
        self._redis = redis
        self._limit = limit
        self._lease = lease
        self._patience = patience
        self._leases = f"slots:{account}"
        self._state = f"slots:{account}:state"
        self._free = f"slots:{account}:free"
        self._take = redis.register_script(_TAKE)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._lower = redis.register_script(_LOWER)
        self._renewal = Renewal(partial(self._renew, redis.register_script(_RENEW)), every=lease / 3, name="slots")
        self._alone = threading.BoundedSemaphore(1)

    @contextmanager
    def hold(self, lane: Lane = Lane.ORDERS, *, patience: float | None = None) -> Iterator[None]:
        """Holds a slot inside the block. Raises RateLimited when none came free in time."""
        holder = uuid.uuid4().hex
        is_taken = self._wait(holder, lane, self._patience if patience is None else patience)
        if is_taken:
            self._renewal.add(holder)
        try:
            yield
        finally:
            self._renewal.drop(holder)
            self._release(holder, is_taken)

    def granted(self, lane: Lane) -> int:
        """How many slots a lane may hold at once right now: fewer for a while after refusals, one while Redis is away."""
        try:
            lowered, at = self._redis.hmget(self._state, "limit", "at")
            seconds, microseconds = self._redis.time()
        except RedisError:
            return 1
        limit = self._limit
        if lowered is not None and at is not None:
            limit = min(limit, int(float(lowered) + seconds + microseconds / 1e6 - float(at)))
        return max(limit - RESERVE[lane], 1)

    def refused(self) -> None:
        """The account answered 429: somebody else uses it too. Lowers the limit for a while."""
        try:
            limit = self._lower(keys=[self._state], args=[self._limit])
            log.warning("netsuite_refused", effective_limit=limit)
        except RedisError:
            log.warning("slots_without_redis")

    def _wait(self, holder: str, lane: Lane, patience: float) -> bool:
        """True with a slot from Redis, False with this process's only one."""
        deadline = time.monotonic() + patience
        try:
            while not self._taken(holder, lane):
                if time.monotonic() >= deadline:
                    raise RateLimited("all NetSuite slots are in use", retry_after=random.uniform(1, 3))  # noqa: S311
                self._redis.blpop([self._free], timeout=_WAIT_SECONDS)
        except RedisError:
            log.warning("slots_without_redis")
            if not self._alone.acquire(timeout=patience):
                raise RateLimited("Redis is away and NetSuite's slot is in use", retry_after=2.0) from None
            return False
        return True

    def _taken(self, holder: str, lane: Lane) -> bool:
        args: list[str | float] = [holder, self._lease, self._limit, RESERVE[lane]]
        return bool(self._take(keys=[self._leases, self._state], args=args))

    def _renew(self, renew: Script, holders: Sequence[str]) -> None:
        try:
            renew(keys=[self._leases], args=[self._lease, *holders])
        except RedisError:
            log.warning("slots_without_redis")

    def _release(self, holder: str, is_taken: bool) -> None:
        if not is_taken:
            self._alone.release()
            return
        try:
            self._give_back(keys=[self._leases, self._free], args=[holder])
        except RedisError:
            # The lease ends by itself.
            log.warning("slots_without_redis")


class Points:
    """Query points of one shop, shared by all workers and put right by each answer of Shopify."""

    def __init__(self, redis: Redis, shop: str, *, patience: float = 10.0) -> None:
        self._redis = redis
        self._patience = patience
        self._bucket = f"points:{shop}"
        self._calls = f"points:{shop}:calls"
        self._spend = redis.register_script(_SPEND)
        self._observe = redis.register_script(_OBSERVE)
        self._idle = threading.Event()

    def take(self, cost: int) -> str:
        """Takes points, waiting for them if need be; the name of the call. Raises RateLimited when that would be too long."""
        deadline, call = time.monotonic() + self._patience, uuid.uuid4().hex
        while wait := self._missing(cost, call):
            if time.monotonic() + wait > deadline:
                raise RateLimited("Shopify's query budget is used up", retry_after=wait)
            self._idle.wait(wait * random.uniform(1.0, 1.2))  # noqa: S311  jitter
        return f"{call}:{cost}"

    def observe(self, *, maximum: float, available: float, restore_rate: float, call: str = "") -> None:
        """Keeps what the answer to a call said in its extensions.cost."""
        try:
            self._observe(keys=[self._bucket, self._calls], args=[available, maximum, restore_rate, call])
        except RedisError:
            log.warning("points_without_redis")

    def ended(self, call: str) -> None:
        """A call ended, with or without an answer: it is not on its way any more."""
        try:
            self._redis.zrem(self._calls, call)
        except RedisError:
            log.warning("points_without_redis")

    def _missing(self, cost: int, call: str) -> float:
        try:
            return float(self._spend(keys=[self._bucket, self._calls], args=[cost, call, _FORGOTTEN_SECONDS]))
        except RedisError:
            # Without the shared bucket Shopify's own refusal is the guide.
            log.warning("points_without_redis")
            return 0.0
