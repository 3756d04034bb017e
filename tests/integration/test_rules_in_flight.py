"""Rules that change while a worker still has those before: what it held by them is looked at again, not left lying."""

from sqlalchemy import update

from connector.flows.process import process
from connector.flows.rule_changes import change, draft, version_of
from connector.mapping.rules import Rules
from connector.store.tables import RecordState
from connector.store.tables import records as records_table
from tests import factories
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.world import World, another_runtime

PAYPAL = {"methods": {"paypal": {"method": "8", "account": "123"}}}


def test_what_old_rules_held_after_a_change_is_tried_again_by_the_new_ones(world: World) -> None:
    order = rest_order(5001)
    record = world.sell(order, payment(order, gateway="paypal"))
    world.work(record)
    made = draft(
        world.runtime, world.connection, Rules.from_json(factories.rules_json(payments=PAYPAL)),
        version_of(world.runtime, world.connection, None),
    )  # fmt: skip
    assert change(world.runtime, world.connection, made, actor="ada", note="PayPal").released == 1
    # This process read the rules a moment ago.
    outcome = world.work(record)
    assert outcome is not None
    assert (outcome.state, world.record(5001).state) == (RecordState.PENDING, RecordState.PENDING)
    with world.engine.begin() as connection:
        connection.execute(update(records_table).values(next_attempt_at=now()))
    process(record, another_runtime(world), worker="another")
    assert world.record(5001).state == RecordState.IN_SYNC
