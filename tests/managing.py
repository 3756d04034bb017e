"""What stands of the world's connection after a command: for the tests of managing it."""

from connector.store import connections, credentials, operator_actions
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY, StoredCredential
from tests.world import World


def stored(world: World) -> StoredConnection:
    """The connection as it stands."""
    with world.engine.begin() as connection:
        return connections.by_id(connection, world.connection.id)


def credential(world: World, side: str) -> StoredCredential:
    """One side's credentials, opened."""
    with world.engine.begin() as connection:
        found = credentials.read(connection, world.runtime.vault, world.connection.id, side)
    assert found is not None
    return found


def token(world: World, side: str = SHOPIFY) -> str:
    """The access token that is stored."""
    found = credential(world, side).token
    assert found is not None
    return found.access_token


def acts(world: World) -> list[str]:
    """What was done to the connection, as it was written down."""
    with world.engine.begin() as connection:
        return [act.action for act in operator_actions.of_connection(connection, world.connection.id)]
