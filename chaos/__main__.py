"""`python -m chaos [--short | --prove] [--cell TEXT] [--orders N] [--seeds N] [--jobs N] [--minutes N]`."""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from functools import partial

from chaos.bar import KILLS, ORDERS, Asked, play_bar
from chaos.cell import Cell
from chaos.cells import CELLS, PROOFS, SHORT, Proof
from chaos.pairs import pair
from chaos.run import Played, Size, percentiles, play

_WIDTH = max(len(cell.name) for cell in CELLS)
_HEAD = (
    f"{'cell':<{_WIDTH}} {'seed':>4} {'kills':>5} {'orders':>6} {'events':>6} {'lost':>4} {'dbl':>4}"
    f" {'p50 s':>6} {'p99 s':>6} {'found':>6} {'rest s':>6}"
)


def main() -> int:
    """Runs what was asked for; 0 when all is as it must be."""
    given = _given()
    _say(f"commit {_commit()}, {_machine()}\nmake chaos ARGS='{' '.join(sys.argv[1:])}'\n")
    if given.bar:
        return 0 if play_bar(Asked(given.orders, given.kills, given.plays, given.rate, given.minutes)) else 1
    cells = [cell for cell in (SHORT if given.short else CELLS) if _is_asked(cell.name, given)]
    if given.list:
        _say("\n".join([*(cell.name for cell in cells), f"{len(cells)} cells"]))
        return 0
    size = Size(orders=given.orders, rate=given.rate)
    if given.prove:
        return _prove(size, given)
    todo = _pairs(given) if given.pairs else [(cell, seed) for seed in _seeds(given, given.seeds) for cell in cells]
    ends = time.monotonic() + given.minutes * 60
    _say(_HEAD)
    played, failed = [], 0
    works = [partial(_in_time, cell, seed, size, ends) for cell, seed in todo]
    for one in _each(works, given.jobs):
        if isinstance(one, Played):
            _say(_line(one))
            played.append(one)
        elif isinstance(one, Exception):
            failed += 1
            _say(f"  the harness itself failed: {type(one).__name__}: {str(one)[:300]}")
    _say(_total(played, left_out=len(todo) - len(played) - failed, failed=failed))
    return 0 if played and not failed and all(one.is_green for one in played) else 1


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--short", action="store_true", help="one cell of each kind, one seed")
    parser.add_argument("--prove", action="store_true", help="take out one safeguard after the other")
    parser.add_argument("--bar", action="store_true", help="storms until 500 kills over 20,000 orders are reached")
    parser.add_argument("--pairs", type=int, default=0, help="so many pairs of faults, each drawn by its seed")
    parser.add_argument("--list", action="store_true", help="only say which cells there are")
    parser.add_argument("--kills", type=int, default=KILLS, help="kills the bar asks for")
    parser.add_argument("--plays", type=int, default=8, help="storms the bar's orders are divided into")
    parser.add_argument("--cell", default="", help="only cells whose name holds this text; several, with |")
    parser.add_argument("--but", default=None, help="and without these")
    parser.add_argument("--orders", type=int, default=None, help="orders a cell")
    parser.add_argument(
        "--seeds", type=int, default=None, help="each cell is played with so many: 3, short and prove 1"
    )
    parser.add_argument("--first-seed", type=int, default=1, help="to play a red one again")
    parser.add_argument("--rate", type=float, default=None, help="orders a second: 5, bar 12")
    parser.add_argument("--jobs", type=int, default=3, help="cells played at once")
    parser.add_argument("--minutes", type=float, default=600.0, help="no cell is begun after so many")
    given = parser.parse_args()
    is_brief = given.short or given.prove
    given.orders = given.orders or (ORDERS if given.bar else 20 if is_brief else 50)
    given.rate = given.rate or (12.0 if given.bar else 5.0)
    given.seeds = given.seeds or (1 if is_brief else 3)
    return given


def _seeds(given: argparse.Namespace, count: int) -> range:
    return range(given.first_seed, given.first_seed + count)


def _pairs(given: argparse.Namespace) -> list[tuple[Cell, int]]:
    return [(pair(seed), seed) for seed in _seeds(given, given.pairs)]


