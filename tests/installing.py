"""A browser, the web process and a shop that knows our app, for the tests of the install."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from flask import Flask

from connector.flows import install
from connector.flows.install import Site
from connector.sandbox.serve import Served, WsgiApp
from connector.sandbox.shopify.oauth import query_signature
from connector.store import connections, credentials
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE, NewCredential, StoredCredential
from connector.transport import Transport
from tests.clock import now
from tests.world import CLIENT, World, app_of, with_login
from web.app import create_app
from web.health import Health
from web.install import install_blueprint
from web.receiver import Receiver
from web.wake import Wakes


@dataclass(slots=True)
class Visited:
    """A page a browser came to."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        """What a person reads, in one line."""
        body = unescape(re.sub(r"<[^>]+>", " ", self.text.partition("</head>")[2]))
        return re.sub(r"\s+", " ", body)


class Browser:
    """Follows links and presses buttons; keeps its own cookies."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def open(self, url: str) -> Visited:
        """The page at an address."""
        return _visited(self._session.get(url, timeout=20))

    def press(self, link: str) -> Visited:
        """Opens a link's page, presses its button, and follows where it leads."""
        return _visited(self._press(link, follow=True))

    def begin(self, link: str) -> str:
        """Presses the button, and stops before Shopify; where it would lead."""
        response = self._press(link, follow=False)
        assert response.status_code == 303, response.text
        return response.headers["Location"]

    def _press(self, link: str, *, follow: bool) -> requests.Response:
        page = self._session.get(link, timeout=20)
        value = re.search(r'name="link" value="([^"]+)"', page.text)
        if value is None:
            return page
        return self._session.post(
            link.partition("?")[0], data={"link": value.group(1)}, timeout=20, allow_redirects=follow
        )


@dataclass(slots=True)
class Installing:
    """The web process with its install pages, for one connection."""

    world: World
    site: Site
    app: Flask

    def link(self, *, per_user: bool = False) -> str:
        """A new link."""
        return install.offer(self.site, self.world.connection.name, per_user=per_user, now=now()).link

    def callback(self, authorize: str, **changes: str | None) -> str:
        """Shopify's signed answer to an authorization; a change comes before the signature, None takes a member out."""
        return self.tampered(self.signed(authorize, **changes))

    def signed(self, authorize: str, **changes: str | None) -> dict[str, str]:
        """The members of Shopify's answer."""
        state = parse_qs(urlsplit(authorize).query)["state"][0]
        sent = self.world.shop.oauth.authorized({"state": state, "redirect_uri": "x"})
        query: dict[str, str | None] = {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}
        query.pop("hmac")
        query |= changes
        said = {name: value for name, value in query.items() if value is not None}
        return said | {"hmac": query_signature(CLIENT["client_secret"], said)}  # type: ignore[arg-type]  # a text

    def tampered(self, said: Mapping[str, str]) -> str:
        """The callback's address with these members."""
        return f"{self.site.redirect_url}?{urlencode(said)}"

    def connection(self) -> StoredConnection:
        """The connection as it stands."""
        with self.world.engine.begin() as connection:
            return connections.by_id(connection, self.world.connection.id)

    def credential(self, side: str = SHOPIFY) -> StoredCredential | None:
        """What is stored of one side."""
        with self.world.engine.begin() as connection:
            return credentials.read(connection, self.world.runtime.vault, self.world.connection.id, side)

    def session(self) -> StoredCredential | None:
        """The session that is stored."""
        return self.credential(SHOPIFY_ONLINE)


@contextmanager
def opened_install(world: World, redis_url: str) -> Iterator[Installing]:
    """The web process, served, and a connection that waits for its first token."""
    app_of(world)
    with_login(world, shopify=NewCredential("offline", CLIENT))
    wakes = Wakes(redis_url)
    apps: list[Flask] = []
    with Served(lambda environ, start: apps[0](environ, start)) as served:
        site = Site(world.engine, world.runtime.vault, Transport("shopify"), served.url)
        apps.append(web_app(world, site, wakes))
        world.shop.config.redirect_urls = [site.redirect_url]
        yield Installing(world, site, apps[0])
    wakes.close()


def web_app(world: World, site: Site, wakes: Wakes) -> Flask:
    """The app of the web process."""
    runtime = world.runtime
    receiver = Receiver(world.engine, runtime.vault, wakes, runtime.counters)
    return create_app(receiver, Health(world.engine, runtime.redis, runtime.counters), install_blueprint(site))


def at_the_token_endpoint(world: World, app: WsgiApp, act: Callable[[], None]) -> WsgiApp:
    """The shop, with something happening each time it has given a token, before its answer arrives."""

    def with_act(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        answer = list(app(environ, start))
        if environ["PATH_INFO"].endswith("/access_token"):
            act()
        return answer

    return with_act


def moved_to(world: World, url: str) -> None:
    """The connection's shop answers at another address."""
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update connections set shopify_api_url = %s", (url,))
    world.connection = replace(world.connection, shopify_api_url=url)


def timestamp(seconds: int) -> str:
    """A moment from now, as Shopify writes it."""
    return str(int(time.time()) + seconds)


def _visited(response: requests.Response) -> Visited:
    return Visited(response.status_code, response.text, response.headers)
