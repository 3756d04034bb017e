"""The named moments at which somebody is held while something is struck, and the fault that does it."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from redis import Redis, RedisError

from chaos import holding
from chaos.faults import Fault
from chaos.gate import LONGEST_SECONDS, Gate
from chaos.judge import is_quiet
from chaos.stage import Setting, Stage
from chaos.strikes import LetGo, Strike
from chaos.traffic import Traffic
from connector.crash import Moment as Ours

# As long as anybody waits for a moment: orders flow, and each comes by all of them.
_COMES_WITHIN_SECONDS = 60.0
_LOOK_SECONDS = 0.02
# The first calls of a kind all come; the passing that is held is one of these.
_PASSINGS = 5
_MORE_ORDERS = 6

# Waits for a moment and holds there; what lets go, or None when the moment did not come.
Hold = Callable[[Stage, Traffic, random.Random], LetGo | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """Where somebody is held: `letter` and `name` as in docs/reliability.md, and what that takes of the stage."""

    letter: str
    name: str
    hold: Hold
    held_web: str | None = None
    held_worker: str | None = None

    def setting(self) -> Setting:
        """A stage on which somebody can be held there."""
        return Setting(held_web=self.held_web, held_worker=self.held_worker)


def at(moment: Moment, strike: Strike) -> Fault:
    """Holds at the moment, strikes, and lets go as soon as the blow has fallen. A moment that never comes makes the cell red."""

    def fault(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
        let_go = moment.hold(stage, traffic, seeded)
        if let_go is None:
            stage.notes.append(f"the moment never came: {moment.name}")
            return
        let_once = _Once(let_go)
        try:
            strike(stage, seeded, let_once)
        finally:
            let_once()
        if Gate(stage.directory).was_late:
            stage.notes.append(f"held longer than {LONGEST_SECONDS:.0f} s: {moment.name}")

    return fault


class _Once:
    """Lets go at the first call."""

    def __init__(self, let_go: LetGo) -> None:
        self._let_go: LetGo | None = let_go

    def __call__(self) -> None:
        if self._let_go is not None:
            let_go, self._let_go = self._let_go, None
            let_go()


def _at_gate(stage: Stage, _traffic: Traffic, seeded: random.Random) -> LetGo | None:
    """A process of ours is held at its gate."""
    gate = Gate(stage.directory)
    gate.arm(seeded.randint(1, _PASSINGS))
    return gate.let_go if _comes(stage, lambda: gate.is_held) else None


def _in_netsuite(kind: str) -> Hold:
    """A call to NetSuite is held over there."""

    def hold(stage: Stage, _traffic: Traffic, seeded: random.Random) -> LetGo | None:
        path = seeded.choice(("salesOrder", "customerDeposit"))
        planned = {"kind": kind, "method": "POST", "path": path, "after": seeded.randint(0, _PASSINGS - 1)}
        stage.account.post("faults", planned | {"seconds": LONGEST_SECONDS})
        if not _comes(stage, lambda: stage.account.get("faults")["held"] > 0):
            return None
        return lambda: _release(stage)

    return hold


def _release(stage: Stage) -> None:
    if not stage.account.get("faults")["held"]:
        stage.notes.append("the call was not held in NetSuite any more")
    stage.account.post("release", {})


def _in_queue(stage: Stage, _traffic: Traffic, seeded: random.Random) -> LetGo | None:
    """Wakes lie in Redis: the workers are stopped until some do, and go on when they are let go."""
    stage.pause.wait(seeded.uniform(0.3, 1.0))
    stopped = stage.of("worker")
    for keeper in stopped:
        keeper.signal(signal.SIGSTOP)

    def let_go() -> None:
        for keeper in stopped:
            keeper.signal(signal.SIGCONT)

    if _comes(stage, lambda: _waiting(stage) > 0):
        return let_go
    let_go()
    return None


def _waiting(stage: Stage) -> int:
    try:
        with Redis.from_url(stage.redis.url, socket_timeout=5) as redis:
            return int(redis.llen("orders"))
    except RedisError:
        return 0


def _idle(stage: Stage, traffic: Traffic, _seeded: random.Random) -> LetGo | None:
    """Everything is done; more orders come when the blow has fallen."""
    traffic.join()
    return (lambda: traffic.more(_MORE_ORDERS)) if _comes(stage, lambda: is_quiet(stage)) else None


def _comes(stage: Stage, is_so: Callable[[], bool]) -> bool:
    ends = time.monotonic() + _COMES_WITHIN_SECONDS
    while time.monotonic() < ends:
        if is_so():
            return True
        stage.pause.wait(_LOOK_SECONDS)
    return False


MOMENTS = {
    moment.letter: moment
    for moment in (
        Moment("A", "before the inbox commit", _at_gate, held_web=Ours.BEFORE_INBOX_COMMIT),
        Moment("B", "committed, before the 200", _at_gate, held_web=Ours.BEFORE_200),
        Moment("C", "committed, before the wake", _at_gate, held_web=Ours.BEFORE_WAKE),
        Moment("D", "wakes in Redis, unread", _in_queue),
        Moment("E", "popped and nowhere else", _at_gate, held_worker=holding.POPPED),
        Moment("F", "before the claim", _at_gate, held_worker=Ours.BEFORE_CLAIM),
        Moment("G", "noted as sent, not sent", _at_gate, held_worker=Ours.BEFORE_REQUEST),
        Moment("H", "sent, not applied", _in_netsuite("hold_before")),
        Moment("I", "applied, not answered", _in_netsuite("hold_after")),
        Moment("J", "answered, not kept", _at_gate, held_worker=Ours.BEFORE_CONFIRM),
        Moment("S", "all kept, not settled", _at_gate, held_worker=Ours.BEFORE_SETTLE),
        Moment("K", "settled, not acknowledged", _at_gate, held_worker=holding.SETTLED),
        Moment("L", "idle", _idle),
    )
}
