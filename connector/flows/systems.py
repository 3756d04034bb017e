"""What one pass needs of one connection: both clients, its rules, and how its e-mails are hashed."""

import hashlib
import hmac
from dataclasses import dataclass, field

from connector.mapping.rules import Rules
from connector.netsuite.client import NetSuiteClient
from connector.shopify.client import ShopifyClient
from connector.store.connections import StoredConnection


@dataclass(frozen=True, slots=True)
class Systems:
    """One connection, opened. `shop_id` is part of every external id."""

    connection: StoredConnection
    shop_id: int
    rules: Rules
    shopify: ShopifyClient
    netsuite: NetSuiteClient
    email_key: bytes = field(repr=False)

    def email_hash(self, email: str) -> bytes:
        """Keyed hash of an e-mail address, without regard to case: equal addresses can be found, none can be read."""
        return hmac.digest(self.email_key, email.strip().lower().encode(), hashlib.sha256)
