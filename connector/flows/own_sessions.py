"""One's own sessions: seen, and ended from elsewhere."""

from datetime import datetime

from connector.flows.signing_in import Access, SignedIn
from connector.store import console_sessions, operator_actions
from connector.store.console_sessions import StoredSession


def of(access: Access, signed_in: SignedIn, *, now: datetime) -> list[StoredSession]:
    """The sessions that go on, the newest first."""
    with access.engine.begin() as connection:
        return console_sessions.of_user(connection, signed_in.user.id, now=now)


def end(access: Access, signed_in: SignedIn, session_id: int) -> None:
    """Ends one of one's own sessions; that of somebody else is left alone."""
    with access.engine.begin() as connection:
        if console_sessions.end(connection, session_id, user_id=signed_in.user.id):
            operator_actions.write_down(connection, None, actor=signed_in.who.name, action="session ended")


def end_others(access: Access, signed_in: SignedIn) -> None:
    """Ends all of one's own sessions but this one."""
    with access.engine.begin() as connection:
        count = console_sessions.end_all(connection, signed_in.user.id, but=signed_in.session.id)
        operator_actions.write_down(
            connection, None, actor=signed_in.who.name, action="other sessions ended", details={"count": count}
        )
