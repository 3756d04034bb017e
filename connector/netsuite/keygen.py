"""Makes the key NetSuite's log-in signs with, and the self-signed certificate that is uploaded for it.

Facts: Oracle, "OAuth 2.0 client credentials: certificate requirements" (subsect_162755332391, 2026): RSA of 3072 or 4096
bits or an EC key; a certificate is valid for two years at most, a longer one is cut.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=730)
_RSA_BITS = 4096
# A clock that is behind ours must not call the certificate one of tomorrow.
_BEGUN = timedelta(hours=1)


class KeyKind(StrEnum):
    """What kind of key; NetSuite takes both."""

    RSA = "rsa"
    EC = "ec"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key and its certificate, both as PEM text."""

    private_key: str = field(repr=False)
    certificate: str
    ends_at: datetime


def key_pair(kind: KeyKind, name: str, *, now: datetime) -> KeyPair:
    """A new key (RSA 4096 or EC P-256) and a certificate that begins now, with `name` as its common name."""
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if kind is KeyKind.RSA:
        key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    begins = now.replace(microsecond=0) - _BEGUN
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return KeyPair(private, certificate.public_bytes(Encoding.PEM).decode(), begins + LIFE)
