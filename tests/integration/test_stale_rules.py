"""A pass that began under rules which were changed meanwhile holds nothing: the change has released what it could see."""

from connector.flows.rule_changes import change, draft
from connector.mapping.rules import Rules
from connector.store import connections
from tests import factories
from tests.payloads import payment, rest_order
from tests.world import World, another_runtime


def test_an_order_is_not_held_for_what_was_mapped_while_it_was_looked_at(world: World) -> None:
    paid = rest_order(5001)
    record_id = world.sell(paid, payment(paid, gateway="paypal"))
    world.runtime.open_systems(world.connection.id)
    elsewhere = another_runtime(world)
    methods = factories.rules_json()["payments"]["methods"] | {"paypal": {"method": "8"}}
    rules = Rules.from_json(factories.rules_json(payments={"methods": methods}))
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
    change(elsewhere, stored, draft(elsewhere, stored, rules, None), actor="ada", note="paypal")
    outcome = world.work(record_id)
    assert outcome is not None
    assert (outcome.state, world.record(5001).state) == ("pending", "pending")
    assert outcome.again_in is not None
