"""`ml-connector shopify …`: install the app in a shop, and exchange its classic token for one that ends."""

from datetime import UTC, datetime
from pathlib import Path

import click

from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, shown
from connector.errors import ConfigError
from connector.flows import install as installing
from connector.flows import migration
from connector.flows.install import Offer
from connector.flows.migration import Candidate, Migrated
from connector.runtime import install_site
from connector.shopify.grants import App
from connector.shopify.shop import SCOPES


@click.group()
def shopify() -> None:
    """The Shopify side of a connection: its app and its tokens."""


@shopify.command()
@click.argument("name")
@click.option("--online", is_flag=True, help="The token of one person's session, instead of one that lasts.")
@data_option
@json_option
def install(name: str, online: bool, data: Path, as_json: bool) -> None:
    """Print a link that installs the app in the shop of connection NAME: good once, for 15 minutes."""
    with opened(data) as (runtime, settings):
        site = install_site(settings, runtime.engine, runtime.vault)
        offer = installing.offer(site, name, per_user=online, now=datetime.now(UTC))
    if as_json:
        print_json(_offer_json(offer))
    else:
        _show_offer(offer)


@shopify.command(name="migrate-token")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask. The exchange cannot be undone.")
@data_option
@json_option
def migrate_token(name: str, yes: bool, data: Path, as_json: bool) -> None:
    """Exchange the classic token of connection NAME, which never ends, for one that ends and is renewed.

    This cannot be undone: Shopify revokes the classic token, for everything else that uses it too.
    """
    with opened(data) as (runtime, settings):
        site = install_site(settings, runtime.engine, runtime.vault)
        found = migration.candidate(site, name)
        if not yes:
            _confirm(found)
        migrated = migration.migrate(site, runtime.redis, found, _app(found))
    if as_json:
        print_json(_migrated_json(migrated))
    else:
        _show_migrated(migrated)


def _confirm(found: Candidate) -> None:
    """Asks for the shop's name. Raises ConfigError when another one is typed."""
    shop = found.connection.shop
    click.echo(
        f"The classic token of {shop} never ends. Shopify exchanges it for a token of 60 minutes and a refresh token of\n"
        "90 days, which ml-connector renews by itself. The classic token is revoked at once: everything else that uses\n"
        "it stops working, and there is no way back. It must be of the app whose client id and secret are used here.",
        err=True,
    )
    typed = click.prompt(f"Type {shop} to go on", err=True)
    if typed.strip().lower() != shop:
        raise ConfigError(f"{typed.strip()!r} is not {shop}; nothing was exchanged")


def _app(found: Candidate) -> App:
    """The app of the connection; what its file does not say is asked for."""
    client_id = found.client_id or click.prompt("Client id (API key) of the app", err=True)
    secret = found.client_secret or click.prompt("Client secret (API secret key) of the app", hide_input=True, err=True)
    return App(client_id.strip(), secret.strip())


def _offer_json(offer: Offer) -> dict[str, object]:
    return {
        "connection": offer.connection.name,
        "shop": offer.connection.shop,
        "kind": "online" if offer.per_user else "offline",
        "link": offer.link,
        "ends_at": offer.ends_at,
        "redirect_url": offer.redirect_url,
        "scopes": list(SCOPES),
        "notes": list(offer.notes),
    }


def _show_offer(offer: Offer) -> None:
    click.echo(offer.link)
    whose = "the person whose session is to be used" if offer.per_user else "somebody who may install apps"
    click.echo(
        f"\nOpen it as {whose} in {offer.connection.shop}; it is good once, until {shown(offer.ends_at)} UTC.\n"
        "Before that, the app's version in Shopify's Dev Dashboard must have\n"
        f"  redirect URL  {offer.redirect_url}\n"
        f"  scopes        {','.join(SCOPES)}",
        err=True,
    )
    for note in offer.notes:
        click.echo(f"Note: {note}.", err=True)


def _migrated_json(migrated: Migrated) -> dict[str, object]:
    return {
        "connection": migrated.connection.name,
        "shop": migrated.connection.shop,
        "auth": "offline",
        "token_ends_at": migrated.ends_at,
        "refresh_ends_at": migrated.refresh_ends_at,
        "missing_scopes": list(migrated.missing),
    }


def _show_migrated(migrated: Migrated) -> None:
    click.echo(
        f"exchanged: the token of {migrated.connection.shop} ends {shown(migrated.ends_at)} UTC and is renewed by itself; "
        "the classic one is revoked"
    )
    if migrated.missing:
        click.echo(f"scopes that are missing: {', '.join(migrated.missing)}")
    click.echo(
        f'\nChange the file of {migrated.connection.name} now: auth = "offline", with client_id and client_secret, and\n'
        "without access_token. Added as it is, it would bring the revoked token back.",
        err=True,
    )
