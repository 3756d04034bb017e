"""What templates can say: money, times, states, links to the same list asked differently; and how refusals look."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, url_for

from connector.flows.acting import NotSignedIn, PasswordNeeded
from web.console.refusals import Refusal, refusal_of
from web.console.site import environment

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
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def prepare(app: Flask, pages: Blueprint, api: Blueprint, *, screens: frozenset[str]) -> None:
    """Gives the app the words of the templates, and both blueprints their refusals and headers."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        money=money, ago=ago, stamp=stamp, count=count, state=state, sentence=sentence, span=span, pairs=pairs,
        path=_path_alone,
        environment_of=environment,
    )  # fmt: skip
    app.jinja_env.globals.update(
        again=again, asset=asset, environment=environment, htmx_config=json.dumps(_HTMX), screens=screens
    )
    pages.register_error_handler(Exception, _refused_page)
    api.register_error_handler(Exception, _refused_call)
    pages.after_request(guarded)
    api.after_request(guarded)

    @app.get("/static/<name>")
    def static(name: str) -> Response:
        return _static(name)


def guarded(response: Response) -> Response:
    """The headers of every page: nothing but our own scripts and styles, in no frame."""
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """`1,234.50 USD`; a dash where there is none. The cents are those of the amount, never rounded."""
    if amount is None:
        return "–"
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:,.{places}f}" + (f" {currency}" if currency else "")


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


def span(seconds: float) -> str:
    """A length of time in its largest whole unit that keeps it exact enough: `45 s`, `15 min`, `24 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"


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


def sentence(code: str | None) -> str:
    """`not_mapped` → `Not mapped`."""
    text = (code or "").replace("_", " ")
    return text[:1].upper() + text[1:]


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
    return request.path + (f"?{query}" if query else "")


def asset(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that browsers may keep it."""
    return f"/static/{name}?{_asset(name)[1]}"


_HTMX = {"includeIndicatorStyles": False, "allowEval": False, "selfRequestsOnly": True, "historyCacheSize": 0}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".txt": "text/plain", ".svg": "image/svg+xml"}


@cache
def _asset(name: str) -> tuple[bytes, str]:
    content = resources.files("web").joinpath("static", name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


def _static(name: str) -> Response:
    try:
        content, mark = _asset(name)
    except (FileNotFoundError, IsADirectoryError):
        return Response("there is no such file\n", 404, content_type="text/plain")
    kind = _TYPES.get("." + name.rpartition(".")[2], "application/octet-stream")
    response = Response(content, content_type=f"{kind}; charset=utf-8")
    is_named = request.query_string.decode("ascii", "replace") == mark
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_named else "no-cache"
    return response


def _refused_page(error: Exception) -> Response:
    at = request.full_path.rstrip("?") if request.method == "GET" else url_for("console.overview")
    if isinstance(error, NotSignedIn):
        return make_response(redirect(f"/sign-in?next={quote(at, safe='')}", 303))
    if isinstance(error, PasswordNeeded):
        back = request.referrer or url_for("console.overview")
        return make_response(redirect(f"/sign-in/password?next={quote(_path(back), safe='')}", 303))
    refusal = _logged(error)
    response = make_response(render_template("console/refused.html", refusal=refusal))
    response.status_code = refusal.status
    return response


def _refused_call(error: Exception) -> Response:
    refusal = _logged(error)
    response = Response(json.dumps(refusal.to_json()), refusal.status, content_type="application/problem+json")
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _logged(error: Exception) -> Refusal:
    """A failure that nobody expected is logged with its traceback, and only there."""
    refusal = refusal_of(error)
    if refusal.status == 500:
        log.error("console_failed", path=request.path, exc_info=error)
    return refusal


def _path(url: str) -> str:
    """Path and query of an address of ours."""
    rest = url.partition("://")[2] or url
    return "/" + rest.partition("/")[2]
