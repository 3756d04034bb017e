"""A deploy ends the web process in time, also while deliveries keep coming over kept connections; what it accepted is kept."""

import os
import signal
import threading
import time
from itertools import count as counted

from sqlalchemy import func, select

from connector.store.tables import events
from tests.acceptance.conftest import Product
from tests.payloads import rest_order
from tests.waiting import eventually

SENDERS = 4
_FEW = 25


def test_sigterm_to_parent_and_children_ends_a_busy_web_process(product: Product) -> None:
    web = product.start_web()
    numbers = counted(5001)
    answers: list[list[int]] = [[] for _ in range(SENDERS)]

    def send(answered: list[int]) -> None:
        """One delivery after the other over a kept connection, until there is no answer."""
        while (status := product.sell(rest_order(next(numbers)))[0]) != 0:
            answered.append(status)

    senders = [threading.Thread(target=send, args=(answered,), daemon=True) for answered in answers]
    for sender in senders:
        sender.start()
    eventually(lambda: all(len(answered) >= _FEW for answered in answers), within=20)
    before = [len(answered) for answered in answers]
    began = time.monotonic()
    os.killpg(web.child.pid, signal.SIGTERM)
    web.child.wait(28)
    assert time.monotonic() - began < 28
    for sender in senders:
        sender.join(15)
        assert not sender.is_alive()
    # Nobody was turned away before, and afterwards only as Shopify understands it.
    assert {status for answered, count in zip(answers, before, strict=True) for status in answered[:count]} == {200}
    assert {status for answered in answers for status in answered} <= {200, 503}
    accepted = sum(answered.count(200) for answered in answers)
    with product.world.engine.begin() as connection:
        kept = connection.execute(select(func.count()).select_from(events)).scalar_one()
    # What was accepted is there; one delivery of each sender may be, and its answer lost.
    assert accepted <= kept <= accepted + SENDERS
