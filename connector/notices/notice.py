"""One message to a person."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """`id` is the same however often it is sent; `title` is a line, `text` a sentence or two, `link` where to look."""

    id: str
    kind: str
    title: str
    text: str
    link: str
    at: datetime
