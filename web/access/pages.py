"""What every page of access has: its headers, where it sends who must sign in first, and how it is made."""

import math
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request

from connector.flows.acting import NotSignedIn, PasswordNeeded
from connector.flows.throttling import TooManyTries
from web.access import ways
from web.access.gate import Gate
from web.headers import secured


def guard(blueprint: Blueprint, gate: Gate) -> None:
    """Headers, and where somebody goes who must sign in or give the password first."""

    @blueprint.before_request
    def _texts() -> None:
        # No text of the database can hold it, and nobody's name or link has it.
        if any("\0" in value for said in (request.args, request.form) for value in said.values()):
            abort(HTTPStatus.BAD_REQUEST)

    @blueprint.after_request
    def _headers(response: Response) -> Response:
        return secured(response, is_secure=gate.cookies.is_secure)

    @blueprint.errorhandler(NotSignedIn)
    def _not_signed_in(_error: NotSignedIn) -> Response:
        return ways.to_sign_in(request)

    @blueprint.errorhandler(PasswordNeeded)
    def _password_needed(_error: PasswordNeeded) -> Response:
        return ways.to_password(request)

    @blueprint.errorhandler(TooManyTries)
    def _too_many(error: TooManyTries) -> Response:
        seconds = math.ceil(error.retry_after or 1)
        response = page("too_many", status=HTTPStatus.TOO_MANY_REQUESTS, wait=_wait(seconds))
        response.headers["Retry-After"] = str(seconds)
        return response


def page(template: str, *, status: int = HTTPStatus.OK, **values: Any) -> Response:
    """A page of access."""
    response = make_response(render_template(f"access/{template}.html", **values))
    response.status_code = status
    return response


def gone(path: str) -> Response:
    """Sends the browser on, with a GET."""
    return make_response(redirect(path, HTTPStatus.SEE_OTHER))


def _wait(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
