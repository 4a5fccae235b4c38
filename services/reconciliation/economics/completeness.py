"""Do a partner's calls have all facts that they should have?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.reconciliation.views.month_calls import MonthCall
from shared.contracts.calls import CallDispositioned, CallEnded, CallStarted

STARTED, ENDED, RESULT = "started", "ended", "result"

FORMULA = (
    "calls that have all facts that they should have / all calls: a start, an end, and a result where an agent talked; "
    "of a source that told no result of any call, none is asked for"
)


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """`calls`: all; `complete`: with all that they should have; `lacking`: how many lack which fact; `without_results`:
    sources that tell no results."""

    calls: int
    complete: int
    lacking: dict[str, int]
    without_results: tuple[str, ...]


def completeness(calls: Iterable[MonthCall]) -> Completeness:
    """Over calls that have at least one fact each, and are over for all that is known of time."""
    calls = list(calls)
    sources = {fact.source for call in calls for fact in call.facts}
    telling = {fact.source for call in calls for fact in call.facts if isinstance(fact, CallDispositioned)}
    lacks = [_lacks(call, telling) for call in calls]
    lacking = {name: sum(name in one for one in lacks) for name in (STARTED, ENDED, RESULT)}
    return Completeness(
        calls=len(calls),
        complete=sum(not one for one in lacks),
        lacking=lacking,
        without_results=tuple(sorted(sources - telling)),
    )


def _lacks(call: MonthCall, telling: set[str]) -> list[str]:
    facts = call.facts
    lacks = []
    if not any(isinstance(fact, CallStarted) for fact in facts):
        lacks.append(STARTED)
    if not any(isinstance(fact, CallEnded) and fact.scope == "call" for fact in facts):
        lacks.append(ENDED)
    talked = any(isinstance(fact, CallEnded) and fact.scope == "leg" and fact.talk_ms for fact in facts)
    if talked and facts[0].source in telling and not any(isinstance(fact, CallDispositioned) for fact in facts):
        lacks.append(RESULT)
    return lacks


def month_of(call: MonthCall) -> str:
    """The month of a call's beginning in the partner's zone."""
    return min(call.facts, key=lambda fact: (not isinstance(fact, CallStarted), fact.at)).day[:7]
