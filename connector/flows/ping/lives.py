"""How long a token lives, in a few words."""

from datetime import datetime


def ends(moment: datetime | None, *, renewed: bool = False) -> str:
    """`until 2026-11-25 13:00 UTC, renewed by itself`, or that it does not end."""
    if moment is None:
        return "does not end"
    return f"until {moment:%Y-%m-%d %H:%M} UTC" + (", renewed by itself" if renewed else "")
