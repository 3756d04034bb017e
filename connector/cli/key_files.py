"""Key and certificate files of NetSuite's log-in, read and judged before anything is kept of them."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from connector.errors import ConfigError
from connector.netsuite.auth import Certificate

# NetSuite cuts a longer certificate to two years (Oracle, "certificate requirements", subsect_162755332391, 2026).
_LONGEST = timedelta(days=730)


def private_key(path: Path) -> str:
    """A private key from a file, as PEM text. Raises ConfigError."""
    try:
        return path.read_text("ascii")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not a private key in PEM form") from error


def certificate_end(path: Path, private_key: str, *, now: datetime) -> datetime:
    """When NetSuite ends a certificate. Raises ConfigError when it is none, is not the key's, or has ended."""
    key = Certificate.from_pem("", "", private_key).key
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not a certificate in PEM form") from error
    if found.public_key() != key.public_key():
        raise ConfigError(f"the certificate {path} does not belong to this private key")
    ends_at = min(found.not_valid_after_utc, found.not_valid_before_utc + _LONGEST)
    if ends_at <= now:
        raise ConfigError(
            f"the certificate {path} ended on {ends_at:%Y-%m-%d}; make a new one: ml-connector netsuite keygen"
        )
    return ends_at
