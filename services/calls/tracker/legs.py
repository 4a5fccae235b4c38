"""Who took part in a call, from when to when, and how its talk and hold are shared out between them.

Each human answer begins a leg, named by the vendor's leg or else by the agent. An answer that names neither is the
call's own, and a leg only if no other answer is. A transfer after which nobody is seen to answer begins a leg of
nobody. The shares of all legs always add up to the call's talk and hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.calls.tracker.call_document import CallSummary
from shared.contracts.calls import EndedBy
from shared.kernel import Observation

Hold = tuple[Observation, datetime | None]


@dataclass
class Leg:
    """One agent's part. `end`, `talk_ms` and `hold_ms` are None while they are not known."""

    key: str
    leg: str | None
    agent: str | None
    start: datetime
    answer: Observation | None
    end: datetime | None = None
    reason: str = "completed"
    ended_by: EndedBy = "unknown"
    talk_ms: int | None = None
    hold_ms: int | None = None


def legs_of(observations: Sequence[Observation], summary: CallSummary, holds: Sequence[Hold]) -> list[Leg]:
    """The legs in order of their start. `observations` are all of the call, in order."""
    legs = _answered(observations)
    if not legs:
        return []
    for leg in legs:
        leg.agent = _credited(leg, legs, observations)
    own = _own_ends(legs, observations)
    _add_leg_of_nobody(legs, own, observations, summary)
    _set_ends(legs, own, observations)
    _share_hold(legs, own, holds, summary)
    _share_talk(legs, own, summary)
    return legs


def _answered(observations: Sequence[Observation]) -> list[Leg]:
    answers = [o for o in observations if o.kind == "CallAnswered" and o.data.get("answered_by") != "machine"]
    named = [o for o in answers if o.leg or o.agent]
    legs: dict[str, Leg] = {}
    for o in named or answers:
        key = o.leg or o.agent or ""
        if key not in legs:
            legs[key] = Leg(key, o.leg, o.agent, o.at, o)
    return list(legs.values())


def _credited(leg: Leg, legs: Sequence[Leg], observations: Sequence[Observation]) -> str | None:
    """Any agent that an observation of the leg names; of a call's only leg, any that the call names."""
    if leg.agent:
        return leg.agent
    mine = [o.agent for o in observations if o.agent and leg.leg and o.leg == leg.leg]
    if not mine and len(legs) == 1:
        mine = [o.agent for o in observations if o.agent]
    return mine[0] if mine else None


def _own_ends(legs: Sequence[Leg], observations: Sequence[Observation]) -> dict[str, list[Observation]]:
    """The ends that belong to a leg: by the vendor's leg, else by the agent; all of them if there is only one leg."""
    ends = [o for o in observations if o.kind == "CallEnded"]
    if len(legs) == 1:
        return {legs[0].key: ends}
    own: dict[str, list[Observation]] = {leg.key: [] for leg in legs}
    for o in ends:
        by_leg = [leg for leg in legs if o.leg and leg.leg == o.leg]
        by_agent = [leg for leg in legs if not o.leg and o.agent and leg.agent == o.agent]
        for leg in (by_leg or by_agent)[-1:]:
            own[leg.key].append(o)
    return own


def _add_leg_of_nobody(
    legs: list[Leg], own: dict[str, list[Observation]], observations: Sequence[Observation], summary: CallSummary
) -> None:
    """The last transfer, if nobody answered after it and the leg that made it did not itself end the call."""
    last = legs[-1]
    away = [o for o in observations if o.kind == "CallTransferred" and o.at > last.start and _is_of(o, last)]
    if not away or any(o.data.get("talk_ms") is not None for o in own[last.key]):
        return
    at = away[-1].at
    if summary.ended_at is not None and summary.ended_at > at:
        own[last.key] = [o for o in own[last.key] if o.at <= at]
        own["~transferred"] = []
        legs.append(Leg("~transferred", None, None, at, None))


def _is_of(o: Observation, leg: Leg) -> bool:
    """Whether the observation is the leg's own, or names nobody. In a warm transfer the second agent answers first and
    the first one hands over then: that hands nothing on from the second."""
    if o.leg and leg.leg:
        return o.leg == leg.leg
    return o.agent is None or o.agent == leg.agent


def _set_ends(legs: Sequence[Leg], own: dict[str, list[Observation]], observations: Sequence[Observation]) -> None:
    over = [o for o in observations if o.kind == "CallEnded" and o.data.get("scope") == "call"]
    following: list[Leg | None] = [*legs[1:], None]
    for leg, after in zip(legs, following, strict=True):
        mine = own[leg.key][-1] if own[leg.key] else (over[-1] if over and after is None else None)
        if mine is not None:
            leg.end, leg.reason = max(mine.at, leg.start), str(mine.data.get("reason", "completed"))
            leg.ended_by = mine.data.get("ended_by", "unknown")
        elif after is not None:
            leg.end, leg.reason, leg.ended_by = max(after.start, leg.start), "transferred", "agent"


def _ms(span: timedelta) -> int:
    return max(0, round(span / timedelta(milliseconds=1)))


def _share_hold(
    legs: Sequence[Leg], own: dict[str, list[Observation]], holds: Sequence[Hold], summary: CallSummary
) -> None:
    """What the leg's own ends give; else the holds that began in it, the last leg taking what is over."""
    given = any(o.data.get("hold_ms") is not None for ends in own.values() for o in ends)
    for leg in legs:
        if given:
            leg.hold_ms = sum(o.data.get("hold_ms") or 0 for o in own[leg.key])
        elif holds:
            mine = [(h.at, until or leg.end) for h, until in holds if _within(h.at, leg, legs)]
            leg.hold_ms = sum(_ms(until - since) for since, until in mine if until)
        else:
            leg.hold_ms = summary.hold_ms if summary.hold_ms is None else 0
    if summary.hold_ms is not None and summary.ended_at is not None:
        others = sum(leg.hold_ms or 0 for leg in legs[:-1])
        legs[-1].hold_ms = max(0, summary.hold_ms - others)


def _within(at: datetime, leg: Leg, legs: Sequence[Leg]) -> bool:
    """The leg that had begun last when the hold began (the first leg, if none had)."""
    begun = [other for other in legs if other.start <= at] or [legs[0]]
    return begun[-1] is leg


def _share_talk(legs: Sequence[Leg], own: dict[str, list[Observation]], summary: CallSummary) -> None:
    """What the leg's own ends give; the rest of the call's talk goes by the clock, the last leg taking what is over."""
    unknown: list[Leg] = []
    left = summary.talk_ms
    for leg in legs:
        given = [o.data["talk_ms"] for o in own[leg.key] if o.data.get("talk_ms") is not None]
        if given:
            leg.talk_ms = sum(given)
            left = None if left is None else max(0, left - leg.talk_ms)
        else:
            unknown.append(leg)
    if left and not unknown:
        legs[-1].talk_ms = (legs[-1].talk_ms or 0) + left
    for leg in unknown:
        window = _ms(leg.end - leg.start) - (leg.hold_ms or 0) if leg.end else None
        if left is None:
            leg.talk_ms = None if window is None else max(0, window)
        elif leg is unknown[-1]:
            leg.talk_ms = left
        else:
            leg.talk_ms = min(left, max(0, window or 0))
            left -= leg.talk_ms
