"""What pages without a head say instead of it: whether they are about a sandbox or about production."""

from urllib.parse import parse_qs, unquote, urlsplit

from flask import current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from connector.flows.acting import NotSignedIn
from web.console.site import Site, Visit, environment


def environments_about(site: Site, address: str | None) -> tuple[str, ...]:
    """Of the store that an address of the console is about, else of all that are seen.

    Nothing where nobody is signed in, and while the database is away: such a page must be shown all the same.
    """
    try:
        stores = Visit(site, site.gate.watching(request), site.clock()).stores
    except (NotSignedIn, SQLAlchemyError):
        return ()
    named = [stored for stored in stores if address is not None and stored.name == _store_in(address)]
    return tuple(sorted({environment(stored) for stored in named or stores}))


def _store_in(address: str) -> str | None:
    parts = urlsplit(address)
    asked = parse_qs(parts.query).get("store")
    if asked:
        return asked[-1]
    try:
        _, variables = current_app.url_map.bind("").match(unquote(parts.path), method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return variables.get("store")
