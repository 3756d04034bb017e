"""What became of a fulfilment whose answer was lost: read from the order's fulfilments, never sent again blindly. Pure."""

from collections import Counter

from connector.flows.leasing import seconds_until_over
from connector.flows.parcels import BEFORE, CANCELLING, LINES, STANDS, TRACKING, shown_tracking, unclaimed
from connector.flows.planning import Made
from connector.flows.status_planning import Finding, StatusPlan, StatusSubject
from connector.shopify.fulfillments import Fulfillment
from connector.store.tables import EffectKind


def doubtful_parcels(subject: StatusSubject) -> StatusPlan:
    """Findings of all that is in doubt, or how long to wait until one can be told."""
    plan = StatusPlan()
    taken: set[str] = set()
    for key, made in subject.made.items():
        if made.kind is not EffectKind.SHOP_FULFILLMENT or not made.is_in_doubt:
            continue
        found = _changed(subject, key, made) if made.remote_id is not None else _created(subject, key, made, taken)
        taken |= {str(finding.remote_id) for finding in found.findings}
        plan = plan.then(found)
    return plan


def _created(subject: StatusSubject, key: str, made: Made, taken: set[str]) -> StatusPlan:
    """Adopts the fulfilment that was not there before and has these very lines, with these numbers if there is one."""
    image = made.image or {}
    candidates = [
        item
        for item in unclaimed(subject)
        if item.id not in image.get(BEFORE, ()) and item.id not in taken and _lines(item) == image.get(LINES)
    ]
    if not candidates:
        return _over(subject, made, Finding(key))
    same = [item for item in candidates if shown_tracking(item) == image.get(TRACKING)]
    found = (same or candidates)[0]
    return StatusPlan(findings=(Finding(key, found.id, {**image, TRACKING: shown_tracking(found)}),))


def _changed(subject: StatusSubject, key: str, made: Made) -> StatusPlan:
    """A cancellation or new numbers: the fulfilment itself says what it is now."""
    image = dict(made.image or {})
    was_cancelling = image.pop(CANCELLING, False)
    standing = next((item for item in subject.order.fulfillments if item.id == made.remote_id), None)
    if standing is None or standing.status != STANDS:
        return StatusPlan(findings=(Finding(key, made.remote_id, is_gone=True),))
    shown = shown_tracking(standing)
    finding = Finding(key, made.remote_id, {**image, TRACKING: shown})
    if not was_cancelling and shown == image.get(TRACKING):
        return StatusPlan(findings=(finding,))
    return _over(subject, made, finding)


def _over(subject: StatusSubject, made: Made, finding: Finding) -> StatusPlan:
    """The finding, once the request cannot be at work any more."""
    wait = seconds_until_over(made.sent_at, now=subject.now)
    return StatusPlan(wait_seconds=wait) if wait else StatusPlan(findings=(finding,))


def _lines(fulfillment: Fulfillment) -> dict[str, int]:
    found = Counter[str]()
    for line in fulfillment.lines:
        found[line.line_id] += line.quantity
    return dict(found)
