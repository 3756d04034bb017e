"""Webhooks accepted a second by the real web process, beside a bare insert under the same server in the same run."""

import os
import socket
import sys
from pathlib import Path
from statistics import median

from bench.load import BODY_BYTES, Load, measure
from bench.stage import Stage, setup_line, stage
from connector.cli.serve import is_answering, web_argv
from connector.config import sqlalchemy_url
from connector.embedded.servers import free_port

CONNECTIONS = 50
PROCESSES = 2


def main(*, runs: int, seconds: float) -> None:
    """Alternates both, prints medians, ranges and ratios."""
    with stage() as here:
        bare_port = _start_both(here)
        print(f"receiver: {setup_line()}; PostgreSQL durable (fsync and synchronous_commit on)")
        print(
            f"          {PROCESSES} web processes, {CONNECTIONS} connections, bodies of {BODY_BYTES} bytes, {runs} x {seconds} s"
        )
        ours, bare = [], []
        for _ in range(runs):
            bare.append(measure(bare_port, "/bare", connections=CONNECTIONS, seconds=seconds))
            ours.append(measure(here.port, here.path, connections=CONNECTIONS, seconds=seconds))
        _print("bare insert", bare)
        _print("receiver", ours)
        rate = median(run.rate for run in ours) / median(run.rate for run in bare)
        tail = median(run.p99 for run in ours) / median(run.p99 for run in bare)
        print(f"  ratio          {rate:.2f} x accepted, {tail:.2f} x p99")
        calm = {"connections": CONNECTIONS, "seconds": seconds, "rate": 100.0}
        _print("bare, 100/s", [measure(bare_port, "/bare", **calm) for _ in range(runs)])  # type: ignore[arg-type]
        _print("ours, 100/s", [measure(here.port, here.path, **calm) for _ in range(runs)])  # type: ignore[arg-type]


def _start_both(here: Stage) -> int:
    """Starts the web process and the bare one; the bare one's port."""
    argv = web_argv(here.port, processes=PROCESSES)
    here.supervisor.start("web", argv, env=here.env, is_ready=lambda: is_answering(here.port))
    port = free_port()
    # What suits the bare app best: few threads, for more only fight over the interpreter.
    argv = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1"]
    argv += [
        "--port",
        str(port),
        "--workers",
        str(PROCESSES),
        "--blocking-threads",
        "4",
        "--log-level",
        "warning",
        "bench.bare:app",
    ]
    env = dict(here.env) | {"DATABASE_URL": sqlalchemy_url(here.env["DATABASE_URL"]), "PYTHONPATH": os.getcwd()}
    here.supervisor.start("bare", argv, env=env, is_ready=lambda: _listens(port))
    return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _print(name: str, runs: list[Load]) -> None:
    rates = [run.rate for run in runs]
    p50, p99 = median(run.p50 for run in runs), median(run.p99 for run in runs)
    failed = sum(run.failed for run in runs)
    print(
        f"  {name:<14} {median(rates):7.0f}/s [{min(rates):.0f}-{max(rates):.0f}]   "
        f"p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   failed {failed}"
    )
