"""/inventory-push/force: an admin sends one push past the guards that stop it; a worker carries it out."""

from urllib.parse import urlencode

from connector.errors import ConfigError
from connector.flows.scheduled import is_at_work
from connector.flows.stock_sync import PUSH
from connector.mapping.rule_values import Moment
from connector.store import forced_pushes, operator_actions, scheduled_runs
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from web.console.asking import Because
from web.console.inventory_push import PushPage, push_page
from web.console.refusals import Stale
from web.console.screens import Console, Done, Reach
from web.console.site import Visit


class ForceForm(Because):
    """One push past the guards. `compared_at`: of the comparison that was looked at; nothing where there was none."""

    store: str
    compared_at: Moment | None = None


def inventory_force_screen(console: Console) -> None:
    """Registers the act."""

    @console.act(
        "inventory_push_force",
        "/inventory-push/force",
        ForceForm,
        role=Role.ADMIN,
        asks_password=True,
        reach=Reach.MANY,
    )
    def force(visit: Visit, form: ForceForm) -> Done:
        """Send one push past the guards, as `inventory sync --force` does: NetSuite is read, then all that differs is sent."""
        stored, because = visit.store(form.store), form.why
        seen = push_page(visit, stored, ())
        _must_be_stopped(stored, seen, form)
        counts = {"emptied": seen.guard.emptied, "on_sale": seen.guard.on_sale} if seen.guard else {}
        details = {"because": because, "compared_at": seen.compared_at and seen.compared_at.isoformat(), **counts}
        with visit.engine.begin() as database:
            is_new = forced_pushes.ask(database, stored.id, asked_by=visit.who.name)
            scheduled_runs.ask(database, stored.id, PUSH, asked_by=visit.who.name)
            if is_new:
                operator_actions.write_down(
                    database, stored.id, actor=visit.who.name, action="forced stock push asked", details=details
                )
        visit.site.wakes.put_run(stored.id, PUSH)
        said = "is asked for" if is_new else "was asked for already"
        return Done(
            f"One push to {stored.name} past the guards {said}.", f"/inventory?{urlencode({'store': stored.name})}"
        )


def _must_be_stopped(stored: StoredConnection, seen: PushPage, form: ForceForm) -> None:
    """Raises Stale where a person decided on other figures, ConfigError where nothing would begin now."""
    if not is_at_work(stored) or seen.push.paused_by is not None:
        what = "inventory.push" if is_at_work(stored) else stored.name
        raise ConfigError(f"{what} is paused or halted: let it go on first, then look at the push again")
    if not seen.is_stopped:
        raise Stale("no guard stops a push now: push it as always")
    if form.compared_at != seen.compared_at:
        raise Stale("the stock was compared again since you looked; look at the figures again, then send it")
