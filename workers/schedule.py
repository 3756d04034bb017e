"""What beat sends, and how often. A doubled beat does no harm: each slot of each run is taken once in Postgres."""

from connector.flows.periodic import EVERY_SECONDS
from workers.app import app

app.conf.beat_schedule = {
    # A message nobody took within one interval is worth nothing any more.
    name: {"task": name, "schedule": float(seconds), "options": {"expires": seconds, "queue": "maintenance"}}
    for name, seconds in EVERY_SECONDS.items()
}
