"""The web process that can be held at one moment (chaos.holding); only the harness starts it."""

from chaos.holding import hold

hold()

from web.wsgi import app  # noqa: E402  made after the gate stands

__all__ = ["app"]
