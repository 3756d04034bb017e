"""`python -m bench [receiver|latency|slots|stock|push|history|audit|pages|frozen|slow|outage …] [--runs N] [--seconds N]`."""

import argparse

from bench import audit, bars, history, orders, pages, push, receiver, stock

BENCHES = {
    "receiver": receiver.main, "latency": orders.latency, "slots": orders.slots, "stock": stock.stock, "push": push.push,
    "history": history.listing, "audit": audit.main, "pages": pages.pages,
    "frozen": bars.frozen, "slow": bars.slow, "outage": bars.outage,
}  # fmt: skip


def main() -> None:
    """Runs the named measurements, or all."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    unknown = set(given.names) - set(BENCHES)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    for name in given.names or BENCHES:
        BENCHES[name](runs=given.runs, seconds=given.seconds)


if __name__ == "__main__":
    main()
