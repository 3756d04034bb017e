"""What a mutation says against parts of its input: Shopify's own code, sentence and place, one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of a mutation's userErrors. `code` is None for mutations whose errors have none; `path` leads into the input."""

    message: str
    code: str | None = None
    path: tuple[str, ...] = ()

    @property
    def position(self) -> int | None:
        """Which element of the input's list it is about, None when it is about none or about all."""
        return next((int(part) for part in self.path if part.isdecimal()), None)


def refusals(payload: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """The userErrors of a mutation's payload."""
    found: Sequence[Mapping[str, Any]] = payload.get("userErrors") or ()
    return tuple(
        Refusal(str(item["message"]), item.get("code"), tuple(str(part) for part in item.get("field") or ()))
        for item in found
    )
