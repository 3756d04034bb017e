"""What templates can say: money, times, states, links to the same list asked differently; and how refusals look."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from flask import Blueprint, Flask, Response, make_response, render_template, request
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from connector.flows.acting import NotSignedIn, PasswordNeeded
from connector.mapping.money import digits
from web.access import ways
from web.access.gate import API
from web.console.refusals import Refusal, refusal_of
from web.console.site import environment
from web.headers import secured

log = structlog.get_logger(__name__)

# Word, tone and sign of each state: it is never told by colour alone.
_STATES: dict[str, tuple[str, str, str]] = {
    "pending": ("pending", "quiet", "clock"),
    "working": ("working", "busy", "turn"),
    "in_sync": ("in sync", "good", "tick"),
    "held": ("held", "warn", "hand"),
    "parked": ("parked", "stop", "stop"),
    "ignored": ("ignored", "quiet", "dash"),
    "excluded": ("excluded", "quiet", "dash"),
}
_CODE = re.compile(r"`([^`]+)`")
_ONE_CODE = re.compile(r"[a-z][a-z0-9_]*")
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def prepare(app: Flask, pages: Blueprint, api: Blueprint, *, screens: frozenset[str], is_secure: bool) -> None:
    """Gives the app the words of the templates, and both blueprints their refusals and headers."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        money=money, figure=figure, ago=ago, stamp=stamp, count=count, state=state, sentence=sentence, span=span, pairs=pairs,
        environment_of=environment, plain=plain, coded=coded, in_words=in_words,
        path=_path_alone,
    )  # fmt: skip
    app.jinja_env.globals.update(again=again, environment=environment, htmx_config=json.dumps(_HTMX), screens=screens)
    pages.register_error_handler(Exception, _refused_page)
    api.register_error_handler(Exception, _refused_call)
    app.register_error_handler(HTTPException, _refused_anywhere)
    for blueprint in (pages, api):
        blueprint.after_request(lambda response: secured(response, is_secure=is_secure))


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """`1,234.50 USD`; a dash where there is none. The cents are those of the amount, never rounded."""
    if amount is None:
        return "–"
    exponent = amount.normalize().as_tuple().exponent
    places = max(digits(currency or ""), -exponent if isinstance(exponent, int) else 0)
    return f"{amount:,.{places}f}" + (f" {currency}" if currency else "")


def figure(amount: Decimal | None, currency: str) -> str:
    """As `money`, under a head that names the currency."""
    return money(amount, currency).removesuffix(f" {currency}")


def count(number: float | None) -> str:
    """`12,034`; a dash where it is not known."""
    return "–" if number is None else f"{number:,.0f}"


def ago(moment: datetime | None, now: datetime) -> str:
    """`3 min ago`, `in 2 h`, `now`; script in the browser keeps it true."""
    if moment is None:
        return "–"
    seconds = (now - moment).total_seconds()
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            number = int(abs(seconds) // size)
            return f"{number} {unit} ago" if seconds > 0 else f"in {number} {unit}"
    return "now"


def plain(number: Decimal) -> str:
    """A number as a person would type it: `30`, `2.5`."""
    return f"{number.normalize():f}"


def span(seconds: float) -> str:
    """A length of time in its largest whole unit that keeps it exact enough: `45 s`, `15 min`, `24 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"


def in_words(value: Any) -> str:
    """A value that a program kept, as a person reads it: lists with commas, yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{str(name).replace('_', ' ')} {in_words(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(in_words(one) for one in value)
    return "none" if value is None else str(value)


def pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """Choices whose value is their word."""
    return [(word, word) for word in words]


def _path_alone(address: str) -> str:
    """An address of ours without its query."""
    return address.partition("?")[0]


def stamp(moment: datetime | None) -> str:
    """`2026-11-29 11:23:14 UTC`."""
    return "–" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def state(value: str) -> Mapping[str, str]:
    """Word, tone and sign of a state; one that is not known is shown as it is."""
    word, tone, sign = _STATES.get(value, (value.replace("_", " "), "quiet", "dash"))
    return {"word": word, "tone": tone, "sign": sign}


def sentence(text: str | None) -> str:
    """`not_mapped` → `Not mapped`. Of what is a sentence already every word stays as it is: names hold underscores."""
    said = text or ""
    said = said.replace("_", " ") if _ONE_CODE.fullmatch(said) else said
    return said[:1].upper() + said[1:]


def coded(text: str) -> Markup:
    """A text of ours in which `…` is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped before


def again(**changes: Any) -> str:
    """The address of this page, asked differently; None leaves a parameter out. Another filter begins on the first page."""
    values: dict[str, list[str]] = {name: request.args.getlist(name) for name in request.args}
    if not {"after", "before"} & changes.keys():
        values.pop("after", None)
        values.pop("before", None)
    for name, value in changes.items():
        values.pop(name, None)
        if value is not None:
            values[name] = [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]
    query = urlencode([(name, one) for name, several in values.items() for one in several])
    # The path is read decoded; the `#` of an order's name would begin a fragment.
    return quote(request.path) + (f"?{query}" if query else "")


_HTMX = {"includeIndicatorStyles": False, "allowEval": False, "selfRequestsOnly": True, "historyCacheSize": 0}


def _refused_page(error: Exception) -> Response:
    if isinstance(error, NotSignedIn):
        return ways.to_sign_in(request)
    if isinstance(error, PasswordNeeded):
        return ways.to_password(request)
    refusal = _logged(error)
    response = make_response(render_template("console/refused.html", refusal=refusal, **_unasked(refusal)))
    response.status_code = refusal.status
    response.headers.extend(refusal.headers)
    return response


def _unasked(refusal: Refusal) -> Mapping[str, Any]:
    """While the database is away or too slow, nothing more is asked of it."""
    return {"environments": lambda _about: ()} if refusal.status == 503 else {}


def _refused_call(error: Exception) -> Response:
    refusal = _logged(error)
    response = Response(json.dumps(refusal.to_json()), refusal.status, content_type="application/problem+json")
    response.headers.extend(refusal.headers)
    return response


def _refused_anywhere(error: HTTPException) -> Response | HTTPException:
    """What is refused before it is known whose it is: no route has that address, or that method. A program reads problems."""
    if not request.path.startswith(API) or isinstance(error, RequestRedirect):
        return error
    return _refused_call(error)


def _logged(error: Exception) -> Refusal:
    """A failure that nobody expected is logged with its traceback, and only there."""
    refusal = refusal_of(error)
    if refusal.status == 500:
        log.error("console_failed", path=request.path, exc_info=error)
    return refusal
