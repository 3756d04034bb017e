"""The files of the pages: style, script, signs. Their address changes with them, so that browsers may keep them."""

import hashlib
from functools import cache
from importlib import resources

from flask import Flask, Response, request

_TYPES = {".css": "text/css", ".js": "text/javascript", ".txt": "text/plain", ".svg": "image/svg+xml"}


def serve_files(app: Flask) -> None:
    """Serves them under /static, and tells templates their addresses."""
    app.jinja_env.globals["asset"] = asset

    @app.get("/static/<name>")
    def static(name: str) -> Response:
        return _static(name)


def asset(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that browsers may keep it."""
    return f"/static/{name}?{_asset(name)[1]}"


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
