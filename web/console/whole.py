"""The whole console: every screen, in the order of the menu. A new one is one line here."""

from web.console.alerts import alerts_screen
from web.console.audit import audit_screen
from web.console.connection_acts import connection_acts_screen
from web.console.connection_new import connection_new_screen
from web.console.connection_ping import connection_ping_screen
from web.console.connection_secrets import connection_secrets_screen
from web.console.connection_setup import connection_setup_screen
from web.console.connections import connections_screen
from web.console.events import events_screen
from web.console.inventory import inventory_screen
from web.console.jobs import jobs_screen
from web.console.mapping import mapping_screen
from web.console.mapping_draft import mapping_draft_screen
from web.console.mapping_example import mapping_example_screen
from web.console.mapping_history import mapping_history_screen
from web.console.mapping_locations import mapping_locations_screen
from web.console.mapping_proposed import mapping_proposed_screen
from web.console.mapping_values import mapping_values_screen
from web.console.openapi import serve_openapi
from web.console.order import order_screen
from web.console.order_adopt import order_adopt_screen
from web.console.order_again import order_again_screen
from web.console.order_fields import order_fields_screen
from web.console.order_money import order_money_screen
from web.console.order_plan import order_plan_screen
from web.console.orders import orders_screen
from web.console.overview import overview_screen
from web.console.problems import problems_screen
from web.console.reconcile import reconcile_screen
from web.console.schedules import schedules_screen
from web.console.screens import Console
from web.console.site import Site
from web.console.system import system_screen
from web.console.users import users_screen

SCREENS = (
    overview_screen,
    orders_screen,
    order_screen,
    order_money_screen,
    order_fields_screen,
    order_plan_screen,
    order_again_screen,
    order_adopt_screen,
    problems_screen,
    events_screen,
    inventory_screen,
    mapping_screen,
    mapping_example_screen,
    mapping_values_screen,
    mapping_locations_screen,
    mapping_draft_screen,
    mapping_history_screen,
    mapping_proposed_screen,
    reconcile_screen,
    connections_screen,
    connection_acts_screen,
    connection_ping_screen,
    connection_new_screen,
    connection_setup_screen,
    connection_secrets_screen,
    schedules_screen,
    jobs_screen,
    alerts_screen,
    audit_screen,
    users_screen,
    system_screen,
)


def whole_console(site: Site) -> Console:
    """The console, ready to be mounted."""
    console = Console(site)
    for screen in SCREENS:
        screen(console)
    serve_openapi(console)
    return console
