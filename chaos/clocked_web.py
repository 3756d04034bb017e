"""The web process with a wrong clock (chaos.clocked); only the harness starts it."""

from chaos.clocked import set_wrong

set_wrong()

from web.wsgi import app  # noqa: E402  imported after the clock is wrong

__all__ = ["app"]
