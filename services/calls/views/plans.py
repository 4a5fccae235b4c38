"""By what are a partner's agents paid: its commission plans, and its rules of paid time, with all their versions?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.commissions import (
    PlanDrafted,
    PlanEvent,
    PlanPublished,
    TimeRulesEvent,
    TimeRulesPublished,
)
from shared.contracts.calls import TOPIC
from shared.kernel import View

PayEvent = PlanEvent | TimeRulesEvent


class KnownPlan(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A plan: the draft as last saved, and the versions, oldest first."""

    partner: str
    plan: str = ""
    draft: PlanDrafted | None = None
    versions: list[PlanPublished] = []
    time_rules: list[TimeRulesPublished] = []
    changes: int = 0


def by_plan(event: PayEvent) -> Iterable[tuple[str, PayEvent]]:
    """One document a plan, and one for the partner's rules of time, which bears no plan's name."""
    match event:
        case PlanDrafted() | PlanPublished():
            yield f"{event.partner}:{event.plan}", event
        case TimeRulesPublished():
            yield f"{event.partner}:", event


def fold(doc: KnownPlan | None, event: PayEvent, sign: int) -> KnownPlan:
    """A command's events are never reversed."""
    doc = doc or KnownPlan(partner=event.partner)
    doc.changes += 1
    match event:
        case PlanDrafted():
            doc.plan, doc.draft = event.plan, event
        case PlanPublished():
            doc.plan = event.plan
            doc.versions.append(event)
        case TimeRulesPublished():
            doc.time_rules.append(event)
    return doc


def newer(one: KnownPlan, other: KnownPlan) -> KnownPlan:
    """A plan is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


plans = View(
    "plans",
    1,
    TOPIC,
    PayEvent,
    KnownPlan,
    by_plan,
    fold,
    newer,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner},
)
