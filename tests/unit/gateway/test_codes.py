"""No reader meets a bare code: each closed vocabulary that pages show has a word for every one of its codes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest

from services.calls.connectors import fields
from services.calls.domain import lead_list
from services.calls.domain.goals import GoalState
from services.calls.events import campaigns, commissions, goals, handovers, scripts, work
from services.calls.figures.trust import Strength
from services.calls.leads import importing, imports, lines, sheets
from services.calls.tracker.call_document import CallState
from services.calls.tracker.tracker import ItemVerdict
from services.calls.views.orders import State as OrderState
from services.gateway.events.alerts import Direction, Kind
from services.gateway.events.webhooks import Why
from services.gateway.pages.panel import GIVEN
from services.gateway.pages.webhooks import Standing
from services.gateway.views.codes import calls, money, partners, people, system, word
from services.gateway.views.words import UNKNOWN, Message
from services.partners.api.tickets import State as TicketState
from services.partners.domain.lifecycle import CONDITIONS
from services.partners.domain.ramp import CriterionCode
from services.partners.events import Work, support, transition
from services.partners.views.contracts import State as ContractState
from services.reconciliation.domain.invoice import Status
from services.reconciliation.domain.retention import Hold
from services.reconciliation.events.invoices import DisputeSettled
from services.reconciliation.invoices.findings import RULES, Check
from services.reconciliation.invoices.findings import Outcome as CheckOutcome
from services.reconciliation.matching import clock, normalise, profile
from services.reconciliation.matching.causes import omitted, own_defects
from services.reconciliation.matching.outcome_words import OUTCOMES
from services.reconciliation.matching.outgoing.corrections import FIELDS as CORRECTED
from services.reconciliation.matching.profile import FIELDS
from services.reconciliation.retention import State as KeyState
from services.reconciliation.running.job import Phase
from services.reconciliation.views import months
from services.reconciliation.views.months import Stage as MonthStage
from services.training.domain.session import FORM
from services.training.events import candidates, coaching, courses, evaluations, samples, struggles
from services.training.measuring import pooled
from services.training.measuring.agreement import Verdict as Agreed
from services.training.measuring.struggles import Measure
from services.training.staffing.keeping import RuleName
from services.training.views.coachings import CoachingState
from services.training.views.evaluations import EvaluationState
from services.training.views.ideas import IdeaStatus
from services.training.views.sessions import SessionState
from shared.audit import entries
from shared.contracts import deviations, reconciliation, selling
from shared.contracts.calls import Direction as CallDirection
from shared.contracts.calls import Outcome
from shared.contracts.codes import DISPOSITIONS
from shared.contracts.partners import Stage
from shared.contracts.training import EffectVerdict, IdeaSubject, LearningVerdict

NODES = [node.__struct_config__.tag for node in get_args(scripts.Node)]
NEVER_OF_IMPORTS = {"list_exists", "rules_wrong"}
"""What a list of leads refuses of other commands."""


def said_by(call: str, place: int, *modules: ModuleType) -> set[str]:
    """The texts that calls of a name have in a place, up to where something is filled in."""
    found = set()
    for one in (node for module in modules for node in ast.walk(ast.parse(inspect.getsource(module)))):
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == call:
            text = one.args[place]
            first = text.values[0] if isinstance(text, ast.JoinedStr) else text
            found |= {str(first.value).strip()} if isinstance(first, ast.Constant) else set()
    return found


def said_as(call: str, name: str, module: ModuleType) -> set[str]:
    """The texts that calls of a name have as an argument of a name."""
    return {
        str(given.value.value)
        for one in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == call
        for given in one.keywords
        if given.arg == name and isinstance(given.value, ast.Constant)
    }


def steps_with_values(module: ModuleType) -> set[str]:
    """The steps of a history that have more to them than a text."""
    return {
        str(one.args[2].value)
        for one in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "_noted" and one.keywords
        if isinstance(one.args[2], ast.Constant)
    }


CODES: dict[str, Iterable[object]] = {
    "calls.CALL_FACTS": fields.KINDS,
    "calls.CALL_STATES": get_args(CallState),
    "calls.RESULT_GROUPS": {DISPOSITIONS[code].group for code in GIVEN},
    "calls.RESULTS": DISPOSITIONS,
    "calls.OUTCOMES": get_args(Outcome),
    "calls.CALL_DIRECTIONS": get_args(CallDirection),
    "calls.ITEM_VERDICTS": get_args(ItemVerdict),
    "calls.HANDOVER_POINTS": get_args(selling.HandoverPoint),
    "calls.LOST_REASONS": get_args(handovers.LostReason),
    "calls.HANDOVER_OUTCOMES": get_args(handovers.Outcome),
    "calls.ORDER_STATES": get_args(OrderState),
    "calls.PAYMENT_STATES": get_args(selling.PaymentState),
    "calls.FULFILMENT_STATES": get_args(selling.FulfilmentState),
    "calls.LINE_KINDS": get_args(selling.LineKind),
    "calls.RECORDING_KINDS": ("recording", "transcript"),
    "calls.WORK_OWNERS": get_args(work.Owner),
    "calls.WORK_KINDS": get_args(work.WorkKind),
    "calls.CAMPAIGN_STATES": get_args(campaigns.CampaignState),
    "calls.GOAL_PACES": get_args(GoalState),
    "calls.GOAL_MEASURES": get_args(goals.Measure),
    "calls.IMPORT_KINDS": get_args(lines.Kind),
    "calls.IMPORT_STANDINGS": get_args(imports.Standing),
    "calls.IMPORT_FIELDS": {field for fields in lines.FIELDS.values() for field in fields},
    "calls.IMPORT_CAUSES": said_by("Rejected", 0, importing, imports, lead_list, lines, sheets) - NEVER_OF_IMPORTS,
    "calls.IMPORT_REASONS": said_by("_Wrong", 1, lines),
    "calls.PAY_SOURCES": get_args(commissions.Source),
    "calls.NODE_KINDS": NODES,
    "calls.SCRIPT_KINDS": get_args(scripts.ScriptKind),
    "partners.PARTNER_STAGES": get_args(Stage),
    "partners.PARTNER_WORK": get_args(Work),
    "partners.GATE_CONDITIONS": CONDITIONS,
    "partners.RAMP_CRITERIA": get_args(CriterionCode),
    "partners.LEARNING_VERDICTS": get_args(LearningVerdict),
    "partners.SEVERITIES": get_args(transition.Severity),
    "partners.PRIORITIES": get_args(support.Priority),
    "partners.POLICIES": get_args(support.Priority),
    "partners.INTERFACE_STATES": get_args(transition.InterfaceState),
    "partners.TICKET_STATES": get_args(TicketState),
    "partners.TICKET_CATEGORIES": get_args(support.Category),
    "partners.TICKET_LINKS": get_args(support.LinkKind),
    "partners.CONTRACT_STATES": get_args(ContractState),
    "partners.DEVIATION_EFFECTS": get_args(deviations.Effect),
    "partners.DEVIATION_CHANGES": get_args(deviations.Change),
    "partners.TRANSITION_SIDES": get_args(transition.Side),
    "partners.TEST_VERDICTS": get_args(transition.Verdict),
    "money.MONTH_STAGES": get_args(MonthStage),
    "money.PARTY_WORDS": get_args(reconciliation.Party),
    "money.KIND_WORDS": CORRECTED,
    "money.CONFIDENCE_WORDS": get_args(reconciliation.Confidence),
    "money.INVOICE_STATES": {*get_args(Status)} - {"none"},
    "money.CHECK_OUTCOMES": get_args(CheckOutcome),
    "money.INVOICE_CHECKS": get_args(Check),
    "money.INVOICE_RULES": RULES,
    "money.SETTLEMENTS": get_args(get_type_hints(DisputeSettled)["outcome"]),
    "money.REPORT_FIELDS": FIELDS,
    "money.REPORT_RESULTS": OUTCOMES,
    "money.MONTH_STEPS": steps_with_values(months),
    "money.RUN_PHASES": get_args(Phase),
    "money.REMARK_REASONS": said_by("_remarks", 4, normalise),
    "money.PROFILE_PARTS": {*profile.COMPARED, *said_as("Change", "what", profile)},
    "money.PROOF_FIELDS": {*own_defects.SHARED, *omitted.SHARED, *clock.APART},
    "people.PANELS": get_args(courses.Panel),
    "people.SESSION_STATES": get_args(SessionState),
    "people.SAMPLE_REASONS": get_args(samples.Why),
    "people.EVALUATION_STATES": {*get_args(EvaluationState), "to_do"},
    "people.SIDES": get_args(evaluations.Side),
    "people.AGREEMENT_VERDICTS": get_args(Agreed),
    "people.PANEL_STEPS": get_args(struggles.Step),
    "people.TALK_OUTCOMES": get_args(struggles.Outcome),
    "people.PARTIES": get_args(evaluations.Party),
    "people.COACHING_PROBLEMS": get_args(coaching.ProblemKind),
    "people.COACHING_APPROACHES": get_args(coaching.Approach),
    "people.COACHING_STATES": get_args(CoachingState),
    "people.EFFECTS": get_args(EffectVerdict),
    "people.WHAT_WORKED": get_args(pooled.Verdict),
    "people.STRUGGLES": get_args(Measure),
    "people.CANDIDATE_STAGES": get_args(candidates.CandidateStage),
    "people.IDEA_SUBJECTS": get_args(IdeaSubject),
    "people.IDEA_STATUSES": get_args(IdeaStatus),
    "people.ROTA_RULES": get_args(RuleName),
    "people.QUESTIONS": FORM,
    "system.AUDIT_OUTCOMES": get_args(entries.Outcome),
    "system.AUDIT_STEPS": get_args(entries.Step),
    "system.KEY_STRENGTHS": get_args(Strength),
    "system.MONTH_KEYS": get_args(KeyState),
    "system.KEY_HOLDS": get_args(Hold),
    "system.ALERT_KINDS": get_args(Kind),
    "system.ALERT_DIRECTIONS": get_args(Direction),
    "system.MESSAGE_STANDINGS": get_args(Standing),
    "system.STOP_REASONS": get_args(Why),
}
"""The codes that a service knows, by where their words stand."""
MODULES = {"calls": calls, "money": money, "partners": partners, "people": people, "system": system}
VOCABULARIES: dict[str, Any] = {
    f"{name}.{vocabulary}": words
    for name, module in MODULES.items()
    for vocabulary, words in vars(module).items()
    if vocabulary.isupper() and isinstance(words, Mapping)
}


def test_every_vocabulary_is_held_against_its_codes() -> None:
    assert VOCABULARIES.keys() == CODES.keys()


@pytest.mark.parametrize("name", CODES)
def test_each_code_has_a_word_that_waits_for_its_reader(name: str) -> None:
    codes = {str(code) for code in CODES[name]}
    assert codes
    assert codes - VOCABULARIES[name].keys() == set()
    assert [code for code, text in VOCABULARIES[name].items() if not isinstance(text, Message)] == []


def test_a_code_without_a_word_is_told_as_it_is() -> None:
    assert word("sale", calls.RESULTS) == "Sale"
    assert word("made_up-by_them", calls.RESULTS) == "made up by them"
    assert (word(None, calls.RESULTS), word("", calls.RESULTS)) == (UNKNOWN, UNKNOWN)
