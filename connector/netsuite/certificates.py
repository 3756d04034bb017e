"""When NetSuite ends a certificate that was uploaded for a key."""

from datetime import datetime, timedelta

from cryptography import x509

from connector.errors import ConfigError
from connector.netsuite.auth import Certificate

# NetSuite cuts a longer certificate to two years (Oracle, "certificate requirements", subsect_162755332391, 2026).
_LONGEST = timedelta(days=730)


def ends_at(pem: bytes, private_key: str, *, named: str, now: datetime) -> datetime:
    """Its end. Raises ConfigError, with the name it goes by, when it is none, is not the key's, or has ended."""
    key = Certificate.from_pem("", "", private_key).key
    try:
        found = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise ConfigError(f"{named} is not a certificate in PEM form") from error
    if found.public_key() != key.public_key():
        raise ConfigError(f"the certificate {named} does not belong to this private key")
    end = min(found.not_valid_after_utc, found.not_valid_before_utc + _LONGEST)
    if end <= now:
        raise ConfigError(
            f"the certificate {named} ended on {end:%Y-%m-%d}; make a new one: ml-connector netsuite keygen"
        )
    return end
