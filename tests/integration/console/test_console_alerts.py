"""/alerts: rules, channels, and what came up."""

from connector.flows import alerting
from connector.flows.jobs import JOBS
from tests.clock import now
from tests.telling import receiving
from tests.visiting import Visitor
from tests.world import World


def test_a_rule_is_changed_and_seen(otto: Visitor) -> None:
    said = otto.does("/alerts/us-store/rules/oldest_order", enabled="true", threshold="45")
    assert "An order waits longer than 45 minutes" in said
    assert "is not watched" in otto.does("/alerts/us-store/rules/oldest_order", threshold="45")


def test_a_rule_that_is_none_or_a_threshold_below_nothing_is_refused(otto: Visitor) -> None:
    assert otto.presses("/alerts/us-store/rules/weather", threshold="1").status_code == 400
    assert otto.presses("/alerts/us-store/rules/oldest_order", threshold="-1").status_code == 400


def test_a_channel_is_added_tested_and_removed(ada: Visitor) -> None:
    with receiving() as receiver:
        said = ada.is_given("/alerts/us-store/channels", name="team", kind="webhook", target=receiver.url)
        assert "messages are signed with this secret. whsec_" in said
        assert "whsec_" not in ada.reads("/alerts")
        (channel,) = ada.json("/alerts")["stores"][0]["channels"]
        assert "team took the test message." in ada.does(f"/alerts/us-store/channels/{channel['id']}/test")
        receiver.answers = [500]
        said = ada.does(f"/alerts/us-store/channels/{channel['id']}/test")
        assert "The test did not reach team: the receiver answered 500." in said
    assert "is told nothing more" in ada.does(f"/alerts/us-store/channels/{channel['id']}/remove")
    tests = [row["details"] for row in ada.json("/audit?action=alert+channel+tested")["rows"]]
    assert tests == [{"name": "team", "failure": "the receiver answered 500"}, {"name": "team"}]


def test_an_address_that_nothing_can_be_sent_to_is_refused(ada: Visitor) -> None:
    for kind, target in (("email", "ops"), ("slack", "http://example.com/x"), ("webhook", "ftp://example.com")):
        assert ada.presses("/alerts/us-store/channels", name="x", kind=kind, target=target).status_code == 400


def test_only_an_admin_says_who_is_told(otto: Visitor) -> None:
    answer = otto.presses("/alerts/us-store/channels", name="x", kind="email", target="a@example.com")
    assert answer.status_code == 403


def test_what_came_up_is_listed_to_those_who_see_the_store(ada: Visitor, stranger: Visitor, world: World) -> None:
    ada.does("/alerts/us-store/rules/schedule_late", enabled="true", threshold="0")
    alerting.look(world.runtime, JOBS, now=now())
    assert stranger.json("/alerts")["rows"] == []
    assert stranger.presses("/alerts/us-store/rules/oldest_order", threshold="1").status_code == 404
