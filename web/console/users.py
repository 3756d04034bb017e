"""/users: who may come in, by which role, seeing which stores; and the tokens of the API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import Connection

from connector.flows import api_access, people
from connector.store import api_tokens, users
from connector.store.api_tokens import ApiToken, NewToken
from connector.store.roles import Role
from connector.store.users import NewUser, User
from web.console.asking import Asked, Form
from web.console.refusals import NotFound
from web.console.screens import Console, Done
from web.console.site import Visit

_AT = "/users"


class UserForm(Form):
    """A new user. `stores`: names of the connections that are seen, none for all."""

    name: str
    role: Role
    email: str | None = None
    stores: tuple[str, ...] = ()


class RoleForm(Form):
    """What a user may do and see from now on."""

    role: Role
    stores: tuple[str, ...] = ()


class TokenForm(Form):
    """A new token of the API. `days`: after so many it ends; 0: never."""

    name: str
    role: Role
    stores: tuple[str, ...] = ()
    days: int = Field(default=0, ge=0, le=3650)


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user; `stores` is None for all, later ones too."""

    name: str
    email: str | None
    role: Role
    stores: tuple[str, ...] | None
    has_second_factor: bool
    made_at: datetime
    last_signed_in_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token; its text is shown when it is made and never again."""

    id: int
    name: str
    acts_for: str | None
    role: Role
    stores: tuple[str, ...] | None
    made_by: str
    made_at: datetime
    ends_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class UsersPage:
    """Users and tokens that see nothing the admin does not."""

    users: tuple[UserRow, ...]
    tokens: tuple[TokenRow, ...]


def users_screen(console: Console) -> None:
    """Registers the screen and its acts."""

    @console.screen("users", _AT, Asked, UsersPage, role=Role.ADMIN)
    def read(visit: Visit, _asked: Asked) -> UsersPage:
        """Who may come in, and the tokens of the API."""
        names = {stored.id: stored.name for stored in visit.stores}
        with visit.engine.begin() as database:
            found = [_user(one, names) for one in users.all_(database) if _is_covered(visit, one.connection_ids)]
            tokens = [_token(one, names) for one in _tokens(visit, database)]
        return UsersPage(tuple(found), tuple(tokens))

    _register_people(console)
    _register_tokens(console)


def _register_people(console: Console) -> None:
    @console.act("users_add", _AT, UserForm, role=Role.ADMIN, asks_password=True)
    def add(visit: Visit, form: UserForm) -> Done:
        """Add a user, who comes in by a link that is good once."""
        new = NewUser(form.name, form.role, form.email or None, _ids(visit, form.stores))
        invited = people.add(visit.engine, new, by=visit.who, now=visit.now)
        return Done(_link_said(form.name), _AT, invited.url(visit.site.address))

    @console.act("users_link", "/users/<name>/link", Form, role=Role.ADMIN, asks_password=True)
    def link(visit: Visit, _form: Form, name: str) -> Done:
        """Make a new one-time link for a user."""
        invited = people.invite(visit.engine, name, by=visit.who, now=visit.now)
        return Done(_link_said(name), _AT, invited.url(visit.site.address))

    @console.act("users_role", "/users/<name>/role", RoleForm, role=Role.ADMIN, asks_password=True)
    def role(visit: Visit, form: RoleForm, name: str) -> Done:
        """Change what a user may do and see."""
        people.set_role(visit.engine, name, form.role, _ids(visit, form.stores), by=visit.who)
        return Done(f"{name} is {form.role} from the next request on.", _AT)

    @console.act("users_disable", "/users/<name>/disable", Form, role=Role.ADMIN, asks_password=True)
    def disable(visit: Visit, _form: Form, name: str) -> Done:
        """Shut a user out: sessions, links and tokens end now."""
        people.disable(visit.engine, name, by=visit.who, now=visit.now)
        return Done(f"{name} is shut out; every session has ended.", _AT)

    @console.act("users_enable", "/users/<name>/enable", Form, role=Role.ADMIN, asks_password=True)
    def enable(visit: Visit, _form: Form, name: str) -> Done:
        """Let a user in again."""
        people.enable(visit.engine, name, by=visit.who)
        return Done(f"{name} may come in again.", _AT)

    @console.act("users_forget_code", "/users/<name>/forget-code", Form, role=Role.ADMIN, asks_password=True)
    def forget_code(visit: Visit, _form: Form, name: str) -> Done:
        """Take away the second factor of somebody whose phone is lost."""
        people.remove_second_factor(visit.engine, name, by=visit.who)
        return Done(f"{name} signs in without a code until a new one is set up.", _AT)


def _register_tokens(console: Console) -> None:
    @console.act("users_add_token", "/users/tokens", TokenForm, role=Role.ADMIN, asks_password=True)
    def add_token(visit: Visit, form: TokenForm) -> Done:
        """Make a token of the API; its text is shown once."""
        ends_at = visit.now + timedelta(days=form.days) if form.days > 0 else None
        new = NewToken(form.name, role=form.role, connection_ids=_ids(visit, form.stores), ends_at=ends_at)
        made = api_access.make(visit.engine, new, by=visit.who, now=visit.now)
        return Done(f"This is the token {form.name}; a program sends it as Authorization: Bearer.", _AT, made.text)

    @console.act("users_revoke_token", "/users/tokens/<int:number>/revoke", Form, role=Role.ADMIN)
    def revoke_token(visit: Visit, _form: Form, number: int) -> Done:
        """End a token at once."""
        with visit.engine.begin() as database:
            found = [token for token in _tokens(visit, database) if token.id == number]
        if not found:
            raise NotFound(f"there is no token {number}")
        api_access.revoke(visit.engine, number, by=visit.who, now=visit.now)
        return Done(f"The token {found[0].name} is good no more.", _AT)


def _link_said(name: str) -> str:
    return f"Give {name} this link; it is good once, for a day."


def _ids(visit: Visit, stores: Iterable[str]) -> tuple[int, ...] | None:
    """The connections of these names; of no name: all that the admin sees, for one who sees all of them later ones too."""
    chosen = tuple(visit.store(name).id for name in stores if name)
    return chosen or visit.who.connection_ids


def _is_covered(visit: Visit, connection_ids: tuple[int, ...] | None) -> bool:
    seen = visit.who.connection_ids
    return seen is None or (connection_ids is not None and set(connection_ids) <= set(seen))


def _tokens(visit: Visit, database: Connection) -> list[ApiToken]:
    return [token for token in api_tokens.all_(database) if _is_covered(visit, token.connection_ids)]


def _stores(connection_ids: tuple[int, ...] | None, names: dict[int, str]) -> tuple[str, ...] | None:
    if connection_ids is None:
        return None
    return tuple(names.get(number, "a removed connection") for number in connection_ids)


def _user(user: User, names: dict[int, str]) -> UserRow:
    return UserRow(
        user.name, user.email, user.role, _stores(user.connection_ids, names), user.has_second_factor, user.made_at,
        user.last_signed_in_at, user.disabled_at,
    )  # fmt: skip


def _token(token: ApiToken, names: dict[int, str]) -> TokenRow:
    return TokenRow(
        token.id, token.name, token.user_name, token.role, _stores(token.connection_ids, names), token.made_by,
        token.made_at, token.ends_at, token.last_used_at, token.revoked_at,
    )  # fmt: skip
