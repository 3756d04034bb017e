"""What anybody would write first: Flask, one SQLAlchemy Core insert a request, nothing else. The yardstick."""

import os

from flask import Flask, Response, request
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, create_engine
from sqlalchemy.dialects.postgresql import insert

engine = create_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=0, pool_timeout=30)
table = Table("bare", MetaData(), Column("id", Text, primary_key=True), Column("body", LargeBinary))
with engine.begin() as _connection:
    _connection.exec_driver_sql("select pg_advisory_xact_lock(1)")
    _connection.exec_driver_sql("create table if not exists bare (id text primary key, body bytea)")

app = Flask("bare")


@app.post("/bare")
def bare() -> Response:
    """Stores one delivery durably."""
    body = request.get_data()
    with engine.begin() as connection:
        values = {"id": request.headers["X-Shopify-Webhook-Id"], "body": body}
        connection.execute(insert(table).values(values).on_conflict_do_nothing())
    return Response(status=200)
