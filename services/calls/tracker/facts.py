"""The facts of one call, or of one agent's day: a pure function of the set of observations.

The rules of `CallSummary` are those of the telephony fixtures' README; how a call's talk and hold are shared out
between the agents who took part stands in `legs`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from sys import intern
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.calls.tracker.call_document import AgentNow, CallState, CallSummary
from services.calls.tracker.legs import Leg, legs_of
from shared.contracts.calls import (
    AgentStateChanged,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallHeld,
    CallResumed,
    CallStarted,
    CallTransferred,
    LeadAge,
    PublicCallEvent,
    SaleRecorded,
)
from shared.contracts.partners import Counts, SourceSettings
from shared.kernel import Money, Observation

LONG_TALK_MS = 4 * 3600 * 1000
LEAD_AGES: tuple[tuple[int, LeadAge], ...] = ((1, "0-1"), (7, "2-7"), (30, "8-30"), (90, "31-90"))
"""The last day of each age of a lead."""
OLDEST: LeadAge = "91+"

Facts = dict[str, PublicCallEvent]


def interval_of(at: datetime) -> datetime:
    """The start of the quarter of an hour, in UTC."""
    at = at.astimezone(UTC)
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def day_of(at: datetime, zone: str) -> str:
    """The local date in a zone, `2026-03-02`."""
    return _day_of_quarter(interval_of(at), zone)


@lru_cache(maxsize=4096)
def _day_of_quarter(interval: datetime, zone: str) -> str:
    """All zones' offsets are whole quarters of an hour, so none lies in two days."""
    return interval.astimezone(ZoneInfo(zone)).date().isoformat()


def _ms(span: timedelta) -> int:
    return round(span / timedelta(milliseconds=1))


