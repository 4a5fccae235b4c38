"""What is remembered of a partner: its report's layout, whose codes are whose, and which explanations stand?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.reconciliation.events.rules import (
    AgentCodeForgotten,
    AgentCodeTold,
    ExplanationAccepted,
    ExplanationEnded,
    ProfileSaved,
    RuleEvent,
)
from shared.contracts.reconciliation import TOPIC
from shared.kernel import View


class KnownRule(msgspec.Struct, kw_only=True):
    """An explanation that was accepted, and its end where somebody ended it."""

    accepted: ExplanationAccepted
    ended: ExplanationEnded | None = None


class KnownRules(msgspec.Struct, kw_only=True):
    """A partner's rules. `profiles`: versions, the newest last; `codes`: the partner's code -> who told it, and whose
    it is; `changes` counts the events behind this."""

    partner_id: str
    profiles: list[ProfileSaved] = []
    codes: dict[str, AgentCodeTold] = {}
    explanations: list[KnownRule] = []
    changes: int = 0


def by_partner(event: RuleEvent) -> Iterable[tuple[str, RuleEvent]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownRules | None, event: RuleEvent, sign: int) -> KnownRules:
    """A command's events are never reversed."""
    doc = doc or KnownRules(partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case ProfileSaved():
            doc.profiles.append(event)
        case AgentCodeTold(code=code):
            doc.codes[code] = event
        case AgentCodeForgotten(code=code):
            doc.codes.pop(code, None)
        case ExplanationAccepted():
            doc.explanations.append(KnownRule(accepted=event))
        case ExplanationEnded(kind=kind, cause=cause):
            for one in doc.explanations:
                if (one.accepted.kind, one.accepted.cause) == (kind, cause) and one.ended is None:
                    one.ended = event
    return doc


def newer(one: KnownRules, other: KnownRules) -> KnownRules:
    """A partner's rules are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownRules) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner_id}


rules = View("rules", 1, TOPIC, RuleEvent, KnownRules, by_partner, fold, newer, indexes=("partner",), fields=indexed)
