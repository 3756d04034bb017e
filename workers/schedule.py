"""What beat sends, and how often. A doubled beat does no harm: each slot of each run is taken once in Postgres."""

from connector.flows.periodic import CREDENTIALS_EVERY_SECONDS
from workers.app import app

# A run begins within this long of its slot, or of the wish for it where the wake was lost.
TICK_SECONDS = 15

app.conf.beat_schedule = {
    # A message nobody took within one interval is worth nothing any more.
    name: {"task": name, "schedule": float(seconds), "options": {"expires": seconds, "queue": "maintenance"}}
    for name, seconds in {"schedules.tick": TICK_SECONDS, "credentials.refresh": CREDENTIALS_EVERY_SECONDS}.items()
}
