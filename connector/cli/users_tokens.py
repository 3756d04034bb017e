"""`ml-connector users tokens …`: bearer tokens of the API."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table, shown
from connector.cli.users import OWNER, connection_ids, role_type, seen
from connector.errors import ConfigError
from connector.flows import api_access
from connector.store import api_tokens, connections, users
from connector.store.api_tokens import NewToken
from connector.store.roles import Role


@click.group()
def tokens() -> None:
    """Bearer tokens of the API."""


@tokens.command()
@click.argument("name")
@click.option("--user", "user_name", help="Acts for this user, with the role the user has at that moment.")
@click.option("--role", type=role_type, help="A role of its own.")
@click.option("--connection", "names", multiple=True, help="With --role: sees only this connection.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="Ends after so many days.")
@data_option
@json_option
def add(
    name: str, user_name: str | None, role: str | None, names: tuple[str, ...], days: int, data: Path, as_json: bool
) -> None:
    """Make a token, and print it this once."""
    now = datetime.now(UTC)
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            user = users.by_name(database, user_name) if user_name else None
        if user_name and user is None:
            raise ConfigError(f"there is no user {user_name}; see `ml-connector users list`")
        new = NewToken(
            name,
            user_id=user.id if user else None,
            role=Role(role) if role else None,
            connection_ids=connection_ids(runtime.engine, names),
            ends_at=now + timedelta(days=days),
        )
        made = api_access.make(runtime.engine, new, by=OWNER, now=now)
    if as_json:
        print_json({"id": made.token.id, "name": made.token.name, "token": made.text, "ends_at": made.token.ends_at})
        return
    click.echo(made.text)
    click.echo(f"token {made.token.id}, until {shown(made.token.ends_at)} UTC; it is shown this once", err=True)


@tokens.command(name="list")
@data_option
@json_option
def list_(data: Path, as_json: bool) -> None:
    """List the tokens, those that ended too."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = api_tokens.all_(database)
        known = {stored.id: stored.name for stored in connections.every(database)}
    if as_json:
        print_json([asdict(token) for token in found])
        return
    print_table(
        ("id", "name", "acts for", "role", "connections", "made by", "ends (UTC)", "last used (UTC)", "revoked (UTC)"),
        [
            (
                token.id,
                token.name,
                token.user_name,
                token.role,
                seen(token.connection_ids, known),
                token.made_by,
                token.ends_at,
                token.last_used_at,
                token.revoked_at,
            )
            for token in found
        ],
    )


@tokens.command()
@click.argument("token_id", type=int)
@data_option
def revoke(token_id: int, data: Path) -> None:
    """End a token at once."""
    with opened(data) as (runtime, _):
        api_access.revoke(runtime.engine, token_id, by=OWNER, now=datetime.now(UTC))
    click.echo(f"token {token_id} is revoked")
