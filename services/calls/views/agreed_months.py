"""Which months has a partner agreed with us, so that nothing of them may change behind its back?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.reconciliation import TOPIC, MonthAgreed, MonthReopened, PublicReconciliationEvent
from shared.kernel import View

MonthEvent = MonthAgreed | MonthReopened


class AgreedMonths(msgspec.Struct, kw_only=True):
    """A partner's months: `agreed` are those that stand, `reopened` those that were taken up again, with the reason."""

    partner: str
    agreed: list[str] = []
    reopened: dict[str, str] = {}


def by_partner(event: PublicReconciliationEvent) -> Iterable[tuple[str, MonthEvent]]:
    """One document a partner."""
    if isinstance(event, MonthEvent):
        yield event.partner_id, event


def fold(doc: AgreedMonths | None, event: MonthEvent, sign: int) -> AgreedMonths:
    """The last word on a month counts; a command's events are never reversed."""
    doc = doc or AgreedMonths(partner=event.partner_id)
    match event:
        case MonthAgreed():
            doc.agreed = sorted({*doc.agreed, event.month})
            doc.reopened.pop(event.month, None)
        case MonthReopened():
            doc.agreed = [month for month in doc.agreed if month != event.month]
            doc.reopened[event.month] = event.reason
    return doc


def both(one: AgreedMonths, other: AgreedMonths) -> AgreedMonths:
    """A month's events lie in one partition, a partner's months in several: each shard has months of its own."""
    return AgreedMonths(
        partner=one.partner,
        agreed=sorted({*one.agreed, *other.agreed}),
        reopened={**one.reopened, **other.reopened},
    )


agreed_months = View(
    name="agreed_months",
    version=1,
    topic=TOPIC,
    events=PublicReconciliationEvent,
    doc=AgreedMonths,
    route=by_partner,
    fold=fold,
    merge=both,
)
