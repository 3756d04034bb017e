"""What we know and did, in Postgres: tables, queries, migrations. Rows do not leave this package."""
