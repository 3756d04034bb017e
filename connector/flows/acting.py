"""Who acts in the console or by its API, and what they may see and do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.errors import PermanentError
from connector.store.roles import Role

# What moves money is only done when the password was given this recently.
PASSWORD_FRESH = timedelta(minutes=10)


class NotSignedIn(PermanentError):
    """Nobody is signed in, or the session or token has ended."""


class NotAllowed(PermanentError):
    """Who is signed in may not do this."""


class PasswordNeeded(PermanentError):
    """This is only done when the password was given a short while ago."""


@dataclass(frozen=True, slots=True)
class Who:
    """One signed-in person, or one API token.

    `name` stands with every act. `connection_ids`: the connections that are seen, None for all, later ones too.
    `password_at`: when the password was given last; None for a token, which has none.
    """

    name: str
    role: Role
    connection_ids: tuple[int, ...] | None = None
    password_at: datetime | None = None
    user_id: int | None = None
    token_id: int | None = None

    @property
    def identity(self) -> str:
        """The same for one user or one token, whatever they are called."""
        if self.token_id is not None:
            return f"token:{self.token_id}"
        return f"user:{self.user_id}" if self.user_id is not None else f"name:{self.name}"

    def must_be(self, role: Role) -> None:
        """Raises NotAllowed unless the role is covered."""
        if not self.role.covers(role):
            raise NotAllowed(f"{self.name} is {self.role}; this needs the role {role}")

    def sees(self, connection_id: int) -> bool:
        """True when the connection is one of theirs."""
        return self.connection_ids is None or connection_id in self.connection_ids

    def must_have_given_password(self, *, now: datetime) -> None:
        """Raises PasswordNeeded when the password was given too long ago; a token never needs it."""
        if self.user_id is not None and (self.password_at is None or now - self.password_at > PASSWORD_FRESH):
            raise PasswordNeeded("give your password again: this can move money")
