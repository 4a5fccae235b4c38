"""Test-call scenarios as data: which facts a call must give, in which order and how soon; and the judging of a call.

Of events that do not exist yet, what exists speaks: a hot lead handed over is a transfer within the time and the result
`hot_handover`; a cancelled sale is a sale whose result is corrected to `cancel_done`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from services.partners.events.transition import ScenarioFactSeen, StepJudged, TemplateName, Value, Verdict

HOT_LEAD_WITHIN_S = 300
"""From the agent's answer to the transfer: five minutes, the longest that contracts usually allow."""

_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            "CallStarted",
            "CallAnswered",
            "CallHeld",
            "CallResumed",
            "SaleRecorded",
            "CallTransferred",
            "CallEnded",
            "CallDispositioned",
        )
    )
}

SAYS: Mapping[str, tuple[str, ...]] = {
    "CallStarted": ("direction", "phase", "offered", "dialed"),
    "CallAnswered": ("direction", "answered_by", "first", "wait_ms"),
    "CallHeld": ("direction",),
    "CallResumed": ("direction",),
    "CallTransferred": ("direction", "mode", "to_kind"),
    "CallEnded": ("direction", "scope", "reason", "ended_by", "outcome"),
    "CallDispositioned": ("direction", "native", "canonical", "corrected"),
    "SaleRecorded": ("direction", "sku", "quantity", "derived_from_disposition"),
}
"""What is kept of each fact to judge it by: nothing of a customer."""


@dataclass(frozen=True)
class Step:
    """A fact that must come: of this kind, saying this.

    `of` tells it from others of its kind (the end of the call from that of a leg), `says` is what it must say. It comes
    not before the step named in `after`, and with `within_s` at most so many seconds later. `never`: none may come.
    """

    name: str
    kind: str
    of: Mapping[str, Value] = field(default_factory=dict)
    says: Mapping[str, Value] = field(default_factory=dict)
    after: str | None = None
    within_s: int | None = None
    never: bool = False

    @property
    def expected(self) -> str:
        """In words."""
        what = _described(self.kind, {**self.of, **self.says})
        soon = f" within {self.within_s} s of" if self.within_s is not None else " after"
        return f"{'no ' if self.never else ''}{what}{f'{soon} {self.after}' if self.after else ''}"


@dataclass(frozen=True)
class Scenario:
    """A call as it must look. `mandatory` for transitions of these directions."""

    name: str
    text: str
    steps: tuple[Step, ...]
    mandatory: tuple[TemplateName, ...] = ()


_OVER: Mapping[str, Value] = {"scope": "call"}
_FIRST: Mapping[str, Value] = {"first": True}


def _begins(direction: str | None) -> Step:
    return Step("started", "CallStarted", says={} if direction is None else {"direction": direction})


def _answers() -> Step:
    return Step("answered", "CallAnswered", of=_FIRST, says={"answered_by": "human"}, after="started")


def _ends(after: str = "answered", **says: Value) -> Step:
    return Step("ended", "CallEnded", of=_OVER, says=says, after=after)


def _result(*, after: str = "answered", **says: Value) -> Step:
    return Step("result", "CallDispositioned", says=says, after=after)