@dataclass(frozen=True)
class Call:
    """The observations of one call in order, by kind, and who it belongs to.

    `tests` are the names of our test numbers that took part; `lead_added`: since when the lead is one for whom it was
    made, where that is known.
    """

    id: str
    vendor_id: str
    source: str
    settings: SourceSettings
    all: Sequence[Observation]
    reports_holds: bool = True
    no_end: bool = False
    tests: tuple[str, ...] = ()
    lead_added: datetime | None = None

    @property
    def counts(self) -> Counts:
        """A test call is one wherever it runs."""
        return "test" if self.tests else self.settings.counts

    def of(self, kind: str) -> Sequence[Observation]:
        """Those of one kind, in order."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, list[Observation]]:
        found: dict[str, list[Observation]] = {}
        for o in self.all:
            found.setdefault(o.kind, []).append(o)
        return found


def lead_age(added: datetime, called: datetime) -> LeadAge:
    """How old a lead was when it was called. One that was entered after the call counts as new."""
    days = (called - added).days
    return next((age for last, age in LEAD_AGES if days <= last), OLDEST)


def summarise(call: Call) -> CallSummary:
    """The facts of the call in the form of the fixtures."""
    starts, answers, transfers = call.of("CallStarted"), call.of("CallAnswered"), call.of("CallTransferred")
    ends, results = call.of("CallEnded"), call.of("CallDispositioned")
    overs = [o for o in ends if o.data.get("scope") == "call"]
    started = starts[0].at if starts else None
    answered = answers[0].at if answers else None
    over = overs[-1] if overs else None
    ended = over.at if over else None
    flags = {flag for o in call.all for flag in o.flags}
    clamp = _Clamp(flags)

    hold = _hold(call, ended, clamp)
    talk = _talk(ends, answered, ended, hold, clamp)
    wraps = [o.data["wrap_ms"] for o in results if o.data.get("wrap_ms") is not None]
    first = [*starts, *answers, *ends]  # a platform that sends nothing before tells it then
    until = answered or ended
    if not starts and (answers or ends):
        flags.add("missing_start")
    if talk is not None and talk > LONG_TALK_MS:
        flags.add("long_talk")
    if call.no_end and not over:
        flags.add("no_end")
    wait = clamp.ms(until - started) if started and until else None
    return CallSummary(
        call=call.vendor_id,
        state=_state(call, answers, over),
        direction=next((d for o in first if (d := o.data.get("direction", "unknown")) != "unknown"), "unknown"),
        campaign=_first(first, "campaign"),
        queue=_first(first, "queue"),
        customer_ref=next((o.customer for o in first if o.customer), None),
        started_at=started,
        answered_at=answered,
        ended_at=ended,
        outcome=_outcome(answers, over),
        ended_by=over.data.get("ended_by", "unknown") if over else "unknown",
        agents=list(dict.fromkeys(o.agent for o in answers if o.agent)),
        transfers=len(transfers),
        wait_ms=wait,
        talk_ms=talk,
        hold_ms=hold,
        wrap_ms=sum(wraps) if wraps else None,
        disposition=results[-1].data.get("canonical") if results else None,
        sale=bool(call.of("SaleRecorded")),
        flags=sorted(flags),
    )


class _Clamp:
    """No duration is negative: it becomes 0 and the call gets a flag."""

    def __init__(self, flags: set[str]) -> None:
        self._flags = flags

    def ms(self, span: timedelta | int) -> int:
        value = span if isinstance(span, int) else _ms(span)
        if value < 0:
            self._flags.add("negative_duration")
        return max(0, value)


def _first(observations: Sequence[Observation], name: str) -> str | None:
    return next((o.data[name] for o in observations if o.data.get(name) is not None), None)


def _state(call: Call, answers: Sequence[Observation], over: Observation | None) -> CallState:
    if over:
        return "ended"
    if call.no_end:
        return "no_end"
    if answers:
        return "in_progress"
    return "waiting" if call.of("CallStarted") else "unclear"


def _outcome(answers: Sequence[Observation], over: Observation | None) -> str:
    if any(o.data.get("answered_by") != "machine" for o in answers):
        return "answered"
    if answers:
        return "machine"
    return str(over.data.get("reason", "unknown")) if over else "open"


def holds_of(call: Call) -> list[tuple[Observation, datetime | None]]:
    """Each hold with its end (None: still on hold). A resume ends the latest open hold of its leg, or of the call."""
    open_: list[Observation] = []
    spans: list[tuple[Observation, datetime | None]] = []
    for o in call.all:
        if o.kind == "CallHeld":
            open_.append(o)
        elif o.kind == "CallResumed" and open_:
            held = next((h for h in reversed(open_) if h.leg == o.leg and h.agent == o.agent), open_[-1])
            open_.remove(held)
            spans.append((held, o.at))
    return spans + [(held, None) for held in open_]


def _hold(call: Call, ended: datetime | None, clamp: _Clamp) -> int | None:
    given: list[int] = [o.data["hold_ms"] for o in call.of("CallEnded") if o.data.get("hold_ms") is not None]
    if given:
        return sum(given)
    spans = holds_of(call)
    if spans:
        return sum(clamp.ms(end - held.at) for held, until in spans if (end := until or ended))
    return 0 if call.reports_holds else None


def _talk(
    ends: Sequence[Observation], answered: datetime | None, ended: datetime | None, hold: int | None, clamp: _Clamp
) -> int | None:
    given: list[int] = [o.data["talk_ms"] for o in ends if o.data.get("talk_ms") is not None]
    if answered is None and ended:
        return 0
    if given:
        return sum(given)
    if answered and ended:
        return clamp.ms(_ms(ended - answered) - (hold or 0))
    return None


def facts_of(call: Call, summary: CallSummary) -> Facts:
    """The public events of the call, each under a key that stays its own whatever is learnt later."""
    ends = call.of("CallEnded")
    began = summary.started_at or summary.answered_at or (min(o.at for o in ends) if ends else None)
    if began is None:
        return {}
    legs = legs_of(call.all, summary, holds_of(call))
    offered = summary.direction == "inbound" or (
        summary.direction == "unknown" and any(o.data.get("phase") == "queued" for o in call.of("CallStarted"))
    )
    return _Telling(call, summary, legs, began, offered, summary.direction == "outbound").facts()


@dataclass(frozen=True)
class _Telling:
    call: Call
    summary: CallSummary
    legs: Sequence[Leg]
    began: datetime
    offered: bool
    dialed: bool

    def facts(self) -> Facts:
        out: Facts = {"started": self._started()}
        for leg in self.legs:
            out |= self._leg(leg)
        for o in self.call.of("CallAnswered"):
            if o.data.get("answered_by") == "machine":
                out[f"machine:{o.leg or ''}:{o.at.isoformat()}"] = self._answered(o.at, None, o, False)
        out |= self._each("CallHeld", self._held) | self._each("CallResumed", self._resumed)
        out |= self._each("CallTransferred", self._transferred)
        out |= self._results() | self._sales()
        over = self.summary.ended_at
        if over:
            out["ended"] = self._over(over)
        return out

    def _common(self, at: datetime, counted: datetime, agent: str | None, leg: str | None) -> dict[str, object]:
        settings, summary = self.call.settings, self.summary
        return {
            "call": self.call.id,
            "source": self.call.source,
            "partner": settings.partner,
            "direction": summary.direction,
            "at": at,
            "interval": interval_of(counted),
            "day": day_of(counted, settings.day_zone),
            "campaign": summary.campaign,
            "queue": summary.queue,
            "agent": agent,
            "leg": leg,
            "counts": self.call.counts,
            "test_numbers": self.call.tests,
        }

    @property
    def _lead_age(self) -> LeadAge | None:
        """Of calls out alone: who calls in was not called for a lead."""
        added = self.call.lead_added
        return lead_age(added, self.began) if added is not None and self.dialed else None

    def _agent(self, o: Observation) -> str | None:
        """Whoever the observation names, else the credited agent of its leg, else of the only leg."""
        if o.agent:
            return o.agent
        mine = [leg for leg in self.legs if o.leg and leg.leg == o.leg] or (self.legs if len(self.legs) == 1 else [])
        return mine[0].agent if mine else None

    def _started(self) -> CallStarted:
        starts = self.call.of("CallStarted")
        o = starts[0] if starts else None
        named = next((s.agent for s in starts if s.agent), None)
        if named is None and self.dialed:  # an outbound attempt is its agent's, whoever says so
            legs = [leg.agent for leg in self.legs if leg.agent]
            named = next(iter(legs or [x.agent for x in self.call.all if x.agent]), None)
        return CallStarted(
            **self._common(self.began, self.began, named, None),  # type: ignore[arg-type]
            phase=o.data.get("phase", "ringing") if o else "ringing",
            offered=self.offered,
            dialed=self.dialed,
            customer_ref=self.summary.customer_ref,
            our_number=_first(starts, "our_number"),
        )

    def _leg(self, leg: Leg) -> Facts:
        out: Facts = {}
        first = leg is self.legs[0]
        if leg.answer is not None:
            out[f"answered:{leg.key}"] = self._answered(leg.start, leg.agent, leg.answer, first)
        if leg.end is not None:
            out[f"ended:{leg.key}"] = CallEnded(
                **self._common(leg.end, leg.end, leg.agent, leg.leg),  # type: ignore[arg-type]
                scope="leg",
                reason=leg.reason,
                ended_by=leg.ended_by,
                talk_ms=leg.talk_ms,
                hold_ms=leg.hold_ms,
            )
        return out

    def _answered(self, at: datetime, agent: str | None, o: Observation, first: bool) -> CallAnswered:
        started = self.summary.started_at
        return CallAnswered(
            **self._common(at, self.began, agent, o.leg),  # type: ignore[arg-type]
            answered_by=o.data.get("answered_by", "unknown"),
            first=first,
            offered=self.offered,
            dialed=self.dialed,
            wait_ms=max(0, _ms(at - started)) if first and started else None,
            lead_age=self._lead_age if first else None,
        )

    def _each(self, kind: str, make: Callable[[Observation], PublicCallEvent]) -> Facts:
        return {f"{kind}:{o.leg or o.agent or ''}:{o.at.isoformat()}": make(o) for o in self.call.of(kind)}

    def _held(self, o: Observation) -> CallHeld:
        return CallHeld(**self._common(o.at, o.at, self._agent(o), o.leg))  # type: ignore[arg-type]

    def _resumed(self, o: Observation) -> CallResumed:
        return CallResumed(**self._common(o.at, o.at, self._agent(o), o.leg))  # type: ignore[arg-type]

    def _transferred(self, o: Observation) -> CallTransferred:
        return CallTransferred(
            **self._common(o.at, o.at, self._agent(o), o.leg),  # type: ignore[arg-type]
            mode=o.data.get("mode", "unknown"),
            to=o.data.get("to"),
            # A default is left out of an event only where it is the very same text, also if it comes from the store.
            to_kind=intern(o.data.get("to_kind", "unknown")),  # type: ignore[arg-type]
        )

    def _over(self, ended: datetime) -> CallEnded:
        summary = self.summary
        over = [o for o in self.call.of("CallEnded") if o.data.get("scope") == "call"][-1]
        unanswered = not self.legs
        return CallEnded(
            **self._common(ended, self.began, None, None),  # type: ignore[arg-type]
            scope="call",
            reason=str(over.data.get("reason", "unknown")),
            ended_by=over.data.get("ended_by", "unknown"),
            outcome=summary.outcome,  # type: ignore[arg-type]
            talk_ms=summary.talk_ms,
            hold_ms=summary.hold_ms,
            wait_ms=_wait(summary.started_at, ended) if unanswered else None,
            offered=self.offered,
            dialed=self.dialed,
            flags=tuple(summary.flags),
        )

    def _results(self) -> Facts:
        """The latest disposition of each leg, with the wrap-up of all that were given for it."""
        by_leg: dict[str, list[Observation]] = {}
        for o in self.call.of("CallDispositioned"):
            by_leg.setdefault(o.leg or o.agent or "", []).append(o)
        out: Facts = {}
        for key, results in by_leg.items():
            last = results[-1]
            wraps = [o.data["wrap_ms"] for o in results if o.data.get("wrap_ms") is not None]
            leg = next((leg for leg in self.legs if key in (leg.leg, leg.agent)), None)
            over = (leg.end if leg else None) or self.summary.ended_at or last.at
            out[f"disposition:{key}"] = CallDispositioned(
                **self._common(last.at, last.at, self._agent(last), last.leg),  # type: ignore[arg-type]
                native=str(last.data.get("native", "")),
                canonical=str(last.data.get("canonical", "other")),
                corrected=bool(last.data.get("corrected", False)),
                wrap_ms=sum(wraps) if wraps else None,
                ended_interval=interval_of(over) if wraps else None,
                ended_day=day_of(over, self.call.settings.day_zone) if wraps else None,
            )
        return out

    def _sales(self) -> Facts:
        out: Facts = {}
        for o in self.call.of("SaleRecorded"):
            order, minor, currency = o.data.get("order_ref"), o.data.get("amount_minor"), o.data.get("currency")
            out[f"sale:{order or o.leg or o.agent or ''}"] = SaleRecorded(
                **self._common(o.at, o.at, self._agent(o), o.leg),  # type: ignore[arg-type]
                order_ref=order,
                sku=o.data.get("sku"),
                quantity=o.data.get("quantity"),
                amount=Money(minor, currency) if minor is not None and currency else None,
                derived_from_disposition=bool(o.data.get("derived_from_disposition", False)),
                lead_age=self._lead_age,
            )
        return out


def _wait(started: datetime | None, ended: datetime) -> int | None:
    return max(0, _ms(ended - started)) if started else None


_State = tuple[str, str, str | None]


class AgentDay(NamedTuple):
    """An agent's day worked out: the observations, those that changed the state with what they said, and the intervals
    that a later one closed."""

    observations: Sequence[Observation]
    kept: list[tuple[Observation, _State]]
    facts: Facts


def agent_day(
    source: str, settings: SourceSettings, observations: Sequence[Observation], before: AgentDay | None = None
) -> AgentDay:
    """The day of these observations, of which there is at least one.

    An observation that says again what is known (same state, code and reason) splits nothing. `before` is the day as
    worked out from the same settings: where its observations are still the first ones, only the new ones are looked
    at, and its facts are given back as the same objects.
    """
    if before is None or observations[: len(before.observations)] != before.observations:
        before = AgentDay((), [], {})
    kept, facts = before.kept.copy(), before.facts.copy()
    for o in observations[len(before.observations) :]:
        said = _state_of(o)
        if kept and kept[-1][1] == said:
            continue
        if kept:
            facts.update(_interval(source, settings, *kept[-1], o.at))
        kept.append((o, said))
    return AgentDay(observations, kept, facts)


def agent_facts(source: str, settings: SourceSettings, day: AgentDay, over: datetime | None) -> tuple[AgentNow, Facts]:
    """The closed intervals, and the state that the last observation leaves open; with `over` the day has ended there,
    and with it the last interval."""
    o, (state, native, reason) = day.kept[-1]
    now = AgentNow(agent=o.agent or "", state=state, native=native, since=o.at, reason=reason)
    return now, day.facts if over is None else day.facts | _interval(source, settings, *day.kept[-1], over)


def _interval(source: str, settings: SourceSettings, o: Observation, said: _State, until: datetime) -> Facts:
    state, native, reason = said
    return {
        f"state:{o.at.isoformat()}:{state}": AgentStateChanged(
            partner=settings.partner,
            source=source,
            agent=o.agent or "",
            state=state,
            native=native,
            since=o.at,
            until=until,
            day_zone=settings.day_zone,
            reason=reason,
            counts=settings.counts,
        )
    }


def _state_of(o: Observation) -> _State:
    data = o.data
    return str(data.get("state", "other")), str(data.get("native", "")), data.get("reason")
