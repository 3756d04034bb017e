"""Where a person is sent to sign in or to give the password again, and back. Only to pages of ours."""

from urllib.parse import urlencode, urlsplit

from flask import Request, Response, make_response, redirect

SIGN_IN = "/sign-in"
PASSWORD = "/sign-in/password"  # noqa: S105  a path
_LONGEST = 2048


def is_live(request: Request) -> bool:
    """Whether a page asks this by itself, for a part of it that is live."""
    return "HX-Request" in request.headers


def to_sign_in(request: Request) -> Response:
    """To the page that asks who is there, and from it back to where the request was going.

    A live part is told 401: script follows a redirect, and would show what it finds there in the part's place.
    """
    if is_live(request):
        return make_response("sign in again\n", 401)
    return _to(SIGN_IN, request)


def to_password(request: Request) -> Response:
    """To the page that asks for the password again, and from it back."""
    return _to(PASSWORD, request)


def local(path: str | None) -> str:
    """The path when it is one of this site, else the first page."""
    if path is None or len(path) > _LONGEST or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    # Browsers leave out tabs and line ends, and read a backslash as a slash: `/\t/evil.example` is another host to them.
    if "\\" in path or any(ord(character) < 0x21 or ord(character) == 0x7F for character in path):
        return "/"
    return path


def _to(page: str, request: Request) -> Response:
    """A post is not sent again: the way back is to the page it came from."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else _page_before(request)
    way_back = local(wanted)
    query = "" if way_back == "/" else f"?{urlencode({'next': way_back})}"
    return make_response(redirect(f"{page}{query}", 303))


def _page_before(request: Request) -> str:
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.host:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
