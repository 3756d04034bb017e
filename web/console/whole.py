"""The whole console: every screen, in the order of the menu. A new one is one line here."""

from web.console.alerts import alerts_screen
from web.console.audit import audit_screen
from web.console.inventory import inventory_screen
from web.console.openapi import serve_openapi
from web.console.overview import overview_screen
from web.console.reconcile import reconcile_screen
from web.console.schedules import schedules_screen
from web.console.screens import Console
from web.console.site import Site
from web.console.system import system_screen

SCREENS = (
    overview_screen,
    inventory_screen,
    reconcile_screen,
    schedules_screen,
    alerts_screen,
    audit_screen,
    system_screen,
)


def whole_console(site: Site) -> Console:
    """The console, ready to be mounted."""
    console = Console(site)
    for screen in SCREENS:
        screen(console)
    serve_openapi(console)
    return console
