"""Photographs every screen of the console over a played day: light and dark, wide and on a phone.

Use: python -m scripts.screenshots [--orders N] [--into FOLDER] [SCREEN…]; Chromium must be installed.
"""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from sqlalchemy import Connection

from connector.cli.connections import the_connection
from connector.cli.demo import sign_in_link
from connector.cli.demo_goods import stock_the_shop
from connector.cli.demo_play import play
from connector.cli.demo_stage import Stage, opened_stage
from connector.cli.opening import opened
from connector.sandbox.scenario import world
from connector.sandbox.scenario.day import day
from connector.store import connections
from connector.store.connections import StoredConnection
from tests.browser.addresses import OWN, SCREENS, arrive, filled
from tests.browser.furnishing import ADOPTION, Foreign, beside_orders, written_by_another

_STORE = "demo"
_UNITS = 240
_PASSWORD = "correct horse battery"  # noqa: S105  of a user of this demo alone
_FORMS = {
    "": {"viewport": {"width": 1280, "height": 900}},
    "-dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "-phone": {"viewport": {"width": 390, "height": 844}},
}


def main() -> None:
    """Plays a day, then visits every screen, or those that are named; fails with those that the day left nothing for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=60)
    parser.add_argument("--into", type=Path, default=Path("screenshots"))
    parser.add_argument("screens", nargs="*", metavar="SCREEN")
    chosen = parser.parse_args()
    if unknown := set(chosen.screens) - SCREENS.keys() - OWN.keys():
        parser.error(f"no such screen: {', '.join(unknown)}; there are {', '.join([*SCREENS, *OWN])}")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed; on Debian: apt install chromium")
    chosen.into.mkdir(parents=True, exist_ok=True)
    said = Console(stderr=True, highlight=False)
    planned = day(1, chosen.orders)
    with opened_stage(said, units=_UNITS) as stage, sync_playwright() as playwright:
        stock_the_shop(stage, _UNITS)
        play(planned, stage, said, seed=1)
        _furnish(stage)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        _photograph(browser, stage, chosen.into, chosen.screens)
        browser.close()


def _furnish(stage: Stage) -> None:
    with opened(stage.directory) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = _knowing_orders_of_before(database)
        # It takes longer than any process needs to read the rules anew.
        beside_orders(runtime, stored)
        written_by_another(runtime, stored, _foreign(stage))


def _knowing_orders_of_before(database: Connection) -> StoredConnection:
    """After the day, in which the rules are changed as a whole."""
    stored = the_connection(database, _STORE)
    rules = {**stored.rules, "adoption": ADOPTION}
    return connections.change_rules(database, stored, rules, actor="ada", note="orders of before are adopted")


def _foreign(stage: Stage) -> Foreign:
    """Orders of another connector in the demo."""
    sku, item = next(iter(world.ITEMS.items()))
    return Foreign(
        lambda order, payments: stage.shop.post("orders", {"order": order, "transactions": payments}),
        lambda fields: stage.account.post("accountant", {"act": "enter", "fields": fields}),
        world.DEFAULT_CUSTOMER, world.CURRENCIES["USD"], item, sku,
    )  # fmt: skip


def _photograph(browser: Browser, stage: Stage, into: Path, screens: list[str]) -> None:
    state = _signed_in(browser, stage)
    looking = browser.new_context(base_url=stage.url, storage_state=state).new_page()
    at = filled(looking, _STORE)
    for form, options in _FORMS.items():
        page = browser.new_context(base_url=stage.url, storage_state=state, **options).new_page()  # type: ignore[arg-type]  # one of _FORMS
        for screen, address in at.items():
            if screen in screens or not screens:
                arrive(page, address)
                page.screenshot(path=into / f"{screen.replace('_', '-')}{form}.png", full_page=True)


def _signed_in(browser: Browser, stage: Stage) -> str:
    """The cookies of an admin who came in by the demo's link, as a file."""
    page = browser.new_page()
    page.goto(sign_in_link(stage))
    page.get_by_role("button", name="Sign in").click()
    for field in ("#new", "#again"):
        page.locator(field).fill(_PASSWORD)
    page.get_by_role("button", name="Save the password").click()
    page.get_by_text("The password was changed").wait_for()
    path = stage.directory / "signed-in.json"
    page.context.storage_state(path=path)
    return str(path)


if __name__ == "__main__":
    main()
