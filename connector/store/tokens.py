"""How random tokens are kept: as a hash. Who reads the tables can use none of them."""

import hashlib


def token_hash(token: str) -> bytes:
    """SHA-256: what is hashed is long and random, so nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
