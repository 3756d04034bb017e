"""Seals secrets and webhook bodies with AES-256-GCM; the key's id stands in the envelope.

What is sealed is bound to its place (`associated`): a ciphertext copied to another row does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connector.config import Key
from connector.errors import ConfigError, InvalidAnswer

_VERSION = b"\x01"
_NONCE_BYTES = 12


class Vault:
    """Seals with the first key, opens with any of them."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}
        self._sealing_id = keys[0].id

    @property
    def sealing_key_id(self) -> str:
        """Id of the key that seals from now on."""
        return self._sealing_id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys we have, the one that seals first."""
        return tuple(self._ciphers)

    @staticmethod
    def head(key_id: str) -> bytes:
        """What every envelope of that key begins with."""
        return b"".join((_VERSION, bytes((len(key_id),)), key_id.encode()))

    @staticmethod
    def key_id(envelope: bytes) -> str:
        """Id of the key that sealed an envelope; empty for something that is none."""
        length = envelope[1] if len(envelope) > 1 else 0
        return envelope[2 : 2 + length].decode("ascii", errors="replace")

    def seal(self, plain: bytes, *, associated: str) -> bytes:
        """Envelope: version, length of key id, key id, nonce (96 bits, random), ciphertext with tag."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._sealing_id].encrypt(nonce, plain, associated.encode())
        return b"".join((self.head(self._sealing_id), nonce, sealed))

    def open(self, envelope: bytes, *, associated: str) -> bytes:
        """The plain bytes. Raises ConfigError naming a missing key id, InvalidAnswer for a foreign envelope."""
        key_id = self.key_id(envelope)
        cipher = self._ciphers.get(key_id)
        if envelope[:1] != _VERSION or not key_id:
            raise InvalidAnswer(f"what is stored for {associated} is not a sealed value")
        if cipher is None:
            raise ConfigError(f"CONNECTOR_KEYS lacks the key {key_id} that sealed {associated}")
        body = envelope[2 + len(key_id) :]
        try:
            return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], associated.encode())
        except InvalidTag:
            raise InvalidAnswer(f"the sealed value of {associated} was changed or belongs elsewhere") from None
