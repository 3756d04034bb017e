"""`ml-connector users …`: who may come into the console, by which role, and links that let somebody in once."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json, print_table, shown
from connector.config import Settings
from connector.errors import ConfigError
from connector.flows import people
from connector.flows.acting import Who
from connector.flows.passwords import Passwords
from connector.flows.people import Invited
from connector.store import connections
from connector.store import users as store
from connector.store.roles import Role
from connector.store.users import NewUser, User

# Whoever runs commands has the database's password, and with it everything.
OWNER = Who(COMMAND_LINE, Role.ADMIN)

role_type = click.Choice([role.value for role in Role])


@click.group()
def users() -> None:
    """Who may come into the console."""


@users.command()
@click.argument("name")
@click.option("--role", type=role_type, required=True, help="viewer reads, operator puts right, admin changes all.")
@click.option("--email", help="By which single sign-on finds the user.")
@click.option("--connection", "names", multiple=True, help="Sees only this connection; can be given more than once.")
@data_option
@json_option
def add(name: str, role: str, email: str | None, names: tuple[str, ...], data: Path, as_json: bool) -> None:
    """Add a user, and print the link by which he signs in once and chooses a password."""
    with opened(data) as (runtime, settings):
        new = NewUser(name, Role(role), email, connection_ids(runtime.engine, names))
        _print_link(people.add(runtime.engine, new, by=OWNER, now=_now()), settings, as_json=as_json)


@users.command()
@click.argument("name")
@data_option
@json_option
def link(name: str, data: Path, as_json: bool) -> None:
    """Print a new link that signs a user in once; the one before it counts no more."""
    with opened(data) as (runtime, settings):
        _print_link(people.invite(runtime.engine, name, by=OWNER, now=_now()), settings, as_json=as_json)


@users.command(name="list")
@data_option
@json_option
def list_(data: Path, as_json: bool) -> None:
    """List the users."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = store.all_(database)
        known = {stored.id: stored.name for stored in connections.every(database)}
    if as_json:
        print_json([_json(user, known) for user in found])
        return
    print_table(
        ("name", "role", "connections", "e-mail", "code", "last signed in (UTC)", "disabled (UTC)"),
        [
            (
                user.name,
                user.role,
                seen(user.connection_ids, known),
                user.email,
                "asked for" if user.has_second_factor else None,
                user.last_signed_in_at,
                user.disabled_at,
            )
            for user in found
        ],
    )


@users.command()
@click.argument("name")
@data_option
def disable(name: str, data: Path) -> None:
    """Shut a user out: sessions end now, tokens that act for the user are refused."""
    with opened(data) as (runtime, _):
        people.disable(runtime.engine, name, by=OWNER, now=_now())
    click.echo(f"{name} is disabled")


@users.command()
@click.argument("name")
@data_option
def enable(name: str, data: Path) -> None:
    """Let a user in again."""
    with opened(data) as (runtime, _):
        people.enable(runtime.engine, name, by=OWNER)
    click.echo(f"{name} is enabled")


@users.command()
@click.argument("name")
@click.argument("role", type=role_type)
@click.option("--connection", "names", multiple=True, help="Sees only this connection; none given: sees all.")
@data_option
def role(name: str, role: str, names: tuple[str, ...], data: Path) -> None:
    """Change what a user may do and see; in force with the next request."""
    with opened(data) as (runtime, _):
        people.set_role(runtime.engine, name, Role(role), connection_ids(runtime.engine, names), by=OWNER)
    click.echo(f"{name} is {role} of {', '.join(names) or 'all connections'}")


@users.command()
@click.argument("name")
@click.argument("email", required=False)
@data_option
def email(name: str, email: str | None, data: Path) -> None:
    """Change the e-mail address, by which single sign-on finds a user; without one it is taken away."""
    with opened(data) as (runtime, _):
        people.set_email(runtime.engine, name, email, by=OWNER)
    click.echo(f"{name} has {email or 'no e-mail address'}")


@users.command()
@click.argument("name")
@click.password_option(help="Asked for when it is not given; on a command line others may see it.")
@data_option
def password(name: str, password: str, data: Path) -> None:
    """Set a user's password; every session of the user ends."""
    with opened(data) as (runtime, _):
        people.set_password(runtime.engine, Passwords(), name, password, by=OWNER)
    click.echo(f"{name} has a new password")


@users.command(name="forget-code")
@click.argument("name")
@data_option
def forget_code(name: str, data: Path) -> None:
    """Ask a user for no code any more, whose phone and recovery codes are lost; every session of the user ends."""
    with opened(data) as (runtime, _):
        people.remove_second_factor(runtime.engine, name, by=OWNER)
    click.echo(f"{name} is asked for no code")


def connection_ids(engine: Engine, names: tuple[str, ...]) -> tuple[int, ...] | None:
    """Ids of the named connections; None, which is all, for no name. Raises ConfigError."""
    with engine.begin() as database:
        known = {stored.name: stored.id for stored in connections.every(database)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(f"there is no connection named {unknown[0]}; see `ml-connector connection list`")
    return tuple(known[name] for name in names) or None


def seen(ids: tuple[int, ...] | None, known: dict[int, str]) -> str:
    """The connections that are seen, by name."""
    return "all" if ids is None else ", ".join(known.get(item, f"({item}, gone)") for item in ids)


def _print_link(invited: Invited, settings: Settings, *, as_json: bool) -> None:
    url = invited.url(settings.address)
    if as_json:
        print_json({"name": invited.user.name, "role": invited.user.role, "link": url, "ends_at": invited.ends_at})
        return
    click.echo(url)
    click.echo(f"{invited.user.name} signs in by it once, until {shown(invited.ends_at)} UTC", err=True)


def _json(user: User, known: dict[int, str]) -> dict[str, Any]:
    secret = ("password_hash", "totp", "totp_step", "connection_ids")
    values = {name: value for name, value in asdict(user).items() if name not in secret}
    ids = user.connection_ids
    return values | {"connections": None if ids is None else [known.get(item, str(item)) for item in ids]}


def _now() -> datetime:
    return datetime.now(UTC)
