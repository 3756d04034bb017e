"""The environment guard: a connection writes only between the very shop and account it was approved for.

Looked at before the first write, after every change of credentials, once an hour, and when a halt is to be lifted.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from connector.errors import WrongEnvironment
from connector.flows.systems import Systems
from connector.limits import Lane
from connector.netsuite.account import is_production
from connector.netsuite.suiteql import external_ids
from connector.shopify.shop import Shop, shop
from connector.store import connections, effects

# So many of our own orders must all be gone before the account counts as another one: a person may delete one.
_WITNESSES = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Who answered on both sides."""

    shop: str
    shop_id: int
    shop_is_production: bool
    account: str
    account_is_production: bool

    def to_json(self) -> dict[str, Any]:
        """As it is stored when it is approved."""
        return {name: getattr(self, name) for name in Pair.__dataclass_fields__}


def check(systems: Systems, engine: Engine) -> Shop:
    """Asks both sides who they are; the first time that is approved, later it must be the same. Returns the shop.

    One call each. Raises WrongEnvironment, and what the clients raise.
    """
    answered = shop(systems.shopify)
    pair = judged(systems, engine, answered)
    if systems.connection.approved is None:
        approve(systems, engine, pair)
    else:
        with engine.begin() as connection:
            connections.mark_checked(connection, systems.connection.id)
    return answered


def judged(systems: Systems, engine: Engine, answered: Shop) -> Pair:
    """The pair that answers now, when it may be written to; keeps nothing. Raises WrongEnvironment."""
    pair = seen(systems, answered)
    approved = systems.connection.approved
    if approved is None:
        _must_be_alike(pair, systems)
    else:
        _must_be(pair, approved, systems)
        _must_hold_our_orders(systems, engine, after=int(approved.get("effects_after", 0)))
    return pair


def approve(systems: Systems, engine: Engine, pair: Pair) -> None:
    """Keeps the pair as the one to write to; from now on only orders written later must be found in the account."""
    with engine.begin() as connection:
        keep_approved(connection, systems.connection.id, pair)


def keep_approved(connection: Connection, connection_id: int, pair: Pair) -> None:
    """As `approve`, in the caller's transaction."""
    newest = effects.newest_id(connection, connection_id)
    approved = pair.to_json() | {"effects_after": newest}
    connections.keep_approval(connection, connection_id, approved, shop_id=pair.shop_id)


def seen(systems: Systems, answered: Shop) -> Pair:
    """The pair that answers now. Raises WrongEnvironment when it is not the one that is configured."""
    stored = systems.connection
    if answered.domain != stored.shop:
        raise WrongEnvironment(
            f"shopify.shop is {stored.shop}, but {answered.domain} answers with this token; nothing is written. "
            "Check shop, api_url and the token"
        )
    account = systems.netsuite.account_seen() or stored.netsuite_account
    if account != stored.netsuite_account:
        raise WrongEnvironment(
            f"netsuite.account is {stored.netsuite_account}, but {account} answers; nothing is written. "
            "Check account, api_url and the certificate"
        )
    return Pair(answered.domain, answered.id, not answered.is_development, account, is_production(account))


def _must_be_alike(pair: Pair, systems: Systems) -> None:
    """A pair of two kinds is approved by a person only."""
    if pair.shop_is_production == pair.account_is_production:
        return
    kinds = {True: "production", False: "test"}
    raise WrongEnvironment(
        f"{pair.shop} is a {kinds[pair.shop_is_production]} shop and {pair.account} a "
        f"{kinds[pair.account_is_production]} account; nothing is written. If that is meant: "
        f"ml-connector connection approve {systems.connection.name}"
    )


def _must_be(pair: Pair, approved: Any, systems: Systems) -> None:
    now = pair.to_json()
    changed = [f"{name} was {approved[name]}, is {now[name]}" for name in now if approved.get(name) != now[name]]
    if changed:
        raise WrongEnvironment(
            f"shop or account is not what was approved ({'; '.join(changed)}); nothing is written. If that is meant: "
            f"ml-connector connection approve {systems.connection.name}"
        )


def _must_hold_our_orders(systems: Systems, engine: Engine, *, after: int) -> None:
    """A refreshed sandbox answers under its old name, but what we wrote there is gone."""
    with engine.begin() as connection:
        witnesses = effects.first_and_last_orders(connection, systems.connection.id, after=after, each=_WITNESSES)
    if len(witnesses) < _WITNESSES:
        return
    query, parameters = external_ids(list(witnesses.values()))
    rows = systems.netsuite.suiteql(query, parameters, lane=Lane.HISTORY)
    found = {row["id"]: row.get("externalid", "") for row in rows}
    if any(found.get(remote_id) == key for key, remote_id in witnesses.items()):
        return
    names = ", ".join(witnesses)
    raise WrongEnvironment(
        f"none of the orders written to {systems.connection.netsuite_account} is there any more ({names}): the account "
        "was refreshed or exchanged; nothing is written. Check the ids in the rules, then: "
        f"ml-connector connection approve {systems.connection.name}"
    )
