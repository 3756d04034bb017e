"""A real browser, and the product as it runs before it: web, worker, both sandboxes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from connector.embedded.valkey import start_valkey
from connector.store.engine import make_engine
from tests.browser.furnishing import ADOPTION
from tests.browser.site import Site, opened_site
from tests.databases import Databases

# Nothing is fetched from elsewhere: the browser's own updates and look-ups stay off.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.skip("Chromium is not installed: on Debian `apt install chromium` (`make test` does it as root)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The product of this test process; its tests leave orders and users behind, each its own.

    It has a Valkey of its own: its worker would take the wakes of other tests.
    """
    with (
        start_valkey(tmp_path_factory.mktemp("valkey"), durable=False) as valkey,
        databases.fresh() as url,
    ):
        engine = make_engine(url, pool_size=20)
        with opened_site(engine, url, valkey.url, Path(tmp_path_factory.mktemp("site")), adoption=ADOPTION) as opened:
            yield opened
        engine.dispose()


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser window of its own, without cookies."""
    opened = browser.new_context(base_url=site.url)
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    """A page at which an admin is signed in. What its scripts complain of fails the test."""
    opened = context.new_page()
    site.comes_in(opened)
    return opened
