"""The root command. Exit 0: done. 1: something is wrong and was found. 2: wrong use or a wrong setting."""

import sys

import click

from connector import logs
from connector.cli.connection_acts import approve, pause, remove, resume
from connector.cli.connection_rotation import rotate
from connector.cli.connections import connection
from connector.cli.demo import demo
from connector.cli.events import events
from connector.cli.history import history
from connector.cli.inventory import inventory
from connector.cli.inventory_sync import sync as inventory_sync
from connector.cli.jobs import jobs
from connector.cli.keys import keys
from connector.cli.mapping import mapping
from connector.cli.mapping_test import trial
from connector.cli.netsuite import netsuite
from connector.cli.orders import orders
from connector.cli.ping import ping
from connector.cli.privacy import privacy
from connector.cli.reconcile import reconcile
from connector.cli.schedules import schedules
from connector.cli.serve import migrate, serve, web
from connector.cli.shopify import shopify
from connector.cli.users import users
from connector.cli.users_tokens import tokens
from connector.cli.webhooks import webhooks
from connector.errors import ConfigError, ConnectorError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ml-connector")
def root() -> None:
    """Keeps a Shopify shop and an Oracle NetSuite account equal."""
    # Standard output is for what a command prints.
    logs.configure("WARNING")


for command in (approve, pause, ping, remove, resume, rotate):
    connection.add_command(command)
shopify.add_command(webhooks)
mapping.add_command(trial)
inventory.add_command(inventory_sync)
users.add_command(tokens)
for command in (
    connection,
    demo,
    events,
    history,
    inventory,
    jobs,
    keys,
    mapping,
    migrate,
    netsuite,
    orders,
    privacy,
    reconcile,
    schedules,
    serve,
    shopify,
    users,
    web,
):
    root.add_command(command)


def main() -> None:
    """Runs a command; an error of ours becomes one line on stderr."""
    try:
        root()
    except ConnectorError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