_SALE = Step("sale", "SaleRecorded", after="answered")
_NOBODY = Step("nobody answers", "CallAnswered", of=_FIRST, never=True)

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "inbound-sale-with-upsell",
            "Call in, buy, and take what is offered beside it.",
            (_begins("inbound"), _answers(), _SALE, _ends(), _result(canonical="sale_upsell")),
            ("inbound",),
        ),
        Scenario(
            "abandoned-in-queue",
            "Call in and hang up before anybody answers.",
            (_begins("inbound"), _NOBODY, _ends("started", outcome="abandoned")),
            ("inbound",),
        ),
        Scenario(
            "outbound-sale",
            "Be called and buy.",
            (_begins("outbound"), _answers(), _SALE, _ends(), _result(canonical="sale")),
            ("outbound",),
        ),
        Scenario(
            "outbound-refusal",
            "Be called and say no.",
            (
                _begins("outbound"),
                _answers(),
                Step("no sale", "SaleRecorded", never=True),
                _ends(),
                _result(canonical="not_interested"),
            ),
            ("outbound",),
        ),
        Scenario(
            "no-answer",
            "Be called and let it ring.",
            (_begins("outbound"), _NOBODY, _ends("started", outcome="no-answer")),
            ("outbound",),
        ),
        Scenario(
            "hot-lead-in-time",
            "Ask for one of us; the agent hands the call over within five minutes.",
            (
                _begins(None),
                _answers(),
                Step("handed over", "CallTransferred", after="answered", within_s=HOT_LEAD_WITHIN_S),
                _result(canonical="hot_handover"),
            ),
            ("inbound", "outbound"),
        ),
        Scenario(
            "cancelled-sale",
            "Buy, and change your mind before the call is over; the result says so.",
            (_begins(None), _answers(), _SALE, _ends(), _result(canonical="cancel_done")),
            ("inbound", "outbound"),
        ),
        Scenario(
            "held-and-resumed",
            "Be put on hold and taken back.",
            (
                _begins(None),
                _answers(),
                Step("held", "CallHeld", after="answered"),
                Step("resumed", "CallResumed", after="held"),
                _ends("resumed"),
            ),
        ),
        Scenario(
            "answering-machine",
            "Be called and let a machine answer.",
            (
                _begins("outbound"),
                Step("a machine answers", "CallAnswered", says={"answered_by": "machine"}, after="started"),
                _ends("a machine answers", outcome="machine"),
            ),
        ),
        Scenario(
            "call-back",
            "Ask to be called again.",
            (_begins(None), _answers(), _ends(), _result(canonical="callback")),
        ),
    )
}
"""Every scenario by its name. A name is never taken away: runs were booked under it."""


def mandatory(templates: Sequence[TemplateName]) -> tuple[str, ...]:
    """The scenarios that have to pass in a transition made from these templates."""
    return tuple(sorted(name for name, s in SCENARIOS.items() if set(s.mandatory) & set(templates)))


def judge(
    scenario: Scenario, facts: Sequence[ScenarioFactSeen], *, closed: bool
) -> tuple[Verdict, tuple[StepJudged, ...]]:
    """How a call's facts do by the scenario, in whatever order they were seen.

    Once the call is over, a fact that came in the place of a step fails it. What has not come is waited for until the
    run is closed.
    """
    ordered = sorted(facts, key=lambda fact: (fact.at, _RANK[fact.kind], fact.fact))
    over = closed or any(fact.kind == "CallEnded" and fact.says.get("scope") == "call" for fact in ordered)
    met: dict[str, ScenarioFactSeen] = {}
    judged = []
    for step in scenario.steps:
        found, verdict = _judge(step, ordered, met, over=over, closed=closed)
        if found is not None and verdict == "passed":
            met[step.name] = found
        judged.append(
            StepJudged(
                step=step.name,
                expected=step.expected,
                verdict=verdict,
                came=None if found is None else _described(found.kind, found.says),
                at=None if found is None else found.at,
            )
        )
    verdicts = {step.verdict for step in judged}
    whole: Verdict = "failed" if "failed" in verdicts else "waiting" if "waiting" in verdicts else "passed"
    return whole, tuple(judged)


def _judge(
    step: Step, facts: Sequence[ScenarioFactSeen], met: Mapping[str, ScenarioFactSeen], *, over: bool, closed: bool
) -> tuple[ScenarioFactSeen | None, Verdict]:
    """The fact that meets the step, or came in its place."""
    free = [fact for fact in facts if fact.kind == step.kind and _says(fact, step.of)]
    fitting = [fact for fact in free if _says(fact, step.says)]
    if step.never:
        if fitting:
            return fitting[0], "failed"
        return None, "passed" if over else "waiting"
    if step.after is None or step.after in met:
        since = met[step.after].at if step.after else None
        for fact in fitting:
            if since is None or (fact.at >= since and _soon(fact.at - since, step)):
                return fact, "passed"
    instead = next(iter([*fitting, *free]), None)
    if instead is not None and over:
        return instead, "failed"
    return None, "failed" if closed else "waiting"


def _soon(span: timedelta, step: Step) -> bool:
    return step.within_s is None or span <= timedelta(seconds=step.within_s)


def _says(fact: ScenarioFactSeen, wanted: Mapping[str, Value]) -> bool:
    return all(fact.says.get(name) == value for name, value in wanted.items())


def _described(kind: str, says: Mapping[str, Value]) -> str:
    """A fact in words: its kind, and what it says."""
    words = ", ".join(f"{name}={value}" for name, value in says.items() if value is not None)
    return f"{kind}({words})"
