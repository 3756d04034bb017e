"""The key and certificate files that a connection file names, and how its faults are said: each with its line."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.cli.key_files import certificate_end, private_key
from connector.errors import ConfigError
from connector.flows.log_ins import Fault, KeyMaterial, auth_of, table_of
from connector.mapping.toml_lines import line_of
from connector.netsuite.auth import Certificate


def key_material(data: Mapping[str, Any], directory: Path, *, now: datetime) -> tuple[KeyMaterial, list[Fault]]:
    """The key an oauth2 log-in names, and what is wrong with it; file names are taken from `directory`."""
    table = table_of(data, "netsuite")
    if table is None or auth_of(table, "netsuite") != "oauth2":
        return KeyMaterial(""), []
    given = [name for name in ("private_key", "private_key_file") if name in table]
    if len(given) != 1:
        sentence = (
            "is missing; private_key or private_key_file is needed" if not given else "is there beside private_key"
        )
        return KeyMaterial(""), [Fault(("netsuite", "private_key_file"), sentence)]
    values = {name: table.get(name) for name in (*given, "algorithm", "certificate_file")}
    if not all(value is None or isinstance(value, str) for value in values.values()):
        # Said already, as a value of the wrong type.
        return KeyMaterial(""), []
    return _judged(given[0], values, directory, now)


def refused(path: Path, text: str, faults: list[Fault]) -> ConfigError:
    """All faults, one a line, in the order of the file."""
    lines = sorted(
        {(line_of(text, fault.path), ".".join(str(part) for part in fault.path), fault.sentence) for fault in faults}
    )
    return ConfigError("\n".join(f"{path}:{line}: {key}: {sentence}" for line, key, sentence in lines))


def _judged(name: str, values: Mapping[str, Any], directory: Path, now: datetime) -> tuple[KeyMaterial, list[Fault]]:
    """Algorithm and certificate are looked at only with a key that is good."""
    faults: list[Fault] = []
    try:
        key = values[name] if name == "private_key" else private_key(directory / values[name])
        Certificate.from_pem("", "", key)
    except ConfigError as error:
        return KeyMaterial(""), [Fault(("netsuite", name), str(error))]
    try:
        Certificate.from_pem("", "", key, algorithm=values["algorithm"])
    except ConfigError as error:
        faults.append(Fault(("netsuite", "algorithm"), str(error)))
    if values["certificate_file"] is None:
        return KeyMaterial(key), faults
    try:
        return KeyMaterial(key, certificate_end(directory / values["certificate_file"], key, now=now)), faults
    except ConfigError as error:
        return KeyMaterial(key), [*faults, Fault(("netsuite", "certificate_file"), str(error))]
