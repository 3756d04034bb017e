"""The embedded servers keep their data, refuse a second start, survive crashes, and touch nothing that is not theirs."""

import codecs
import os
import pwd
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
from redis import Redis

from connector.embedded.postgres import remove_postgres, start_postgres
from connector.embedded.servers import Server
from connector.embedded.supervisor import Supervisor
from connector.embedded.valkey import start_valkey
from connector.errors import ConfigError, Unavailable
from tests.waiting import eventually

Start = Callable[..., Server]


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    remove_postgres(tmp_path / "data")


def write(server: Server) -> None:
    if server.url.startswith("redis"):
        with Redis.from_url(server.url) as client:
            client.set("kept", "yes")
        return
    connection = psycopg2.connect(server.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("create table kept (value text)")
        cursor.execute("insert into kept values ('yes')")
    connection.close()


def read(server: Server) -> str:
    if server.url.startswith("redis"):
        with Redis.from_url(server.url) as client:
            found = client.get("kept")
            assert isinstance(found, bytes)
            return found.decode()
    connection = psycopg2.connect(server.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("select value from kept")
        (value,) = cursor.fetchone() or ("",)
    connection.close()
    return str(value)


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
def test_data_is_kept_over_a_restart(start: Start, directory: Path) -> None:
    with start(directory, durable=True) as server:
        write(server)
    with start(directory, durable=True) as server:
        assert read(server) == "yes"


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
def test_a_second_start_is_refused_and_names_the_process(start: Start, directory: Path) -> None:
    with start(directory, durable=False), pytest.raises(ConfigError, match=f"in use by process {os.getpid()}"):
        start(directory, durable=False)


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
def test_a_killed_server_starts_again_with_its_data(start: Start, directory: Path) -> None:
    server = start(directory, durable=True)
    write(server)
    if server.url.startswith("redis"):
        with Redis.from_url(server.url) as client:
            client.execute_command("BGREWRITEAOF")
            eventually(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
    family = psutil.Process(server.pid).children(recursive=True)
    os.kill(server.pid, signal.SIGKILL)
    for child in family:
        # Some end by themselves as soon as their parent is gone.
        with suppress(psutil.NoSuchProcess):
            child.kill()
    server.child.wait()
    server.lock.close()
    with start(directory, durable=True) as again:
        assert read(again) == "yes"


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
def test_the_password_is_needed_and_readable_by_its_owner_only(start: Start, directory: Path) -> None:
    with start(directory, durable=False) as server:
        assert (directory / "password").stat().st_mode & 0o077 == 0
        without = server.url.replace((directory / "password").read_text(), "wrong")
        with pytest.raises(Exception, match=r"(?i)password|invalid username"):
            read(Server(without, server.child, server.lock, server._stop))


def test_no_directory_above_ours_is_changed(tmp_path: Path) -> None:
    above = [path for path in (tmp_path, *tmp_path.parents)]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in above]
    with start_postgres(tmp_path / "data", durable=False):
        pass
    assert [(path.stat().st_mode, path.stat().st_uid) for path in above] == before
    remove_postgres(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a normal user; as one, every other test shows it")
def test_a_normal_user_can_start_both() -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as home:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        # A fork and not a new interpreter: the interpreter itself may lie where only root can read.
        codecs.lookup("ascii")
        child = os.fork()
        if child == 0:
            os._exit(_start_both_as(nobody, Path(home)))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _start_both_as(user: pwd.struct_passwd, home: Path) -> int:
    """Exit status: 0 when both servers answered, 1 otherwise."""
    try:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        with start_postgres(home / "p", durable=True) as postgres, start_valkey(home / "v", durable=True) as valkey:
            write(postgres)
            write(valkey)
            return 0 if (read(postgres), read(valkey)) == ("yes", "yes") else 1
    except BaseException as error:  # noqa: BLE001  a forked child must end here, whatever happened
        sys.stderr.write(f"{error!r}\n")
        return 1


def test_the_supervisor_stops_the_last_one_first(tmp_path: Path) -> None:
    supervisor = Supervisor(logs=tmp_path)
    log = tmp_path / "order"
    for name in ("first", "second"):
        ready = tmp_path / f"{name}-ready"
        script = f"trap 'echo {name} >> {log}; exit 0' TERM; touch {ready}; while :; do read -t 0.05 < /dev/zero; done"
        supervisor.start(name, ["/bin/bash", "-c", script], env={"PATH": "/usr/bin:/bin"}, is_ready=ready.exists)
    supervisor.stop()
    assert log.read_text().split() == ["second", "first"]


def test_the_supervisor_tells_who_ended(tmp_path: Path) -> None:
    supervisor = Supervisor(logs=tmp_path)
    supervisor.start("lives", ["/bin/sleep", "60"], env={})
    supervisor.start("ends", ["/bin/true"], env={})
    assert supervisor.wait() == "ends"
    supervisor.stop()


def test_a_process_that_ends_before_it_is_ready_is_named(tmp_path: Path) -> None:
    supervisor = Supervisor(logs=tmp_path)
    with pytest.raises(Unavailable, match="broken ended before it was ready"):
        supervisor.start("broken", ["/bin/false"], env={}, is_ready=lambda: False)
    supervisor.stop()
