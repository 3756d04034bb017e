"""The whole console: every screen, in the order of the menu. A new one is one line here."""

from web.console.events import events_screen
from web.console.jobs import jobs_screen
from web.console.openapi import serve_openapi
from web.console.overview import overview_screen
from web.console.problems import problems_screen
from web.console.schedules import schedules_screen
from web.console.screens import Console
from web.console.site import Site

SCREENS = (
    overview_screen,
    problems_screen,
    events_screen,
    schedules_screen,
    jobs_screen,
)


def whole_console(site: Site) -> Console:
    """The console, ready to be mounted."""
    console = Console(site)
    for screen in SCREENS:
        screen(console)
    serve_openapi(console)
    return console
