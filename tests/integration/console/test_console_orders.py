"""/orders: search, filters, totals on both sides, what came in meanwhile, CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, text

from connector.flows.verification import verify_batch
from connector.sandbox.shopify.acts.verbs import act
from connector.store import connections
from connector.store.connection_tables import credentials
from connector.store.tables import records
from tests import factories
from tests.payloads import rest_order
from tests.visiting import Visitor
from tests.world import World, new_connection


def sold(world: World, number: int, **changes: Any) -> int:
    """An order is placed and worked on; its record."""
    record_id = world.sell(rest_order(number, **changes))
    world.work(record_id)
    return record_id


def names(visitor: Visitor, query: str = "") -> list[str]:
    return [row["name"] for row in visitor.json(f"/orders{query}")["orders"]["rows"]]


def verified(world: World) -> None:
    """The scheduled comparison of totals, a minute later."""
    systems = world.runtime.open_systems(world.connection.id)
    verify_batch(systems, world.runtime, now=datetime.now(UTC) + timedelta(minutes=1))


def test_before_the_first_order_it_says_what_to_expect(otto: Visitor) -> None:
    assert "No orders yet" in otto.reads("/orders")


def test_an_order_shows_both_totals_and_its_number_in_netsuite(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    (row,) = otto.json("/orders")["orders"]["rows"]
    assert (row["name"], row["state"], row["shopify_total"], row["netsuite_total"]) == (
        "#1001",
        "in_sync",
        "20.00",
        "20.00",
    )
    assert not row["is_read"]
    verified(world)
    (row,) = otto.json("/orders")["orders"]["rows"]
    assert row["is_read"]
    assert not row["differs"]
    assert row["netsuite_page"].startswith(
        "https://1234567-sb1.app.netsuite.com/app/accounting/transactions/salesord.nl?id="
    )
    assert "20.00 USD" in otto.reads("/orders")


def test_a_total_that_netsuite_changed_is_shown_as_it_is_there(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    written = world.account.records[("salesOrder", world.transactions("SalesOrd")[0]["id"])]
    written.body["total"] = 21.5
    world.account.keep(written)
    verified(world)
    (row,) = otto.json("/orders?differs=true")["orders"]["rows"]
    assert (row["shopify_total"], row["netsuite_total"], row["differs"]) == ("20.00", "21.5", True)
    assert "differs" in otto.reads("/orders")


def test_filters_narrow_the_list_and_stay_in_its_address(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="GHOST")
    assert names(otto) == ["#1002", "#1001"]
    assert names(otto, "?state=held&state=parked") == ["#1002"]
    assert names(otto, "?reason=not_mapped") == ["#1002"]
    assert names(otto, "?reason=not_mapped&state=in_sync") == []
    assert names(otto, "?subject=sku:GHOST") == ["#1002"]
    assert names(otto, "?subject=sku:OTHER&reason=not_mapped") == []
    today = datetime.now(UTC).date()
    assert names(otto, f"?heard_since={today}&heard_until={today}") == ["#1002", "#1001"]
    assert names(otto, f"?heard_since={today + timedelta(days=1)}") == []
    assert names(otto, f"?heard_until={today - timedelta(days=1)}&state=held") == []
    assert names(otto, "?store=us-store&state=in_sync") == ["#1001"]
    assert "No order fits" in otto.reads("/orders?state=parked")
    assert otto.get("/orders?state=nonsense").status_code == 400


def test_pages_follow_each_other_and_rows_that_come_in_move_nothing(otto: Visitor, world: World) -> None:
    for number in range(5001, 5053):
        world.announce(number)
    first = otto.json("/orders")["orders"]
    world.announce(5099)
    second = otto.json(f"/orders?after={first['after']}")["orders"]
    assert [row["shopify_id"] for row in second["rows"]] == ["5002", "5001"]
    assert second["after"] is None
    newest = first["rows"][0]["id"]
    assert "1 new – show" in otto.get(f"/orders/news?than={newest}").text
    assert "new" not in otto.get(f"/orders/news?than={newest}&state=held").text


def test_one_exact_hit_of_a_search_opens_the_order(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    sold(world, 5002)
    for term in ("%231001", "1001", "5001"):
        found = otto.get(f"/orders?q={term}")
        assert (found.status_code, found.location) == (303, "/orders/1001")
    assert len(names(otto, "?q=ada@example.com")) == 2
    netsuite_id = otto.json("/orders?q=1001")["orders"]["rows"][0]["netsuite_id"]
    assert otto.get(f"/orders?q={netsuite_id}").location == "/orders/1001"
    assert "No order fits" in otto.reads("/orders?q=%239999")


def test_a_search_goes_on_behind_its_first_page_and_new_hits_move_nothing(otto: Visitor, world: World) -> None:
    record_id = sold(world, 5001)
    with world.engine.begin() as connection:
        email_hash = connection.execute(
            text("select email_hash from records where id = :id"), {"id": record_id}
        ).scalar_one()
        more = (
            "insert into records (connection_id, kind, shopify_id, name, state, email_hash) select :c, 'order', n::text, "
            "'#' || n, case when n % 2 = 0 then 'in_sync' else 'ignored' end, :h from generate_series(7001, 7240) n"
        )
        connection.execute(text(more), {"c": world.connection.id, "h": email_hash})
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        shown = otto.json(f"/orders?q=ada@example.com&state=ignored&after={after}")["orders"]
        found += [row["name"] for row in shown["rows"]]
        if len(found) == 50:
            sold(world, 5002)
        after = shown["after"]
    assert found == [f"#{number}" for number in range(7239, 7000, -2)]
    file = otto.get("/orders.csv?q=ada@example.com").text
    assert file.count("\n") == 1 + 242
    assert "Next page" in otto.reads("/orders?q=ada@example.com")


def test_a_file_of_what_is_not_there_is_refused_and_does_not_break_off(otto: Visitor) -> None:
    assert otto.get("/orders.csv?store=nowhere").status_code == 404
    assert otto.get("/audit.csv?store=nowhere").status_code == 404
    assert otto.get("/audit.csv?after=nonsense").status_code == 400


def test_the_file_has_every_order_of_the_filter(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="GHOST")
    rows = list(csv.DictReader(io.StringIO(otto.get("/orders.csv?state=in_sync").text)))
    assert [(row["order"], row["shopify_total"], row["currency"]) for row in rows] == [("#1001", "20.00", "USD")]


def test_orders_of_other_connections_are_not_there(stranger: Visitor, world: World) -> None:
    sold(world, 5001)
    assert names(stranger) == []
    assert names(stranger, "?q=1001") == []
    assert stranger.get("/orders.csv").text.count("\n") == 1
    assert "new" not in stranger.get("/orders/news?than=0").text
    assert stranger.get("/orders?store=us-store").status_code == 404


def test_several_orders_of_one_name_are_a_choice(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    elsewhere(world)
    assert "Which #1001?" in otto.reads("/orders/1001")
    assert [row["store"] for row in otto.json("/orders/1001")["choices"]] == ["eu-store", "us-store"]
    assert "#1001 in sync" in otto.reads("/orders/1001?store=us-store")
    assert otto.get("/orders/1001/plan").status_code == 400
    assert otto.json("/orders?q=1001&store=us-store")["opens"] == "/orders/1001?store=us-store"


def elsewhere(world: World) -> None:
    """Another shop has an order of the same name, which was heard of and described."""
    new = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(), name="eu-store")
    with world.engine.begin() as connection:
        stored = connections.add(connection, new, world.runtime.vault)
    with world.engine.begin() as connection:
        values = {"connection_id": stored.id, "kind": "order", "shopify_id": "9001", "name": "#1001"}
        connection.execute(insert(records).values(**values))


def test_a_store_without_credentials_stops_no_search(otto: Visitor, world: World) -> None:
    world.announce(5001)
    with world.engine.begin() as connection:
        connection.execute(delete(credentials))
    assert names(otto, "?q=ada@example.com") == []
    assert names(otto, "?q=5001") == ["5001"]


def placed(world: World, number: int, day: str, **changes: Any) -> None:
    sold(world, number, created_at=f"{day}T09:00:00Z", processed_at=f"{day}T09:00:00Z", **changes)


def test_days_are_those_on_which_orders_were_placed_whenever_they_were_heard_of(otto: Visitor, world: World) -> None:
    placed(world, 5001, "2026-11-18")
    placed(world, 5002, "2025-03-01")
    placed(world, 5003, "2026-11-19", sku="GHOST")
    world.announce(5004)
    assert names(otto) == ["5004", "#1003", "#1002", "#1001"]
    assert names(otto, "?since=2025-03-01&until=2025-03-01") == ["#1002"]
    assert names(otto, "?since=2025-03-02") == ["#1003", "#1001"]
    assert names(otto, "?until=2026-11-18") == ["#1001", "#1002"]
    assert names(otto, "?since=2025-01-01&state=held") == ["#1003"]
    assert names(otto, "?since=2025-01-01&reason=not_mapped") == ["#1003"]
    assert names(otto, "?until=2026-11-18&subject=sku:GHOST") == []
    assert names(otto, "?since=2025-01-01&differs=true") == []
    assert otto.json("/orders?q=1001&since=2026-11-19")["orders"]["rows"] == []
    assert otto.json("/orders?q=1001&until=2026-11-18")["opens"] == "/orders/1001"
    today = datetime.now(UTC).date()
    assert names(otto, f"?until=2026-11-18&heard_until={today - timedelta(days=1)}") == []
    assert names(otto, f"?until=2026-11-18&heard_since={today}") == ["#1001", "#1002"]
    assert "2 new – show" in otto.get("/orders/news?until=2026-11-18&than=0").text


def test_pages_of_days_follow_each_other_by_the_day_and_the_file_has_all(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    row = {"connection_id": world.connection.id, "kind": "order", "financial_status": "PAID"}
    with world.engine.begin() as connection:
        for number in range(120):
            at = datetime(2026, 10, 1 + number * 7 % 20, tzinfo=UTC)
            named = {"shopify_id": str(6000 + number), "name": f"#{6000 + number}", "placed_at": at}
            connection.execute(insert(records).values(row | named))
    found, after = [], ""
    while True:
        page = otto.json(f"/orders?since=2026-10-01&until=2026-10-31{after}")["orders"]
        found += [(one["placed_at"], one["id"]) for one in page["rows"]]
        if page["after"] is None:
            break
        after = f"&after={page['after']}"
    assert len(found) == 120
    assert found == sorted(found, reverse=True)
    file = csv.DictReader(io.StringIO(otto.get("/orders.csv?since=2026-10-01&until=2026-10-31").text))
    assert len({line["order"] for line in file}) == 120


def test_an_order_says_when_it_was_placed_and_whether_it_is_paid_and_shipped(otto: Visitor, world: World) -> None:
    placed(world, 5001, "2026-11-18")
    (row,) = otto.json("/orders")["orders"]["rows"]
    assert (row["placed_at"], row["paid"], row["shipped"]) == ("2026-11-18T09:00:00Z", "paid", "unfulfilled")
    assert "paid, unfulfilled" in otto.reads("/orders")
    assert "Paid, unfulfilled when it was read last" in otto.reads("/orders/1001")
    act(world.shop, {"act": "fulfill", "order_id": 5001, "at": "2026-11-21T10:00:00-05:00"})
    world.work(world.announce(5001))
    (line,) = csv.DictReader(io.StringIO(otto.get("/orders.csv").text))
    assert (line["placed"][:10], line["paid"], line["shipped"]) == ("2026-11-18", "paid", "fulfilled")
    world.announce(5002)
    assert "not read yet" in otto.reads("/orders/5002")
