"""The console as it runs, and how people come into it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import Engine

from connector.flows import people
from connector.flows.acting import Who
from connector.store.roles import Role
from connector.store.users import NewUser
from tests.clock import now
from tests.running import Product, product_in
from tests.stocking import stock_rules
from tests.world import World, opened_world

PASSWORD = "correct horse battery"


@dataclass(slots=True)
class Site:
    """The running product; `names` numbers its users; `is_furnished`: each screen has something to show."""

    product: Product
    names: Iterator[int] = field(default_factory=lambda: count(1))
    is_furnished: bool = False

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.product.port}"

    @property
    def world(self) -> World:
        """What is around it."""
        return self.product.world

    def link(self, role: Role = Role.ADMIN, sees: tuple[int, ...] | None = None) -> tuple[str, str]:
        """A new user's name and sign-in link. `sees`: only these connections."""
        name = f"{role}{next(self.names)}"
        by = Who("command line", Role.ADMIN)
        invited = people.add(self.world.engine, NewUser(name, role, connection_ids=sees), by=by, now=now())
        return name, invited.url(self.url)

    def comes_in(self, page: Page, role: Role = Role.ADMIN, sees: tuple[int, ...] | None = None) -> str:
        """A new user signs in by a link and chooses a password; the name."""
        name, link = self.link(role, sees)
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.locator("#new").fill(PASSWORD)
        page.locator("#again").fill(PASSWORD)
        page.get_by_role("button", name="Save the password").click()
        page.get_by_text("The password was changed").wait_for()
        return name


@contextmanager
def opened_site(
    engine: Engine, database_url: str, redis_url: str, logs: Path, *, adoption: Mapping[str, str] | None = None
) -> Iterator[Site]:
    """Web and worker, started. `adoption`: how orders of another connector are known."""
    with (
        opened_world(engine, redis_url, rules=stock_rules(buffer=2) | {"adoption": adoption or {}}) as world,
        product_in(world, database_url, redis_url, logs) as product,
    ):
        product.start_web()
        product.start_worker()
        yield Site(product)
