"""Where a command finds its database: the environment, or what `ml-connector serve` left in the data directory."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.exc import OperationalError

from connector.config import Settings
from connector.errors import ConfigError
from connector.runtime import Runtime, build

DEFAULT_DATA = Path(".ml-connector")
_SERVED = "served.json"
# Who acts, in the list of what was done.
COMMAND_LINE = "command line"

F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """--data DIR, the same on every command that can work on an embedded database."""
    option = click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_DATA,
        show_default=True,
        help="Data directory of `serve`; used when DATABASE_URL is not set.",
    )
    return option(command)


def json_option(command: F) -> F:
    """--json, the same on every command that shows something."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def environment(data: Path) -> dict[str, str]:
    """The environment; without DATABASE_URL, completed by what `serve` wrote down in the data directory."""
    if os.environ.get("DATABASE_URL"):
        return dict(os.environ)
    served = data / _SERVED
    if not served.exists():
        raise ConfigError(
            f"DATABASE_URL is not set and {data} holds no data: set it, or start `ml-connector serve --data {data}`"
        )
    written: dict[str, str] = json.loads(served.read_text("utf-8"))
    return written | dict(os.environ)


def write_served(data: Path, values: Mapping[str, str]) -> None:
    """Leaves what other commands need to reach this instance; readable by its owner only."""
    served = data / _SERVED
    served.touch(mode=0o600)
    served.write_text(json.dumps(dict(values), indent=1), "utf-8")


@contextmanager
def opened(data: Path) -> Iterator[tuple[Runtime, Settings]]:
    """The runtime for one command. Raises ConfigError when the database is not there."""
    settings = Settings.from_env(environment(data))
    runtime = build(settings)
    try:
        yield runtime, settings
    except OperationalError as error:
        raise ConfigError(
            "the database cannot be reached: check DATABASE_URL, or start `ml-connector serve` on this data directory"
        ) from error
    finally:
        runtime.close()