def _is_asked(name: str, given: argparse.Namespace) -> bool:
    return _holds(name, given.cell) and not (given.but and _holds(name, given.but))


def _holds(name: str, texts: str) -> bool:
    return any(text.strip() in name for text in texts.split("|"))


def _in_time(cell: Cell, seed: int, size: Size, ends: float) -> Played | None:
    return play(cell, seed=seed, size=size) if time.monotonic() < ends else None


def _each(works: Sequence[Callable[[], Played | None]], jobs: int) -> Iterable[Played | Exception | None]:
    """What each work came to, as they end; so many at once."""
    with ThreadPoolExecutor(jobs) as pool:
        futures: list[Future[Played | None]] = [pool.submit(work) for work in works]
        for future in as_completed(futures):
            error = future.exception()
            yield error if isinstance(error, Exception) else future.result()


def _line(one: Played) -> str:
    judgement = one.judgement
    p50, p99 = percentiles(judgement.waits)
    found = f"{percentiles(judgement.found_again)[1]:.1f}" if judgement.found_again else "-"
    numbers = (
        f"{one.seed:>4} {one.kills:>5} {judgement.orders:>6} {one.events:>6} {judgement.lost:>4} {judgement.doubled:>4}"
    )
    times = f"{p50:>6.1f} {p99:>6.1f} {found:>6} {one.rested:>6.1f}"
    line = f"{one.cell.name:<{_WIDTH}} {numbers} {times}{'' if one.is_green else '  RED'}"
    return "\n".join([line, *(f"    {sentence}" for sentence in judgement.objections[:8])])


def _total(played: Sequence[Played], *, left_out: int, failed: int) -> str:
    p50, p99 = percentiles([wait for one in played for wait in one.judgement.waits])
    red = sum(not one.is_green for one in played)
    return (
        f"\n{len(played)} cells, {sum(one.kills for one in played)} kills, "
        f"{sum(one.judgement.orders for one in played)} orders, {sum(one.events for one in played)} events, "
        f"{sum(one.refused for one in played)} deliveries repeated: "
        f"{sum(one.judgement.lost for one in played)} lost, {sum(one.judgement.doubled for one in played)} doubled\n"
        f"last event answered 200 to everything in NetSuite: p50 {p50:.1f} s, p99 {p99:.1f} s\n"
        f"{red} cells red, {failed} not played because of the harness, {left_out} not begun in time"
    )


def _prove(size: Size, given: argparse.Namespace) -> int:
    """Each cell without its safeguard, and once whole, when it must be green; printed as they end."""
    proofs = [proof for proof in PROOFS if given.cell in (proof.without or "")]
    proofs += [
        Proof(None, cell, must_fail=False)
        for cell in {proof.cell.name: proof.whole or proof.cell for proof in proofs if proof.without}.values()
    ]
    with ThreadPoolExecutor(given.jobs) as pool:
        futures = {pool.submit(play, one.cell, seed=1, size=size, without=one.without): one for one in proofs}
        right = [_is_proved(futures[future], future) for future in as_completed(futures)]
    _say(f"\n{sum(right)} of {len(right)} as they must be")
    return 0 if all(right) else 1


def _is_proved(proof: Proof, future: Future[Played]) -> bool:
    """Prints what came of one cell; True when its colour is the one it must have."""
    name = f"without {proof.without}: {proof.cell.name}" if proof.without else f"whole: {proof.cell.name}"
    error = future.exception()
    if error is not None:
        _say(f"{name:<76} the harness itself failed: {type(error).__name__}: {str(error)[:300]}")
        return False
    one = future.result()
    judgement, is_right = one.judgement, one.is_green is not proof.must_fail
    wanted = "red" if proof.must_fail else "green"
    colour = "green" if one.is_green else "red"
    _say(f"{name:<76} {colour:<5} must be {wanted:<5} {'' if is_right else 'WRONG'}".rstrip())
    why = "; ".join(judgement.objections[:2]) or "nothing to object"
    _say(f"    lost {judgement.lost}, doubled {judgement.doubled}: {why}")
    return is_right


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.strip() or "unknown"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
