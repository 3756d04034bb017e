"""What a mutation says against parts of its input: Shopify's own code, sentence and place, one by one."""

from collections.abc import Mapping
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


# Where the payloads of mutations keep their errors.
_MEMBERS = ("userErrors", "orderCancelUserErrors")


def refusals(payload: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """The userErrors of a mutation's payload."""
    found: list[Mapping[str, Any]] = [item for member in _MEMBERS for item in payload.get(member) or ()]
    return tuple(
        Refusal(str(item["message"]), item.get("code"), tuple(str(part) for part in item.get("field") or ()))
        for item in found
    )
