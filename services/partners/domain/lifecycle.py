"""The life of a partner as data: its stages, the moves between them, and the condition that each move asks for.

The decider refuses by these tables, and the protocols that people read are rendered from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from shared.contracts.partners import Stage

Facts = Mapping[str, Mapping[str, str]]
"""What is known that conditions look at: kind of fact -> reference (a contract, a source, a month) -> in words."""

STAGES: tuple[Stage, ...] = get_args(Stage)
FIRST: Stage = "found"
WORKING: tuple[Stage, ...] = ("contracted", "integrating", "testing", "ramping", "live", "paused")
"""Stages with a contract in force: co-operations that can be ended."""
MEANING: Mapping[Stage, str] = {
    "found": "The company is known to us and may be worth a talk.",
    "contacted": "We have spoken to somebody there.",
    "evaluating": "Its people, site, quality and price are looked at, by several of us apart.",
    "negotiating": "Terms are agreed, drafts are checked against them.",
    "contracted": "Both sides have signed.",
    "integrating": "Its telephony is connected, numbers are switched, agents are registered.",
    "testing": "Test calls run through the real connection and are judged.",
    "ramping": "Real calls, few at first, more with each phase.",
    "live": "It works at the volume that the contract says.",
    "paused": "No calls for a while; everything else stays.",
    "ending": "Notice was given; what is open is closed, one by one.",
    "ended": "Nothing is open; the file is archived.",
    "rejected": "We decided against it.",
}

Fact = Literal[
    "contact",
    "owner",
    "positive_evaluation",
    "signed_contract",
    "transition_plan",
    "conformant_source",
    "passed_test_calls",
    "unswitched_line",
    "severe_issue",
    "completed_ramp",
    "notice",
    "running_campaign",
    "active_credential",
    "open_month",
    "open_invoice",
    "open_hot_lead",
    "open_ticket",
    "settled_data",
    "archive",
]


@dataclass(frozen=True)
class Condition:
    """What a move asks for: some fact of a kind (`wants` some), or none that is still open (`wants` none).

    `text` says it to people, as a rule; `overridable`: a named person may pass it by, with a reason that shows for
    ever. `by_hand`: people say it, since no other part of the system knows it; `proven`: with the content hash of a
    document.
    """

    name: str
    fact: Fact
    wants: Literal["some", "none"]
    text: str
    overridable: bool = False
    by_hand: bool = False
    proven: bool = False

    def open(self, facts: Facts) -> Mapping[str, str]:
        """What is still open where nothing may be: its ids, with what is said of each."""
        return facts.get(self.fact, {}) if self.wants == "none" else {}

    def unmet(self, facts: Facts) -> str | None:
        """What is missing or still open, in words; None when the condition holds."""
        found = facts.get(self.fact, {})
        if self.wants == "some":
            return None if found else self.text
        if not found:
            return None
        named = ", ".join(f"{ref} ({says})" if says else ref for ref, says in sorted(found.items())[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        return f"{self.text} Open: {named}{more}."


def _some(name: str, fact: Fact, text: str, *, overridable: bool = False, by_hand: bool = False) -> Condition:
    return Condition(name, fact, "some", text, overridable, by_hand)


def _none(name: str, fact: Fact, text: str, *, overridable: bool = False, by_hand: bool = False) -> Condition:
    return Condition(name, fact, "none", text, overridable, by_hand)


CONDITIONS: Mapping[str, Condition] = {
    condition.name: condition
    for condition in (
        _some("contact_named", "contact", "Somebody at the partner is named, with a way to reach them."),
        _some("owner_assigned", "owner", "One of us is responsible for the partner."),
        _some("evaluated", "positive_evaluation", "The evaluation is decided in favour of the partner."),
        _some("contract_signed", "signed_contract", "A contract is signed by both sides and not ended."),
        _some("transition_planned", "transition_plan", "There is a transition plan with somebody accountable."),
        _some(
            "source_conformant", "conformant_source", "A telephony source has passed every required conformance check."
        ),
        _some(
            "test_calls_passed",
            "passed_test_calls",
            "Every mandatory test-call scenario has passed.",
            overridable=True,
        ),
        _none("lines_switched", "unswitched_line", "Every phone line of the plan is switched.", overridable=True),
        _none("no_severe_issue", "severe_issue", "No severe issue of the transition is open.", overridable=True),
        _some("ramp_completed", "completed_ramp", "The last phase of the ramp has met its exit criteria."),
        _some("notice_given", "notice", "Notice was given as the contract says."),
        _none("campaigns_stopped", "running_campaign", "No campaign of the partner runs.", by_hand=True),
        _none("credentials_revoked", "active_credential", "No credential of the partner counts any more."),
        _none("months_agreed", "open_month", "Every month is agreed.", by_hand=True),
        _none("invoices_settled", "open_invoice", "Every invoice is settled.", by_hand=True),
        _none("hot_leads_closed", "open_hot_lead", "No hot lead waits for an answer.", by_hand=True),
        _none("tickets_closed", "open_ticket", "No ticket is open."),
        Condition(
            "data_settled",
            "settled_data",
            "some",
            "Customers' data are returned or erased, with proof.",
            by_hand=True,
            proven=True,
        ),
        _some("archived", "archive", "The partner's file is archived."),
    )
}
"""Every condition by its name, which is also the code of the refusal."""

BY_HAND: frozenset[str] = frozenset(condition.fact for condition in CONDITIONS.values() if condition.by_hand)
PROVEN: frozenset[str] = frozenset(condition.fact for condition in CONDITIONS.values() if condition.proven)
OF_ONE_ENDING: tuple[Fact, ...] = ("notice", "settled_data", "archive")
"""What was said for one ending says nothing of the next: it holds no longer once a partner that had ended is back."""


@dataclass(frozen=True)
class Move:
    """A way from one stage to another. `back`: it undoes progress, so a reason must be given."""

    source: Stage
    target: Stage
    conditions: tuple[str, ...] = ()
    back: bool = False

    def unmet(self, facts: Facts) -> list[tuple[Condition, str]]:
        """The conditions that do not hold, each with what is missing or open."""
        looked_at = ((CONDITIONS[name], CONDITIONS[name].unmet(facts)) for name in self.conditions)
        return [(condition, says) for condition, says in looked_at if says is not None]


_TESTED = ("contract_signed", "source_conformant", "test_calls_passed")


def _moves() -> Iterable[Move]:
    yield Move("found", "contacted", ("contact_named", "owner_assigned"))
    yield Move("contacted", "evaluating")
    yield Move("evaluating", "negotiating", ("evaluated",))
    yield Move("negotiating", "contracted", ("contract_signed",))
    yield Move("contracted", "integrating", ("contract_signed", "transition_planned"))
    yield Move("integrating", "testing", ("source_conformant",))
    yield Move("testing", "ramping", (*_TESTED, "lines_switched", "no_severe_issue"))
    yield Move("ramping", "live", (*_TESTED, "lines_switched", "no_severe_issue", "ramp_completed"))
    yield Move("live", "paused", back=True)
    yield Move("ramping", "paused", back=True)
    yield Move("paused", "ramping", _TESTED)
    yield Move("paused", "live", (*_TESTED, "ramp_completed"))
    for stage in WORKING:
        yield Move(stage, "ending", ("notice_given",), back=True)
    yield Move(
        "ending",
        "ended",
        (
            "campaigns_stopped",
            "credentials_revoked",
            "months_agreed",
            "invoices_settled",
            "hot_leads_closed",
            "tickets_closed",
            "data_settled",
            "archived",
        ),
    )
    for source, target in (
        ("contacted", "found"),
        ("evaluating", "contacted"),
        ("negotiating", "evaluating"),
        ("contracted", "negotiating"),
        ("integrating", "contracted"),
        ("testing", "integrating"),
        ("ramping", "testing"),
        ("live", "ramping"),
        ("rejected", "contacted"),
        ("ended", "contacted"),
    ):
        yield Move(source, target, back=True)  # type: ignore[arg-type]
    for stage in ("found", "contacted", "evaluating", "negotiating"):
        yield Move(stage, "rejected", back=True)


MOVES: Mapping[tuple[Stage, Stage], Move] = {(move.source, move.target): move for move in _moves()}
