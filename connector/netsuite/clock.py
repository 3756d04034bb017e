"""Whether this machine's clock is why NetSuite refuses a log-in: signed assertions and signatures carry its time."""

import time
from email.utils import parsedate_to_datetime

from requests import Response


def wrong_clock(refusal: Response, *, beyond: float) -> str | None:
    """What to do about a clock more than `beyond` seconds off, by the Date of a refusal; None when it is not wrong."""
    try:
        skew = time.time() - parsedate_to_datetime(refusal.headers.get("Date", "")).timestamp()
    except ValueError:
        return None
    if abs(skew) <= beyond:
        return None
    way = "ahead of" if skew > 0 else "behind"
    return (
        f"this machine's clock is {abs(skew):.0f} s {way} NetSuite's, which refuses log-ins from a wrong clock; "
        "set it by NTP (timedatectl set-ntp true)"
    )
