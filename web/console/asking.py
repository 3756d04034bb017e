"""Reads what was asked: query, form and JSON body become one frozen model each, or a BadInput that names each field."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import MultiDict

from web.console.refusals import BadInput

# A day has a day after it.
LAST_DAY = date(9998, 12, 31)
# What browsers and htmx add to a form; no business of a model.
_NOT_OURS = ("csrf_token",)


class Asked(BaseModel):
    """The query of a screen. `store`: the connection it is about, None for all that are seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    store: str | None = None


class AskedList(Asked):
    """The query of a list. `after`: the cursor of its page."""

    after: str | None = None


class AskedDays(AskedList):
    """The query of a list over days, in UTC; `until` is the last of them."""

    since: date | None = Field(default=None, le=LAST_DAY)
    until: date | None = Field(default=None, le=LAST_DAY)

    @property
    def begins(self) -> datetime | None:
        """The first moment of the first day."""
        return beginning(self.since)

    @property
    def ends(self) -> datetime | None:
        """The first moment after the last day."""
        return end(self.until)


def beginning(day: date | None) -> datetime | None:
    """The first moment of a day, in UTC; None for none."""
    return None if day is None else datetime.combine(day, time(), UTC)


def end(day: date | None) -> datetime | None:
    """The first moment after it."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)


class Form(BaseModel):
    """What a post says. It may be a secret: neither `repr` nor a fault shows what was typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Nothing."""
        yield from ()


class Because(Form):
    """A post whose reason is asked and written down."""

    because: str = ""

    @property
    def why(self) -> str:
        """Why. Raises BadInput where nothing is said."""
        if not self.because:
            raise BadInput("say why: it is kept with the act", fields={"because": "say why"})
        return self.because


class Noted(Form):
    """A post whose reason is the note that is kept with what it makes."""

    note: str = ""

    @property
    def why(self) -> str:
        """Why. Raises BadInput where nothing is said."""
        if not self.note:
            raise BadInput("say what changes and why", fields={"note": "say what changes and why"})
        return self.note


# The forms that ask why.
REASONED = (Because, Noted)

M = TypeVar("M", bound=BaseModel)


def from_query(model: type[M], said: MultiDict[str, str]) -> M:
    """The query of a request; an empty value was not asked."""
    return _read(model, _values(model, said, keep_empty=False))


def from_form(model: type[M], said: MultiDict[str, str]) -> M:
    """The fields of a form; a box that is not ticked is not sent."""
    return _read(model, _values(model, said, keep_empty=True))


def from_body(model: type[M], said: object) -> M:
    """A JSON body; none at all is an empty one."""
    if said is not None and not isinstance(said, Mapping):
        raise BadInput("the body must be a JSON object", fields={})
    return _read(model, dict(said or {}))


def _values(model: type[BaseModel], said: MultiDict[str, str], *, keep_empty: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in said:
        if name in _NOT_OURS:
            continue
        # No text of the database can hold it.
        if any("\0" in value for value in said.getlist(name)):
            raise BadInput(f"{name} holds a sign that no text may hold", fields={name: "holds a NUL"})
        several = [value for value in said.getlist(name) if keep_empty or value.strip()]
        if several:
            values[name] = several if _is_list(model, name) else several[-1]
    return values


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) in (tuple, list)


def _read(model: type[M], values: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = {".".join(str(part) for part in one["loc"]) or "body": one["msg"] for one in error.errors()}
        said = "; ".join(f"{name}: {message}" for name, message in fields.items())
        raise BadInput(said, fields=fields) from error
