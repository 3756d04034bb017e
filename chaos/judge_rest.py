"""The judgement on how often was asked, on what stands on the disk, and on what may stand nowhere."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaos.judge_orders import Judgement, keys_of
from chaos.lives import PLANTED
from chaos.stage import ACCOUNT_JOURNAL, SHOP_JOURNAL
from connector.sandbox.journal import entries

Json = dict[str, Any]

# Records are numbered from here on that were not there before.
_FIRST_ID = 20_000


def judge_repeats(
    passes: Mapping[str, int], sold: Sequence[Json], calls: Mapping[str, Any], judgement: Judgement
) -> None:
    """Nothing of an order was sent more often than passes over it were begun, and no customer more often than all passes."""
    tries: Mapping[str, int] = calls["by_key"]
    for one in sold:
        begun = passes.get(str(one["id"]), 0)
        for key in keys_of(one):
            if tries.get(key, 0) > begun:
                judgement.objects(f"{one['name']}: {key} was sent {tries[key]} times in {begun} passes")
    if (customers := calls["customers"]) > passes[""]:
        judgement.objects(f"{customers} times a customer was sent, in {passes['']} passes")


def judge_journals(
    directory: Path,
    account: Json,
    deliveries: Sequence[Json],
    deliveries_by_now: Callable[[], Sequence[Json]],
    judgement: Judgement,
) -> None:
    """What both sandboxes wrote to the disk, commit by commit, is what they say at last.

    The shop may tell something of its own accord meanwhile: its file has what it said before, and nothing that it does not
    say by now.
    """
    told = {item["id"]: (item["type"], item["external_id"], item["total"]) for item in account["transactions"]} | {
        item["id"]: ("customer", item["external_id"], None) for item in account["customers"]
    }
    on_disk: dict[str, Any] = {}
    for item in entries(directory / ACCOUNT_JOURNAL):
        on_disk[item["id"]] = (item["type"], item["external_id"], item["total"])
        if item["act"] == "removed":
            del on_disk[item["id"]]
    wrong = [number for number, found in on_disk.items() if told.get(number) != found]
    wrong += [number for number in told if int(number) > _FIRST_ID and number not in on_disk]
    if wrong:
        judgement.objects(f"NetSuite's ledger and its file differ about {len(wrong)} records, such as {wrong[0]}")
    sent = [{name: item[name] for name in item if name != "at"} for item in entries(directory / SHOP_JOURNAL)]
    if sent[: len(deliveries)] != list(deliveries) or sent != list(deliveries_by_now())[: len(sent)]:
        judgement.objects(f"the shop's file has {len(sent)} deliveries, its ledger {len(deliveries)}, or other ones")


def judge_planted(output: bytes, where: str, judgement: Judgement) -> None:
    """None of the planted values stands there."""
    for what, value in PLANTED.items():
        if value.encode() in output:
            judgement.objects(f"a customer's {what} stands in {where}")
