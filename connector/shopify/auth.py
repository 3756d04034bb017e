"""Who we are to Shopify: the one header the Admin API takes. `Authorization: Bearer` is refused (2026-08)."""

from requests import PreparedRequest
from requests.auth import AuthBase


class StaticToken(AuthBase):
    """A token that does not end (`shpat_…` of an app made before 2026)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Adds the token to the request."""
        request.headers["X-Shopify-Access-Token"] = self._token
        return request
