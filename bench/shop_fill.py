"""What a shop has beside its orders: rules, a hundred thousand items with their stock on both sides, acts, jobs, a proof.

One more connection has credentials and no orders: only with a key can an e-mail address be looked for, and of the others
nothing may be asked of a system.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, text

from connector.config import Key
from connector.flows.proof_document import MOST
from connector.mapping.rules import Rules
from connector.store import connections, proofs, stock_findings
from connector.store.connections import NewConnection
from connector.store.credentials import NewCredential
from connector.store.proofs import Days
from connector.store.stock_findings import StockCounts
from connector.tokens import Token
from connector.vault import Vault

VAULT = Vault((Key("bench", b"b" * 32),))
ITEMS = 100_000
_ACTS_AN_ITEM = 2
_PLACE, _WAREHOUSE = 655_441_491, 2
_SKU = "'SKU-' || lpad(n::text, 6, '0')"
_DIFFER = 50  # one item in so many
_DAYS = Days(date(2026, 10, 1), date(2026, 10, 31))

_STATEMENTS = (
    f"""insert into items (connection_id, netsuite_id, sku, item_type, inactive)
        select :connection, n, {_SKU}, 'InvtPart', false from generate_series(1, :items) n""",
    f"""insert into stock (connection_id, netsuite_item, netsuite_location, available, changed_at)
        select :connection, n, {_WAREHOUSE}, n % 90, '2026-11-24 10:00:00' from generate_series(1, :items) n""",
    f"""insert into shop_items (connection_id, inventory_item, variant, sku, tracked)
        select :connection, n, n, {_SKU}, true from generate_series(1, :items) n""",
    f"""insert into levels (connection_id, inventory_item, shopify_location, available, seen_at, published, published_at)
        select :connection, n, {_PLACE}, n % 90 + (n % {_DIFFER} = 0)::int, now(), n % 90, now()
        from generate_series(1, :items) n""",
    f"""insert into stock_findings (connection_id, kind, sku, inventory_item, shopify_location)
        select :connection, 'drift', {_SKU}, n, {_PLACE} from generate_series(1, :items) n where n % {_DIFFER} = 0""",
    # Ada did little, and that long ago; a quarter belongs to no connection, such as who signed in.
    """insert into operator_actions (connection_id, at, actor, action, details)
        select case when n % 4 > 0 then :connection end, now() - (:acts - n) * interval '5 minutes',
               case when n <= :acts / 1000 then 'ada' else 'otto' end,
               case when n % 1000 = 7 then 'rules changed' when n % 4 = 0 then 'signed in' else 'replay' end,
               '{"because": "the books were shut"}'
        from generate_series(1, :acts) n""",
    """insert into jobs (connection_id, kind, chosen, reason, actor, state, ended_at)
        values (:connection, 'history', '{}', 'two years', 'otto', 'done', now()),
               (:connection, 'replay', '{"topic": "orders/paid"}', 'prices were wrong', 'otto', 'running', null)""",
    # The import has every order of the connection, the replay one in ten, and half of these are not sent yet.
    """insert into job_records (job_id, record_id, sent_at)
        select j.id, r.id, case when j.state = 'done' or r.id % 20 = 0 then now() end
        from jobs j join records r on r.connection_id = j.connection_id and (j.state = 'done' or r.id % 10 = 0)""",
    """update jobs j set total = c.total, sent = c.sent from
        (select job_id, count(*) as total, count(sent_at) as sent from job_records group by job_id) c where c.job_id = j.id""",
)
_TABLES = (
    "items", "stock", "shop_items", "levels", "stock_findings", "operator_actions", "jobs", "job_records", "proofs",
    "rule_versions",
)  # fmt: skip


def fill_shop(engine: Engine, *, items: int = ITEMS) -> None:
    """Fills the first connection of `log_fill.fill`, and adds another; the planner knows it afterwards."""
    rules = Rules.from_json({"location": "2", "inventory": {"locations": {str(_PLACE): [str(_WAREHOUSE)]}}}).to_json()
    with engine.begin() as connection:
        connection.execute(text("update connections set rules = :rules"), {"rules": json.dumps(rules)})
        connection.execute(
            text(
                "insert into rule_versions (connection_id, version, rules, actor, note) "
                "select id, rules_version, rules, 'bench', 'filled' from connections"
            )
        )
        first = connections.every(connection)[0].id
        for statement in _STATEMENTS:
            connection.execute(text(statement), {"connection": first, "items": items, "acts": items * _ACTS_AN_ITEM})
        counts = StockCounts({str(_PLACE): _PLACE}, items, items, items // _DIFFER, 0, 0)
        stock_findings.keep_counts(connection, first, counts)
        proofs.keep(connection, first, _DAYS, _proof())
        connections.add(connection, _another(rules), VAULT)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in _TABLES:
            connection.execute(text(f"vacuum (analyze) {table}"))


def _another(rules: dict[str, Any]) -> NewConnection:
    keys = {"consumer_key": "k", "consumer_secret": "s", "token_id": "t", "token_secret": "s"}
    shopify = NewCredential("static", {"webhook_secrets": ["bench"]}, Token("bench", datetime.now(UTC)))
    return NewConnection(
        "shop-3", "shop-3.myshopify.com", "https://shop", "2026-10", "1234567", "https://books", 5, rules,
        shopify, NewCredential("tba", keys),
    )  # fmt: skip


def _proof() -> dict[str, Any]:
    """A month of four gateways, as long as one may be: every list at its end."""
    why = "the deposit was deleted in NetSuite on 12 October by an accountant; look at its system notes"
    money = {"captured": "123456.78", "refunded": "345.67", "net": "123111.11"}
    return {
        "since": datetime(2026, 10, 1, tzinfo=UTC).isoformat(), "until": datetime(2026, 11, 1, tzinfo=UTC).isoformat(),
        "time_zone": "UTC", "explained": False, "orders": 40_000, "places": {"written": 36_000, "held": 4_000},
        "not_written": [{"order": f"#{n}", "id": str(n), "place": "held", "why": why} for n in range(MOST)],
        "findings": [{"order_id": str(n), "name": f"#{n}", "sentence": why} for n in range(MOST)],
        "gaps": [{"first": f"#{n}", "last": f"#{n + 1}", "count": 2, "cause": "deleted", "why": why} for n in range(MOST)],
        "money": [
            {"day": f"2026-10-{day:02}", "currency": "USD", "gateway": f"gateway {n}", "shopify": money, "netsuite": money,
             "difference": "0.00"}
            for day in range(1, 32) for n in range(4)
        ],
        "differences": [
            {"order_id": str(n), "name": f"#{n}", "day": "2026-10-12", "currency": "USD", "gateway": "gateway 1",
             "shopify": "19.99", "netsuite": None, "cause": "deleted", "why": why, "explained": False}
            for n in range(MOST)
        ],
        "left_out": {"not_written": 2_000, "findings": 0, "gaps": 0, "differences": 0},
    }  # fmt: skip
