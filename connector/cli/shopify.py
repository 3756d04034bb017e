"""`ml-connector shopify …`: what is set up in the shop itself."""

import click


@click.group()
def shopify() -> None:
    """The shop's side of a connection."""
