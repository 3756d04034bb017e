"""A long stretch of history is listed by a bulk operation that can die at any moment."""

from datetime import timedelta

import pytest

from connector.errors import Unavailable
from connector.flows.history import Span
from connector.store.jobs import JobState
from tests.integration.test_history import MAY, imported, job_of, listed, placed, rows
from tests.world import World

LONG = Span(MAY, MAY + timedelta(days=31), bulk_from=3)


def test_a_long_stretch_is_listed_by_a_bulk_operation(world: World) -> None:
    for number in range(5001, 5005):
        placed(world, number)
    placed(world, 5009, day=40)
    job = imported(world, LONG)
    assert (job.state, job.total, job.by_state) == (JobState.DONE, 4, {"in_sync": 4})
    assert (world.shop.operations["BulkRunQuery"], world.shop.operations["OrdersCreatedIn"]) == (1, 0)


def test_a_long_listing_that_was_killed_goes_on_behind_its_last_order(world: World) -> None:
    for number in range(600):
        placed(world, 6000 + number)
    seen: list[int] = []

    def die(found: int, _new: int) -> None:
        seen.append(found)
        if found:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        listed(world, LONG, die)
    assert seen == [0, 500]
    seen.clear()
    job_id = listed(world, LONG, lambda found, _new: seen.append(found))
    assert seen == [100]
    assert (job_of(world, job_id).total, rows(world, "select count(*) from jobs")) == (600, [(1,)])
    assert world.shop.operations["BulkRunQuery"] == 1


def test_what_a_failed_bulk_operation_found_is_listed_and_pages_tell_the_rest(world: World) -> None:
    for number in range(5001, 5006):
        placed(world, number)
    world.shop.config.bulk_failures.append({"status": "FAILED", "error_code": "TIMEOUT", "lines": 3})
    seen: list[int] = []
    job_id = listed(world, LONG, lambda _found, new: seen.append(new))
    assert seen == [0, 3, 5]
    assert job_of(world, job_id).total == 5


def test_a_list_that_ends_early_is_not_taken_for_whole_and_goes_on_later(world: World) -> None:
    for number in range(5001, 5005):
        placed(world, number)
    world.shop.config.bulk_ends_at = 90
    with pytest.raises(Unavailable, match="broke off after"):
        listed(world, LONG)
    world.shop.config.bulk_ends_at = None
    assert job_of(world, listed(world, LONG)).total == 4
    assert world.shop.operations["BulkRunQuery"] == 1


def test_another_stretch_is_not_gone_on_with(world: World) -> None:
    for number in range(5001, 5005):
        placed(world, number)

    def die(found: int, _new: int) -> None:
        if found:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        listed(world, LONG, die)
    other = listed(world, Span(MAY - timedelta(days=1), MAY + timedelta(days=31), bulk_from=3))
    assert (other, job_of(world, 1).state) == (2, JobState.STOPPED)
    assert job_of(world, other).total == 4


def test_an_order_of_the_list_that_cannot_be_read_is_named_and_holds_up_no_other(world: World) -> None:
    for number in range(600):
        placed(world, 6000 + number)

    def die(found: int, _new: int) -> None:
        if found:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        listed(world, LONG, die)
    (operation,) = world.shop.bulk.known()
    line = operation.lines[550]
    operation.lines[550] = line.replace(b'"name"', b'"nome"')
    job = job_of(world, listed(world, LONG))
    assert job.total == 599
    assert job.chosen["bulk"]["unread_count"] == 1
    assert "name" in job.chosen["bulk"]["unread"][0]
