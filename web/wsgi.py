"""What the server loads: builds the runtime from the environment and makes the app."""

import atexit
import gc
import sys

from connector import logs
from connector.config import Settings
from connector.runtime import build_for_console, build_for_receiving, install_site, teller
from connector.store.engine import make_engine
from web.access.account import account_blueprint
from web.access.gate import Gate, utc_now
from web.access.protection import protect
from web.access.sign_in import sign_in_blueprint
from web.access.single_sign_on import opened_provider, single_sign_on_blueprint
from web.app import create_app
from web.console.site import Site
from web.console.whole import whole_console
from web.health import Health
from web.install import install_blueprint
from web.netsuite_events import Events, events_blueprint
from web.receiver import Receiver
from web.turned_away import TurnedAway
from web.wake import Wakes

# Threads wait for each other in five milliseconds by default: with many requests at once that is most of the slowest ones.
sys.setswitchinterval(0.001)

_settings = Settings.from_env()
logs.configure(_settings.log_level)
_runtime = build_for_receiving(_settings)
_wakes = Wakes(_settings.redis_url)
# An install is a transaction, held while Shopify is asked; it takes no connection from the receiver.
_installing = make_engine(_settings.database_url, pool_size=1)
_looking = build_for_console(_settings)
_turned_away = TurnedAway(_looking.engine)
atexit.register(_installing.dispose)
atexit.register(_looking.close)
atexit.register(_turned_away.close)
atexit.register(_runtime.close)
atexit.register(_wakes.close)

_events = Events(_runtime.engine, _runtime.vault, _wakes, _runtime.counters, trusted_proxies=_settings.trusted_proxies)
_gate = Gate(_looking.engine, _looking.vault, _settings)
_site = Site(_looking, _wakes, _gate, teller(_settings), _settings.address, utc_now, _settings.shown())

app = create_app(
    Receiver(_runtime.engine, _runtime.vault, _wakes, _runtime.counters, _turned_away),
    Health(_runtime.engine, _runtime.redis, _runtime.counters),
    events_blueprint(_events),
    install_blueprint(install_site(_settings, _installing, _runtime.vault)),
    sign_in_blueprint(_gate),
    account_blueprint(_gate),
    console=whole_console(_site),
)
if _settings.oidc is not None:
    app.register_blueprint(single_sign_on_blueprint(_gate, opened_provider(_settings.oidc)))
protect(app, _gate)

# What is there from the start stays: a full collection, which looked through all of it again, held an answer up for 130 ms.
gc.collect()
gc.freeze()
