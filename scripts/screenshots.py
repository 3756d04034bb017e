"""Photographs every screen of the console over a played day: light and dark, wide and on a phone.

Use: python scripts/screenshots.py [--orders N] [--into FOLDER] [PATH…]; Chromium must be installed.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from connector.cli.demo import sign_in_link
from connector.cli.demo_goods import stock_the_shop
from connector.cli.demo_play import play
from connector.cli.demo_stage import Stage, opened_stage
from connector.sandbox.scenario.day import day

_UNITS = 240
_PASSWORD = "correct horse battery"  # noqa: S105  of a user of this demo alone
_FORMS = {
    "": {"viewport": {"width": 1280, "height": 900}},
    "-dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "-phone": {"viewport": {"width": 390, "height": 844}},
}
# Where a list's first row leads.
_OPENED = ("/orders", "/problems", "/events", "/inventory")


def main() -> None:
    """Plays a day, then visits every screen of the menu and the first row of the great lists."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=60)
    parser.add_argument("--into", type=Path, default=Path("screenshots"))
    parser.add_argument("paths", nargs="*")
    chosen = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed; on Debian: apt install chromium")
    chosen.into.mkdir(parents=True, exist_ok=True)
    said = Console(stderr=True, highlight=False)
    planned = day(1, chosen.orders)
    with opened_stage(said, units=_UNITS) as stage, sync_playwright() as playwright:
        stock_the_shop(stage, _UNITS)
        play(planned, stage, said, seed=1)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        state = _signed_in(browser, stage)
        paths = chosen.paths or list(_paths(browser, stage, state))
        for form, options in _FORMS.items():
            page = browser.new_context(base_url=stage.url, storage_state=state, **options).new_page()  # type: ignore[arg-type]  # one of _FORMS
            for path in paths:
                _photograph(page, path, chosen.into / f"{_name(path)}{form}.png")
        browser.close()


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


def _paths(browser: Browser, stage: Stage, state: str) -> Iterator[str]:
    page = browser.new_context(base_url=stage.url, storage_state=state).new_page()
    page.goto("/")
    menu = re.findall(r'<li><a href="([^"]+)"', page.content())
    for path in (*menu, "/account"):
        yield path
        if path in _OPENED:
            page.goto(path)
            row = page.locator("main a[data-row]").first
            if row.count():
                yield str(row.get_attribute("href"))


def _photograph(page: Page, path: str, file: Path) -> None:
    page.goto(path)
    page.screenshot(path=file, full_page=True)


def _name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "overview"


if __name__ == "__main__":
    main()
