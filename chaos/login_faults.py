"""Log-ins that stop working while orders flow: refused tokens, a revoked certificate, renewals whose answers are lost."""

import json
import random

import requests

from chaos.faults import Fault
from chaos.stage import Stage
from chaos.traffic import Traffic

# More than any cell makes.
_ALL_CALLS = 1_000_000


def refused_everywhere(seconds: float) -> Fault:
    """Every call to NetSuite is answered 401 for a while, also with a token that was made just now."""

    def fault(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
        stage.pause.wait(seeded.uniform(1.0, 3.0))
        stage.account.post("faults", {"kind": "status_before", "status": 401, "times": _ALL_CALLS})
        stage.pause.wait(seconds)
        requests.delete(f"{stage.account.url}/_sandbox/faults", timeout=30).raise_for_status()

    return fault


def certificate_revoked(seconds: float) -> Fault:
    """The certificate is revoked in NetSuite and every token ends; after a while it is mapped again."""

    def fault(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
        stage.pause.wait(seeded.uniform(1.0, 3.0))
        mapped = json.loads((stage.directory / "netsuite.json").read_text("utf-8"))["oauth2"]
        asked = _token_calls(stage)
        stage.account.post("settings", {"oauth2": mapped | {"revoked": True}, "revoke_tokens": True})
        stage.pause.wait(seconds)
        if _token_calls(stage) == asked:
            stage.notes.append("nobody asked for a token while the certificate was revoked")
        stage.account.post("settings", {"oauth2": mapped})

    return fault


def _token_calls(stage: Stage) -> int:
    return int(stage.account.get("ledger")["calls"]["token"])


def renewals_lost(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
    """All tokens of both sides end at once, and the answer to the first renewal of each is lost; again and again."""
    while traffic.flows:
        stage.pause.wait(seeded.uniform(2.0, 4.0))
        for side in (stage.shop, stage.account):
            side.post("settings", {"lose_token_answers": 1, "revoke_tokens": True})
