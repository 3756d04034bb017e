"""What a page must be for everyone: without faults that axe finds, no wider than what it is shown on, walked by keys alone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
_DESKTOP, _HEIGHT = 1280, 900

# Only what a person sees can be reached; of radio buttons that belong together Tab reaches one.
_WALK = """() => {
  const main = document.getElementById("main");
  const seen = (one) => one.checkVisibility({ visibilityProperty: true });
  const stops = [...main.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(
    (one) => !one.disabled && one.tabIndex >= 0 && seen(one));
  const walk = { stops, reached: new Set(), unmarked: new Set() };
  main.addEventListener("focusin", ({ target }) => {
    const style = getComputedStyle(target);
    walk.reached.add(target);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) walk.unmarked.add(target);
  });
  window.walk = walk;
  main.tabIndex = -1;
  main.focus();
  return stops.length;
}"""
_LEFT = """() => {
  const { stops, reached } = window.walk;
  const group = (one) => stops.filter((other) => other.type === "radio" && other.name === one.name && other.form === one.form);
  const is_reached = (one) => reached.has(one) || (one.type === "radio" && group(one).some((other) => reached.has(other)));
  return stops.filter((one) => one.isConnected && !is_reached(one)).map((one) => "not reached: " + one.outerHTML.slice(0, 200));
}"""
_UNMARKED = """() => [...window.walk.unmarked].filter((one) => one.id !== "main")
  .map((one) => "focus not seen: " + one.outerHTML.slice(0, 200))"""
_IS_INSIDE = "document.getElementById('main').contains(document.activeElement)"


def faults(page: Page) -> dict[str, object]:
    """What is wrong with the page that is open, by what was tried; nothing when it is for everyone."""
    found: dict[str, object] = {"keys": unreached(page)}
    # A row that stands half behind the head of the page is no small target.
    page.evaluate("scrollTo(0, 0)")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[f"axe, {scheme}"] = axe_finds(page)
    # 320 is a window of 1280 at 400 %.
    for width in (390, 320):
        found[f"too wide at {width}"] = overhang(page, width)
    page.set_viewport_size({"width": _DESKTOP, "height": _HEIGHT})
    return {what: wrong for what, wrong in found.items() if wrong}


def axe_finds(page: Page) -> list[tuple[str, list[str]]]:
    """Each rule that is broken, with what breaks it."""
    violations = _AXE.run(page, options=_RULES).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations]


def overhang(page: Page, width: int) -> int:
    """So many pixels the page is wider than a window of this width."""
    page.set_viewport_size({"width": width, "height": _HEIGHT})
    return int(page.evaluate("document.documentElement.scrollWidth")) - width


def unreached(page: Page) -> list[str]:
    """What Tab does not come to below the head of the page, and where nobody sees that it came."""
    left: list[str] = []
    presses = int(page.evaluate(_WALK))
    # A date is several stops, so that the first presses may end before the page does.
    while presses:
        for _ in range(presses):
            page.keyboard.press("Tab")
        left = page.evaluate(_LEFT)
        presses = len(left) if page.evaluate(_IS_INSIDE) else 0
    return [str(one) for one in (*left, *page.evaluate(_UNMARKED))]
