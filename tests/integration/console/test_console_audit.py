"""/audit: who did what."""

from connector.store import operator_actions
from tests.visiting import Visitor
from tests.world import World


def test_every_act_is_listed_newest_first_page_by_page(ada: Visitor, world: World) -> None:
    _acts(world, 120)
    first = ada.json("/audit?action=counted")
    second = ada.json(f"/audit?action=counted&after={first['after']}")
    third = ada.json(f"/audit?action=counted&after={second['after']}")
    numbers = [row["details"]["number"] for page in (first, second, third) for row in page["rows"]]
    assert (numbers, third["after"]) == (list(range(119, -1, -1)), None)


def test_the_file_holds_the_whole_list_and_no_formula(ada: Visitor, world: World) -> None:
    _acts(world, 60)
    with world.engine.begin() as connection:
        operator_actions.write_down(connection, world.connection.id, actor="=cmd", action="counted")
    lines = ada.get("/audit.csv?action=counted").text.splitlines()
    assert (len(lines), "'=cmd" in lines[1]) == (62, True)


def test_acts_of_other_connections_and_of_none_are_not_seen(stranger: Visitor, ada: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        operator_actions.write_down(connection, world.connection.id, actor="ada", action="rules changed")
        operator_actions.write_down(connection, None, actor="ada", action="keys rotated")
    assert stranger.json("/audit")["rows"] == []
    assert {row["action"] for row in ada.json("/audit")["rows"]} >= {"rules changed", "keys rotated"}


def test_a_cursor_of_nothing_is_refused(ada: Visitor) -> None:
    assert ada.get("/audit?after=nonsense").status_code == 400


def _acts(world: World, count: int) -> None:
    with world.engine.begin() as connection:
        for number in range(count):
            operator_actions.write_down(
                connection, world.connection.id, actor="ada", action="counted", details={"number": number}
            )


def test_details_are_said_as_a_person_reads_them(ada: Visitor, world: World) -> None:
    details = {"rules": ["orders.note", "location"], "forced": True, "counts": {"left_out": 2}, "until": None}
    with world.engine.begin() as connection:
        operator_actions.write_down(connection, world.connection.id, actor="ada", action="tried", details=details)
    page = ada.reads("/audit")
    for said in ("rules orders.note, location", "forced yes", "counts left out 2", "until none"):
        assert said in page
