"""NetSuite's error object, with its codes and texts. Source: Oracle's help and recorded answers of 2026-03."""

import json
from typing import Any

from werkzeug.wrappers import Response

_TITLES = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 429: "Bad Request"}
_TYPE = "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5"

NO_TRANSACTION = "Error while accessing a resource. Transaction type specified is incorrect."
NO_ENTITY = "The record instance does not exist. Provide a valid record instance ID."


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, detail: str, *, path: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.path = path

    def response(self) -> Response:
        """The error as NetSuite prints it."""
        item: dict[str, Any] = {"detail": self.detail, "o:errorCode": self.code}
        if self.path is not None:
            item["o:errorPath"] = self.path
        title = _TITLES.get(self.status, "Internal Server Error")
        body = {"type": _TYPE, "title": title, "status": self.status, "o:errorDetails": [item]}
        kind = "application/vnd.oracle.resource+json; type=error; charset=UTF-8"
        response = Response(json.dumps(body), self.status, content_type=kind)
        if self.status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="sandbox", error="invalid_token"'
        return response


def user_error(detail: str, *, path: str | None = None) -> Refusal:
    """The one code NetSuite has for nearly every business error."""
    return Refusal(400, "USER_ERROR", detail, path=path)


def invalid_content(detail: str, *, path: str) -> Refusal:
    """A wrong field or reference."""
    return Refusal(400, "INVALID_CONTENT", detail, path=path)
