"""The Flask app, from parts that were made elsewhere."""

from flask import Blueprint, Flask, Response

from web.console.screens import Console
from web.files import serve_files
from web.health import Health, health_blueprint
from web.receiver import Receiver, receiver_blueprint


def create_app(receiver: Receiver, health: Health, *further: Blueprint, console: Console | None = None) -> Flask:
    """The app: the receiver, the three health routes, what else is to be served, and the console."""
    app = Flask("ml-connector", static_folder=None)
    serve_files(app)
    app.register_blueprint(receiver_blueprint(receiver))
    app.register_blueprint(health_blueprint(health))
    for blueprint in further:
        app.register_blueprint(blueprint)
    if console is not None:
        console.mount(app)

    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app
