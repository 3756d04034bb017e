"""The connection file (TOML): validated as a whole; every fault is listed with its line and key."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from connector.cli.file_faults import key_material, refused
from connector.errors import ConfigError
from connector.flows.connection_settings import ConnectionSettings, new_connection, sentence
from connector.flows.log_ins import Fault, log_in_faults
from connector.store.connections import NewConnection


def read_connection_file(path: Path) -> NewConnection:
    """The connection a file describes. Raises ConfigError listing every fault with its line."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    key, key_faults = key_material(data, path.parent, now=datetime.now(UTC))
    faults = log_in_faults(data) + key_faults
    try:
        settings = ConnectionSettings.model_validate(data)
    except ValidationError as error:
        faults += [Fault(item["loc"], sentence(item)) for item in error.errors(include_url=False)]
        raise refused(path, text, faults) from None
    if faults:
        raise refused(path, text, faults)
    return new_connection(settings, key)
