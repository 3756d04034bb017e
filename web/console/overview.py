"""/: how everything stands."""

from dataclasses import dataclass

from web.console.asking import Asked
from web.console.screens import Console
from web.console.site import Visit


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """The stores that are seen."""

    stores: tuple[str, ...]


def overview_screen(console: Console) -> None:
    """Registers the screen."""

    @console.screen("overview", "/", Asked, OverviewPage)
    def read(visit: Visit, _asked: Asked) -> OverviewPage:
        """How everything stands."""
        return OverviewPage(tuple(stored.name for stored in visit.stores))
