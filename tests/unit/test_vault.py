"""Sealed values open in their place with their key, and nowhere else."""

import pytest

from connector.config import Key
from connector.errors import ConfigError, InvalidAnswer
from connector.vault import Vault

OLD, NEW = Key("old", b"o" * 32), Key("new", b"n" * 32)


def test_what_was_sealed_opens_again() -> None:
    vault = Vault((NEW,))
    assert vault.open(vault.seal(b"secret", associated="here"), associated="here") == b"secret"


def test_two_seals_of_one_value_differ() -> None:
    vault = Vault((NEW,))
    assert vault.seal(b"secret", associated="here") != vault.seal(b"secret", associated="here")


def test_a_value_copied_to_another_place_does_not_open() -> None:
    vault = Vault((NEW,))
    with pytest.raises(InvalidAnswer, match="there"):
        vault.open(vault.seal(b"secret", associated="here"), associated="there")


def test_an_old_key_still_opens_and_the_first_one_seals() -> None:
    sealed = Vault((OLD,)).seal(b"secret", associated="here")
    both = Vault((NEW, OLD))
    assert both.open(sealed, associated="here") == b"secret"
    assert both.sealing_key_id == "new"


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="lacks the key old"):
        Vault((NEW,)).open(Vault((OLD,)).seal(b"secret", associated="here"), associated="here")


@pytest.mark.parametrize("envelope", [b"", b"\x01", b"\x02\x03new", b"plain text"])
def test_what_is_no_envelope_is_refused(envelope: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        Vault((NEW,)).open(envelope, associated="here")


def test_every_changed_byte_is_noticed() -> None:
    vault = Vault((NEW,))
    sealed = vault.seal(b"secret", associated="here")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises((InvalidAnswer, ConfigError)):
            vault.open(bytes(changed), associated="here")
