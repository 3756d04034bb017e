"""Which token stays when credentials are given anew: a refresh token in a file is an old one soon. Pure."""

from dataclasses import replace

from connector.store.credentials import NewCredential, StoredCredential

# Log-ins of an app that a person installed; which of the two the last install gave may differ from the file.
_INSTALLED = {"offline", "online"}


def is_same_app(new: NewCredential, before: StoredCredential | None) -> bool:
    """True while a person's session with the app that is installed stays what it is."""
    return (
        before is not None
        and new.auth in _INSTALLED
        and new.secrets.get("client_id") == before.secrets.get("client_id")
    )


def with_living_token(new: NewCredential, before: StoredCredential | None) -> NewCredential:
    """With the token there is, where the log-in is the same and the file's token is none or the one it had before."""
    if before is None or before.token is None:
        return new
    if new.auth != before.auth and not {new.auth, before.auth} <= _INSTALLED:
        return new
    if new.secrets.get("client_id") != before.secrets.get("client_id"):
        return new
    given = new.secrets.get("token_given")
    is_another = new.token is not None and (given is None or given != before.secrets.get("token_given"))
    if is_another:
        return new
    # Only an offline log-in uses a refresh token, whatever the file calls it.
    return replace(new, auth="offline" if before.token.refresh_tokens else new.auth, token=before.token)
