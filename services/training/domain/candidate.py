"""Somebody who may become an agent, through the stages of recruitment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, get_args

import msgspec

from services.training.events.candidates import (
    OVER,
    CandidateErased,
    CandidateEvent,
    CandidateMoved,
    CandidateRegistered,
    CandidateStage,
    Skill,
    Speaks,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId, Slug

CandidateId = Slug
ORDER: tuple[str, ...] = get_args(CandidateStage)


class RegisterCandidate(Command, frozen=True, kw_only=True):
    """Get to know a candidate, or more of one: languages with their levels, and skills. 409 `erased`,
    `language_twice`."""

    partner_id: PartnerId
    candidate: CandidateId
    languages: Annotated[tuple[Speaks, ...], msgspec.Meta(min_length=1, max_length=20)]
    skills: Annotated[tuple[Skill, ...], msgspec.Meta(max_length=50)] = ()
    at: datetime
    by: str


class MoveCandidate(Command, frozen=True, kw_only=True):
    """Bring a candidate to another stage: forward, or out by `rejected` or `withdrawn`; `hired` names the agent's id.
    409 `unknown_candidate`, `erased`, `over` after the last stage, `not_forward`, `agent_missing`."""

    partner_id: PartnerId
    candidate: CandidateId
    stage: CandidateStage
    agent: Annotated[str, msgspec.Meta(max_length=200)] = ""
    at: datetime
    by: str


class EraseCandidate(Command, frozen=True, kw_only=True):
    """Let nobody know any more who the candidate is. 409 `unknown_candidate`."""

    partner_id: PartnerId
    candidate: CandidateId
    at: datetime
    by: str


CandidateCommand = RegisterCandidate | MoveCandidate | EraseCandidate


@dataclass(frozen=True)
class Candidate:
    """What is known of them."""

    registered: CandidateRegistered | None = None
    stage: CandidateStage = "applied"
    agent: str = ""
    erased: bool = False


def decide(command: CandidateCommand, state: Candidate) -> list[CandidateEvent]:
    """What each command leads to."""
    if isinstance(command, EraseCandidate):
        if state.registered is None:
            raise Rejected("unknown_candidate", f"Nobody is known as {command.candidate}.")
        return [] if state.erased else [said(CandidateErased, command)]
    if state.erased:
        raise Rejected("erased", "Who that was is known no more.")
    match command:
        case RegisterCandidate():
            return _register(command, state)
        case MoveCandidate():
            return _move(command, state)


def _register(command: RegisterCandidate, state: Candidate) -> list[CandidateEvent]:
    spoken = [one.language for one in command.languages]
    if len(set(spoken)) < len(spoken):
        raise Rejected("language_twice", "A language is spoken at one level.")
    known = state.registered
    if known is not None and (known.languages, known.skills) == (command.languages, command.skills):
        return []
    return [said(CandidateRegistered, command)]


def _move(command: MoveCandidate, state: Candidate) -> list[CandidateEvent]:
    if state.registered is None:
        raise Rejected("unknown_candidate", f"Nobody is known as {command.candidate}.")
    if (command.stage, command.agent) == (state.stage, state.agent):
        return []
    if state.stage in OVER:
        raise Rejected("over", f"They are {state.stage}.")
    if ORDER.index(command.stage) <= ORDER.index(state.stage):
        raise Rejected("not_forward", f"They are {state.stage} already.")
    if (command.stage == "hired") != bool(command.agent):
        raise Rejected("agent_missing", "Who is hired has an id as agent, and nobody else.")
    return [said(CandidateMoved, command)]


def evolve(state: Candidate, event: CandidateEvent) -> Candidate:
    """The last word holds."""
    match event:
        case CandidateRegistered():
            return replace(state, registered=event)
        case CandidateMoved(stage=stage, agent=agent):
            return replace(state, stage=stage, agent=agent)
        case CandidateErased():
            return replace(state, erased=True)


candidate = Decider("candidate", CandidateEvent, Candidate(), decide, evolve)
