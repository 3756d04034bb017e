"""Two years of a shop's log, made by PostgreSQL itself: ten deliveries an order, one order in ten of a second connection.

As in life, the bodies of what is older than ninety days are gone, and what is parked was left long ago.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

EVENTS_PER_ORDER = 10
FIRST_ID = 5_900_000_000_000
SALES_ORDER = 7_000_000
_TABLES = ("events", "records", "effects", "attempts", "sales_orders", "hourly_passes")

_CONNECTIONS = """
    insert into connections (name, key, shop, shopify_api_url, shopify_api_version, netsuite_account, netsuite_api_url,
                             netsuite_concurrency, rules)
    select 'shop-' || n, 'key-' || n, 'shop-' || n || '.myshopify.com', 'https://shop', '2026-10', '1234567', 'https://books',
           5, '{}' from generate_series(1, 2) n
"""
_RECORDS = f"""
    insert into records (connection_id, kind, shopify_id, name, total, currency, created_at, changed_at, placed_at,
                         financial_status, fulfillment_status, applied_version, email_hash, differs,
                         state, reason_code, reason_subject, reason)
    select c.id, 'order', {FIRST_ID} + n, '#' || n, n % 500, 'USD', at.at, at.at, at.at, 'PAID', 'FULFILLED', 1,
           sha256(convert_to((n % 300000)::text, 'UTF8')), n % 5000 = 7, s.state,
           case s.state when 'held' then 'not_mapped' when 'parked' then 'rejected' end,
           case s.state when 'held' then 'sku:MUG-' || n % 40 end,
           case s.state when 'held' then 'no item has this SKU' when 'parked' then 'NetSuite refuses it' end
    from generate_series(1, :orders) n
    cross join lateral (select case when n <= :orders / 500 then 'parked' when n % 100 = 1 then 'held'
        when n % 100 in (2, 3) then 'excluded' when n % 1000 = 4 then 'ignored' when n > :orders - 20 then 'pending'
        else 'in_sync' end as state) s
    cross join lateral (select now() - interval '730 days' * (1 - n::float8 / :orders) as at) at
    join lateral (select id from connections order by id offset (n % 10 = 0)::int limit 1) c on true
"""
# An order's deliveries come one after the other, among those of its neighbours.
_EVENTS = f"""
    insert into events (connection_id, source, topic, delivery_id, event_id, triggered_at, received_at, headers, body,
                        body_sha256, record_kind, shopify_id)
    select c.id, 'webhook', case n % 10 when 0 then 'orders/create' when 1 then 'orders/paid' when 9 then 'refunds/create'
           else 'orders/updated' end, md5(n::text), n::text, at.at, at.at,
           case when at.at < now() - interval '90 days' then '{{}}' else '{{"X-Shopify-Topic": "orders"}}' end::jsonb,
           case when at.at < now() - interval '90 days' then null else sha512(convert_to(n::text, 'UTF8')) end,
           sha256(convert_to(n::text, 'UTF8')), 'order', {FIRST_ID} + o.number
    from generate_series(1, :orders * {EVENTS_PER_ORDER}) n
    cross join lateral (select least(greatest((n + n % 7 * 11) / {EVENTS_PER_ORDER}, 1), :orders) as number) o
    cross join lateral (select now() - interval '730 days' * (1 - n / (:orders * {EVENTS_PER_ORDER})::float8) as at) at
    join lateral (select id from connections order by id offset (o.number % 10 = 0)::int limit 1) c on true
"""
_ATTEMPTS = """
    insert into attempts (record_id, worker, rules_version, started_at, finished_at, outcome, calls)
    select id, 'worker@bench', 1, created_at, created_at, state,
           '[{"system": "netsuite", "method": "POST", "path": "/salesOrder", "status": 204, "ms": 400}]'
    from records order by id
"""
_EFFECTS = f"""
    insert into effects (connection_id, record_id, kind, natural_key, state, fence, request_hash, remote_id, amount, currency,
                         sent_at, confirmed_at, verified_at)
    select r.connection_id, r.id, k.kind, 'SHOPIFY-1-' || k.part || '-' || r.shopify_id, 'confirmed', 1, md5(r.shopify_id),
           r.shopify_id::bigint - {FIRST_ID} + k.first, r.total, r.currency, r.created_at, r.created_at, r.created_at
    from records r
    cross join (values ('sales_order', 'ORDER', {SALES_ORDER}), ('customer_deposit', 'TXN', 2 * {SALES_ORDER}))
        as k (kind, part, first)
    order by r.id
"""
_SALES_ORDERS = f"""
    insert into sales_orders (connection_id, netsuite_id, shopify_id, number, status, written_back)
    select connection_id, shopify_id::bigint - {FIRST_ID} + {SALES_ORDER}, shopify_id, 'SO' || substr(name, 2), 'B',
           'SO' || substr(name, 2)
    from records order by id
"""
_HOURLY = """
    insert into hourly_passes (connection_id, kind, hour, bucket, passes, in_sync)
    select c.id, k.kind, date_trunc('hour', now()) - h * interval '1 hour', b, b * 10, b * 9
    from connections c, (values ('order'), ('order_status'), ('customer')) as k (kind), generate_series(0, 191) h,
         generate_series(15, 25) b
"""


def fill(engine: Engine, *, orders: int) -> None:
    """Fills an empty, migrated database; the planner knows it afterwards."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set maintenance_work_mem = '512MB'"))
        with _without_indices(connection):
            connection.execute(text(_CONNECTIONS))
            for statement in (_RECORDS, _EVENTS):
                connection.execute(text(statement), {"orders": orders})
            for statement in (_ATTEMPTS, _EFFECTS, _SALES_ORDERS, _HOURLY):
                connection.execute(text(statement))
        for table in ("connections", *_TABLES):
            connection.execute(text(f"vacuum (analyze) {table}"))


@contextmanager
def _without_indices(connection: Connection) -> Iterator[None]:
    """Indices are made at the end, for that is many times faster; those of constraints stay."""
    found = connection.execute(
        text(
            "select indexname, indexdef from pg_indexes where tablename = any(:tables) "
            "and indexname not in (select conname from pg_constraint)"
        ),
        {"tables": list(_TABLES)},
    ).all()
    for name, _ in found:
        connection.execute(text(f"drop index {name}"))
    yield
    for _, definition in found:
        connection.execute(text(definition))
