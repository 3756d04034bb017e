"""A generated key is one NetSuite takes, and its certificate ends when NetSuite would end it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.netsuite.auth import Certificate
from connector.netsuite.keygen import KeyKind, key_pair

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "algorithm"), [(KeyKind.RSA, "PS256"), (KeyKind.EC, "ES256")])
def test_a_pair_belongs_together_and_lives_two_years_at_most(kind: KeyKind, algorithm: str) -> None:
    made = key_pair(kind, "books of acme", now=NOW)
    usable = Certificate.from_pem("client", "cert", made.private_key)
    assert usable.algorithm == algorithm
    certificate = x509.load_pem_x509_certificate(made.certificate.encode())
    assert certificate.public_key() == usable.key.public_key()
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=730)
    assert certificate.not_valid_before_utc < NOW
    assert certificate.not_valid_after_utc == made.ends_at
    assert certificate.subject.rfc4514_string() == "CN=books of acme"
    assert "PRIVATE" not in repr(made)


def test_an_rsa_key_has_4096_bits() -> None:
    key = Certificate.from_pem("c", "c", key_pair(KeyKind.RSA, "x", now=NOW).private_key).key
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 4096
