"""Facts of test calls go to the runs that are booked, and the partner's file says whether all that must pass has."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from services.partners.domain.scenario_runs import RequireScenarios, SeeFact, TakeBackFact, scenario_runs
from services.partners.domain.scenarios import SAYS, mandatory
from services.partners.events.transition import PlanMade, ScenarioGateJudged
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.calls import (
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallHeld,
    CallResumed,
    CallStarted,
    CallTransferred,
    SaleRecorded,
)
from shared.contracts.partners import TOPIC, sandbox_of
from shared.kernel import ProcessManager, Recorded, Send

Fact = (
    CallStarted | CallAnswered | CallHeld | CallResumed | CallTransferred | CallEnded | CallDispositioned | SaleRecorded
)


def follow(recorded: Recorded[Fact]) -> list[Send]:
    """What a test call told goes to its partner's runs, and is taken back there when it is taken back here.

    A sandbox knows the same test numbers, but nobody called: what a developer tries there opens no gate.
    """
    fact = recorded.event
    if not fact.test_numbers or sandbox_of(fact.source) is not None:
        return []
    if recorded.reverses is not None:
        back = TakeBackFact(partner_id=fact.partner, fact=_id(*recorded.reverses))
        return [Send(scenario_runs, fact.partner, back)]
    kind = type(fact).__name__
    seen = SeeFact(
        partner_id=fact.partner,
        fact=_id(recorded.origin, recorded.position),
        call=fact.call,
        kind=kind,
        numbers=fact.test_numbers,
        at=fact.at,
        says={name: getattr(fact, name) for name in SAYS[kind]},
    )
    return [Send(scenario_runs, fact.partner, seen)]


def _id(origin: str, position: tuple[int, int]) -> str:
    return f"{origin}:{position[0]}.{position[1]}"


def note(recorded: Recorded[PlanMade | ScenarioGateJudged]) -> list[Send]:
    """A plan requires the scenarios of its templates; the gate is what conditions of the partner's moves look at."""
    event = recorded.event
    match event:
        case PlanMade(partner_id=partner_id, templates=templates):
            required = RequireScenarios(partner_id=partner_id, scenarios=mandatory(templates))
            return [Send(scenario_runs, partner_id, required)]
        case ScenarioGateJudged(partner_id=partner_id, passed=passed):
            fact = NoteFact(partner_id=partner_id, fact="passed_test_calls", ref="mandatory", holds=passed)
            return [Send(partner, partner_id, fact)]


follow_test_calls = ProcessManager("follow_test_calls", CALLS_TOPIC, Fact, follow)
note_test_calls = ProcessManager("note_test_calls", TOPIC, PlanMade | ScenarioGateJudged, note)
