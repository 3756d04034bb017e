"""The headers of every page that people see."""

from flask import Response

# Nothing inline, nothing from elsewhere, no frame around it.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HSTS = "max-age=31536000"


def secured(response: Response, *, is_secure: bool) -> Response:
    """Adds them. `is_secure`: the site is reached by https."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Not `no-referrer`: with it browsers send the origin `null` with our own forms.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    if is_secure:
        response.headers["Strict-Transport-Security"] = _HSTS
    return response
