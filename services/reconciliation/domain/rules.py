"""What is remembered of a partner: versions of its report's layout, codes of agents, explanations that stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from services.reconciliation.events.rules import (
    AgentCodeForgotten,
    AgentCodeTold,
    ExplanationAccepted,
    ExplanationEnded,
    ProfileSaved,
    RuleEvent,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Month, PartnerId

Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Kind = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,60}$(?!\n)")]
Cause = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]
OfMonth = Month
LONGEST_DAYS = 366 * 2
"""A rule is looked at again at least so often."""


class SaveProfile(Command, frozen=True, kw_only=True):
    """Say how the partner's report is laid out: the next reports are read by it. The same once more is no new version.
    422 `profile_wrong` where no report can be read by it."""

    partner_id: PartnerId
    profile: dict[str, Any]
    reason: Said
    at: datetime
    by: str


class AcceptProfile(Command, frozen=True, kw_only=True):
    """Keep the layout that was found in the report of a month."""

    partner_id: PartnerId
    profile: dict[str, Any]
    detected_in: OfMonth
    at: datetime
    by: str


class TellAgentCode(Command, frozen=True, kw_only=True):
    """Say whose a code of the partner's is."""

    partner_id: PartnerId
    code: Code
    agent_id: Code
    at: datetime
    by: str


class ForgetAgentCode(Command, frozen=True, kw_only=True):
    """Take back whose a code is. 409 `unknown_code`."""

    partner_id: PartnerId
    code: Code
    at: datetime
    by: str


class AcceptExplanation(Command, frozen=True, kw_only=True):
    """Let an explanation stand: lines that it explains are agreed without a question. `cause` may end in a star, which
    stands for the rest of it; `ends`: the last day, at most two years ahead.

    409 `ends_before`, `ends_too_late`, `stands_otherwise` where it stands with another end.
    """

    partner_id: PartnerId
    kind: Kind
    cause: Cause
    starts: OfMonth
    ends: date
    reason: Said
    at: datetime
    by: str


class EndExplanation(Command, frozen=True, kw_only=True):
    """Let an explanation stand no more. 409 `not_standing`."""

    partner_id: PartnerId
    kind: Kind
    cause: Cause
    reason: Said
    at: datetime
    by: str


RuleCommand = SaveProfile | AcceptProfile | TellAgentCode | ForgetAgentCode | AcceptExplanation | EndExplanation


@dataclass(frozen=True)
class Rules:
    """The last version of the profile, whose codes are whose, and what stands or stood, by kind and cause."""

    profile: ProfileSaved | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()
    standing: Mapping[tuple[str, str], ExplanationAccepted] = field(default_factory=dict)
    ended: frozenset[tuple[str, str]] = frozenset()


def decide(command: RuleCommand, state: Rules) -> list[RuleEvent]:
    """What each command leads to."""
    match command:
        case SaveProfile():
            return _save(command, "", command.reason, state)
        case AcceptProfile():
            return _save(command, command.detected_in, "", state)
        case TellAgentCode(code=code, agent_id=agent_id):
            if state.codes.get(code) == agent_id:
                return []
            return [said(AgentCodeTold, command)]
        case ForgetAgentCode(code=code):
            if code in state.forgotten:
                return []
            if code not in state.codes:
                raise Rejected("unknown_code", f"Nobody said whose {code} is.")
            return [said(AgentCodeForgotten, command)]
        case AcceptExplanation():
            return _accept(command, state)
        case EndExplanation():
            return _end(command, state)


def _save(command: SaveProfile | AcceptProfile, detected_in: str, reason: str, state: Rules) -> list[RuleEvent]:
    known = state.profile
    profile = {name: value for name, value in command.profile.items() if name != "version"}
    if known is not None and {name: value for name, value in known.profile.items() if name != "version"} == profile:
        return []
    version = known.version + 1 if known is not None else 1
    return [
        ProfileSaved(
            partner_id=command.partner_id,
            version=version,
            profile=profile | {"version": version},
            detected_in=detected_in,
            reason=reason,
            at=command.at,
            by=command.by,
        )
    ]


def _accept(command: AcceptExplanation, state: Rules) -> list[RuleEvent]:
    rule = (command.kind, command.cause)
    known = state.standing.get(rule)
    if known is not None:
        if (known.starts, known.ends) == (command.starts, command.ends):
            return []
        if known.ends >= command.at.date():
            raise Rejected("stands_otherwise", f"It stands from {known.starts} to {known.ends}; end it first.")
    if f"{command.ends:%Y-%m}" < command.starts or command.ends < command.at.date():
        raise Rejected("ends_before", "It would be over before it begins.")
    if (command.ends - command.at.date()).days > LONGEST_DAYS:
        raise Rejected("ends_too_late", f"It is to be looked at again within {LONGEST_DAYS} days.")
    return [said(ExplanationAccepted, command)]


def _end(command: EndExplanation, state: Rules) -> list[RuleEvent]:
    rule = (command.kind, command.cause)
    if rule in state.ended:
        return []
    if rule not in state.standing:
        raise Rejected("not_standing", f"No explanation {command.kind} {command.cause} stands.")
    return [said(ExplanationEnded, command)]


def evolve(state: Rules, event: RuleEvent) -> Rules:
    """The last word holds."""
    match event:
        case ProfileSaved():
            return replace(state, profile=event)
        case AgentCodeTold(code=code, agent_id=agent_id):
            return replace(state, codes={**state.codes, code: agent_id}, forgotten=state.forgotten - {code})
        case AgentCodeForgotten(code=code):
            left = {known: agent for known, agent in state.codes.items() if known != code}
            return replace(state, codes=left, forgotten=state.forgotten | {code})
        case ExplanationAccepted(kind=kind, cause=cause):
            rule = (kind, cause)
            return replace(state, standing={**state.standing, rule: event}, ended=state.ended - {rule})
        case ExplanationEnded(kind=kind, cause=cause):
            rule = (kind, cause)
            left_over = {known: one for known, one in state.standing.items() if known != rule}
            return replace(state, standing=left_over, ended=state.ended | {rule})


rules = Decider("rules", RuleEvent, Rules(), decide, evolve)
