"""Key and certificate files of NetSuite's log-in, read and judged before anything is kept of them."""

from datetime import datetime
from pathlib import Path

from connector.errors import ConfigError
from connector.netsuite import certificates


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
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    return certificates.ends_at(pem, private_key, named=str(path), now=now)
