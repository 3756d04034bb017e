"""The cookies of the console: the session's token, and what its forms are signed with."""

from dataclasses import dataclass

from flask import Request, Response

from connector.flows.acting import NotSignedIn
from connector.store.console_sessions import LIFE

_TOKEN_CHARACTERS = 43


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and flags. Over https a browser takes a `__Host-` cookie only from this host, for all of it, and encrypted."""

    is_secure: bool

    @property
    def session_name(self) -> str:
        """The cookie that holds the token of a session."""
        return f"{self._before}ml_connector_session"

    @property
    def form_name(self) -> str:
        """The cookie against which the token of a form is held."""
        return f"{self._before}ml_connector_form"

    def session(self, request: Request) -> str:
        """The token a browser brings. Raises NotSignedIn."""
        token = request.cookies.get(self.session_name, "")
        if len(token) != _TOKEN_CHARACTERS:
            raise NotSignedIn("sign in: nobody is")
        return token

    def keep(self, response: Response, token: str) -> None:
        """Gives a browser the token of its session."""
        response.set_cookie(
            self.session_name,
            token,
            max_age=int(LIFE.total_seconds()),
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="Lax",
        )

    def drop(self, response: Response) -> None:
        """Takes the token away."""
        response.delete_cookie(self.session_name, path="/", secure=self.is_secure, httponly=True, samesite="Lax")

    @property
    def _before(self) -> str:
        return "__Host-" if self.is_secure else ""
