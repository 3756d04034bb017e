"""Who we are to Shopify: the one header the Admin API takes. `Authorization: Bearer` is refused (2026-08)."""

from requests import PreparedRequest, Response
from requests.auth import AuthBase

from connector.errors import Unauthorized
from connector.tokens import AccessTokens

_HEADER = "X-Shopify-Access-Token"


class AccessTokenHeader(AuthBase):
    """Puts the current access token on every request."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Adds the token to the request."""
        request.headers[_HEADER] = self._tokens.current()
        return request

    def ready(self) -> None:
        """Gets a token if there is none; afterwards a request does not wait for one."""
        self._tokens.current()

    def renew(self, refusal: Response) -> bool:
        """Gets another token than the refused one; True for one issued just now. Raises Unauthorized."""
        return self._tokens.replace(refusal.request.headers.get(_HEADER, ""))


class OneToken:
    """A token that is tried as it is; there is no other one. `advice` is what to do when it is refused."""

    def __init__(self, token: str, advice: str) -> None:
        self._token = token
        self._advice = advice

    def current(self) -> str:
        """The token."""
        return self._token

    def replace(self, _refused: str) -> bool:
        """Raises Unauthorized."""
        raise Unauthorized(f"Shopify refuses the access token that was tried; {self._advice}")
