"""What the demo's warehouse does: the shop is stocked, stock moves during the day, and in the evening parcels leave."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from connector.cli.connections import the_connection
from connector.cli.demo_stage import Stage
from connector.cli.opening import COMMAND_LINE, opened
from connector.errors import ConfigError, Conflict, Unavailable
from connector.flows import rule_changes, scheduled
from connector.flows.jobs import the_job
from connector.flows.sweep import left_to_sweeper
from connector.mapping.rules import Rules
from connector.runtime import Runtime
from connector.sandbox.scenario import world
from connector.sandbox.scenario.day import Day
from connector.sandbox.scenario.warehouse import Carton, Move, cartons, moves
from connector.store.clock import database_now
from connector.store.connections import StoredConnection
from connector.store.scheduled_runs import RunOutcome

Json = dict[str, Any]

_CONNECTION = "demo"
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.3


@dataclass(slots=True)
class Warehouse:
    """The people in it, and the script that tells of what they saved."""

    stage: Stage
    seeded: random.Random
    refused: list[str] = field(default_factory=list)
    _moves: Iterator[Move] = field(init=False)

    def __post_init__(self) -> None:
        self._moves = moves(self.seeded)

    def move(self) -> None:
        """One movement of stock, and the event of it."""
        move = next(self._moves)
        self._act(move.asked)
        self._tell(move.event, int(move.asked["item"]))

    def ship(self, so_far: Day) -> list[tuple[Carton, int]]:
        """The evening's parcels leave; each with the id of its shipment."""
        planned = cartons(so_far, self.stage.account.get("ledger")["transactions"], self.seeded)
        sent: list[tuple[Carton, int]] = []
        for carton in planned:
            asked: Json = {"act": "fulfill", "order": carton.order}
            asked |= {"lines": list(carton.lines)} if carton.lines else {}
            asked |= {} if carton.is_later else {"tracking": [carton.number]}
            if made := self._act(asked):
                sent.append((carton, int(made["id"])))
                self._tell("itemfulfillment", int(made["id"]))
        return sent

    def collect(self, sent: list[tuple[Carton, int]]) -> None:
        """The carrier comes: the last numbers are known, and one parcel was packed wrongly."""
        for carton, number in sent:
            if carton.is_taken_back:
                self._act({"act": "delete", "record": str(number), "type": "itemFulfillment"})
            elif carton.is_later:
                self._act({"act": "track", "record": str(number), "tracking": [carton.number]})
            else:
                continue
            self._tell("itemfulfillment", number)

    def _act(self, asked: Json) -> Json:
        try:
            return dict(self.stage.account.post("accountant", asked))
        except Unavailable as error:
            self.refused.append(str(error))
            return {}

    def _tell(self, record_type: str, number: int) -> None:
        self.stage.account.post("events", {"type": record_type, "id": number})


def stock_the_shop(stage: Stage, units: int) -> None:
    """The first comparison and push, and then every product is in the shop. Raises Unavailable when it does not arrive."""
    for name in ("items.refresh", "inventory.drift", "inventory.push"):
        run_schedule(stage, name)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(level["available"] != units for level in stage.shop.get("inventory")["levels"]):
        if time.monotonic() > deadline or not stage.supervisor.pause(_LOOK_SECONDS):
            raise Unavailable("NetSuite's stock did not arrive in the shop")


def run_schedule(stage: Stage, name: str) -> None:
    """What `ml-connector schedules run` does, after the run that may be going on. Raises Unavailable when it fails."""
    with opened(stage.directory) as (runtime, _):
        stored, job = _the_connection(runtime), the_job(name)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                now = database_now(runtime.engine)
                ran = scheduled.run_by_hand(
                    runtime, job, stored, left_to_sweeper(runtime.engine), actor=COMMAND_LINE, now=now
                )
                break
            except Conflict:
                if time.monotonic() > deadline or not stage.supervisor.pause(_LOOK_SECONDS):
                    raise
    if ran.outcome is not RunOutcome.DONE:
        raise Unavailable(f"{name} failed: {ran.reason}")


def let_netsuite_ship(stage: Stage) -> None:
    """What `ml-connector mapping set` does with rules under which the warehouse ships."""
    with opened(stage.directory) as (runtime, _):
        stored = _the_connection(runtime)
        version = rule_changes.version_of(runtime, stored, None)
        made = rule_changes.draft(runtime, stored, Rules.from_json(world.rules("netsuite")), version)
        if made.found.faults:
            raise ConfigError("; ".join(fault.sentence for fault in made.found.faults))
        rule_changes.change(runtime, stored, made, actor=COMMAND_LINE, note="the warehouse ships from now on")


def _the_connection(runtime: Runtime) -> StoredConnection:
    with runtime.engine.begin() as database:
        return the_connection(database, _CONNECTION)
