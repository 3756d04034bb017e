"""The web process without one safeguard (chaos.broken); only the harness starts it."""

from chaos.broken import take_out

take_out()

from web.wsgi import app  # noqa: E402  made after the safeguard is gone

__all__ = ["app"]
