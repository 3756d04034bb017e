"""The storm: workers and web processes die at random."""

import random

from chaos.stage import Stage
from chaos.traffic import Traffic


def stormed(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
    """Every one or two seconds one process of ours, any of them, is killed if it has come up."""
    while traffic.flows:
        stage.pause.wait(seeded.uniform(1.0, 2.0))
        struck = seeded.choice([*stage.of("worker"), *stage.of("web")])
        if stage.is_started(struck):
            struck.kill()
