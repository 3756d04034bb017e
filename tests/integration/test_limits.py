"""The governor: never more calls than allowed over all processes, slots of the dead come back, refusals slow us down."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from connector.budgets import budgets
from connector.embedded.servers import Server
from connector.embedded.valkey import start_valkey
from connector.errors import RateLimited
from connector.limits import Lane, Points, Slots
from connector.runtime import redis_client
from tests.waiting import eventually


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = redis_client(redis_url)
    yield client
    client.close()


class Gauge:
    """Counts who is inside and remembers the most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.inside = 0
        self.most = 0

    def __enter__(self) -> "Gauge":
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.inside -= 1


def in_use(redis: Redis) -> int:
    """Slots of the account that are held, as people see it."""
    known = budgets(redis, shops=(), accounts=["acc"], now=time.time())
    assert known is not None
    return known.slots["acc"]


def test_thirty_threads_over_two_clients_never_exceed_the_limit(redis_url: str) -> None:
    clients = [redis_client(redis_url) for _ in range(2)]
    slots = [Slots(client, "acc", limit=5) for client in clients]
    gauge, pause = Gauge(), threading.Event()

    def call(number: int) -> None:
        with slots[number % 2].hold(), gauge:
            pause.wait(0.01)

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(call, range(200)))
    assert gauge.most == 5
    assert in_use(clients[0]) == 0
    for client in clients:
        client.close()


_HOLDER = """
import sys, threading
from connector.limits import Slots
from connector.runtime import redis_client
with Slots(redis_client(sys.argv[1]), "acc", limit=1, lease=1.0).hold():
    threading.Event().wait()
"""


def test_the_slot_of_a_killed_worker_comes_back_after_its_lease(redis: Redis, redis_url: str) -> None:
    slots = Slots(redis, "acc", limit=1, patience=20)
    worker = subprocess.Popen([sys.executable, "-c", _HOLDER, redis_url])
    eventually(lambda: in_use(redis) == 1, within=30)
    worker.kill()
    worker.wait()
    eventually(lambda: in_use(redis) == 0, within=10)
    with slots.hold():
        assert in_use(redis) == 1


def test_a_living_worker_keeps_its_slot_however_long_its_call_takes(redis: Redis) -> None:
    slow, other = Slots(redis, "acc", limit=1, lease=0.3), Slots(redis, "acc", limit=1, patience=1)
    with slow.hold(), pytest.raises(RateLimited), other.hold():
        pass
    assert in_use(redis) == 0


def test_without_a_free_slot_the_caller_is_sent_away(redis: Redis) -> None:
    slots = Slots(redis, "acc", limit=1, patience=0.2)
    with slots.hold(), pytest.raises(RateLimited, match="all NetSuite slots are in use"), slots.hold():
        pass
    with slots.hold():
        assert in_use(redis) == 1


def test_a_refusal_lowers_the_limit_and_it_climbs_back(redis: Redis) -> None:
    slots = Slots(redis, "acc", limit=2, patience=0.05)
    slots.refused()
    with slots.hold():
        with pytest.raises(RateLimited), slots.hold():
            pass
        patient = Slots(redis, "acc", limit=2, patience=5)
        with patient.hold():
            assert in_use(redis) == 2


def test_what_is_granted_right_now_is_told_by_lane(redis: Redis) -> None:
    slots = Slots(redis, "acc", limit=10)
    assert [slots.granted(lane) for lane in Lane] == [10, 9, 8]
    slots.refused()
    assert [slots.granted(lane) for lane in Lane] == [7, 6, 5]
    assert Slots(redis, "tiny", limit=2).granted(Lane.HISTORY) == 1


def test_a_burst_of_refusals_counts_once(redis: Redis) -> None:
    slots = Slots(redis, "acc", limit=10, patience=0.05)
    for _ in range(20):
        slots.refused()
    state = redis.hget("slots:acc:state", "limit")
    assert state == b"7"


def test_lower_lanes_leave_room_for_orders(redis: Redis) -> None:
    slots = Slots(redis, "acc", limit=3, patience=0.05)
    with slots.hold(Lane.HISTORY):
        with pytest.raises(RateLimited), slots.hold(Lane.HISTORY):
            pass
        with slots.hold(Lane.STOCK):
            with pytest.raises(RateLimited), slots.hold(Lane.STOCK):
                pass
            with slots.hold(Lane.ORDERS):
                assert in_use(redis) == 3


def test_on_a_tiny_account_every_lane_still_gets_a_turn(redis: Redis) -> None:
    with Slots(redis, "acc", limit=1, patience=0.05).hold(Lane.HISTORY):
        pass


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_valkey(tmp_path_factory.mktemp("mortal"), durable=False) as server:
        yield server


def test_without_redis_work_goes_on_one_call_at_a_time(mortal: Server) -> None:
    client = redis_client(mortal.url, socket_timeout=0.5)
    slots = Slots(client, "acc", limit=5)
    with slots.hold():
        mortal.stop()
    gauge, pause = Gauge(), threading.Event()

    def call(_: int) -> None:
        with slots.hold(), gauge:
            pause.wait(0.01)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(8)))
    assert gauge.most == slots.granted(Lane.ORDERS) == 1
    client.close()


def test_points_are_free_until_shopify_has_spoken(redis: Redis) -> None:
    Points(redis, "shop").take(10_000)


def test_points_wait_until_the_bucket_holds_the_cost(redis: Redis) -> None:
    points = Points(redis, "shop", patience=0.5)
    points.observe(maximum=2000, available=572, restore_rate=200)
    with pytest.raises(RateLimited) as raised:
        points.take(862)
    assert raised.value.retry_after == pytest.approx(1.45, abs=0.1)
    points.observe(maximum=2000, available=0, restore_rate=10_000)
    points.take(500)


def test_points_are_shared_by_all_who_use_the_shop(redis: Redis) -> None:
    Points(redis, "shop").observe(maximum=1000, available=1000, restore_rate=0.001)
    Points(redis, "shop").take(600)
    with pytest.raises(RateLimited):
        Points(redis, "shop", patience=0.1).take(600)


def test_an_answer_says_nothing_of_calls_that_are_still_on_their_way(redis: Redis) -> None:
    points = Points(redis, "shop", patience=0.1)
    points.observe(maximum=1000, available=1000, restore_rate=0.001)
    first, second = points.take(400), points.take(400)
    points.observe(maximum=1000, available=600, restore_rate=0.001, call=first)
    with pytest.raises(RateLimited):
        points.take(400)
    points.ended(second)
    points.observe(maximum=1000, available=600, restore_rate=0.001)
    points.take(400)


def test_slots_are_reported_while_they_are_held(redis: Redis) -> None:
    slots = Slots(redis, "acc", limit=5)
    inside = threading.Event()
    leave = threading.Event()

    def call() -> None:
        with slots.hold():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=call)
    thread.start()
    assert inside.wait(10)
    assert in_use(redis) == 1
    leave.set()
    thread.join()
    eventually(lambda: in_use(redis) == 0)
