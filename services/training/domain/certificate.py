"""What an agent has learned: manuals that were read, papers that were sat, and the certificates that followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from services.training.domain.course import AgentId, Id, Text
from services.training.domain.manual import VersionNumber, major
from services.training.domain.paper import Mark
from services.training.events.certificates import (
    AttemptsGranted,
    CertificateEvent,
    DrawnQuestion,
    ManualAcknowledged,
    PaperDrawn,
    PaperMarked,
)
from shared.contracts.training import AgentCertified, CertificationLapsed
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked
from shared.names import PartnerId


class OfAgent(Command, frozen=True, kw_only=True):
    """Whose, and in which course."""

    partner_id: PartnerId
    agent: AgentId
    course: Id
    at: datetime
    by: str


class AcknowledgeManual(OfAgent, frozen=True, kw_only=True):
    """Say that this version of the course's manual was read: by the agent, or by whoever had them sign on paper. 409
    `unknown_version`."""

    version: VersionNumber


class DrawPaper(OfAgent, frozen=True, kw_only=True):
    """Sit a paper of the course. 409 `manual_not_read` before the version in force was acknowledged, `paper_open` while
    another one can still be answered, `no_attempts_left`."""

    paper: Id
    certificate: str
    bank: str
    seed: int
    questions: tuple[DrawnQuestion, ...]
    version: str
    pass_percent: int
    attempts: int
    minutes: int
    valid_days: int


class MarkPaper(OfAgent, frozen=True, kw_only=True):
    """Hand a paper in, with what its answers are worth. 409 `unknown_paper`, `already_marked`, `paper_over`."""

    paper: Id
    answers: dict[str, tuple[int, ...]]
    points: int
    of_points: int


class GrantAttempts(OfAgent, frozen=True, kw_only=True):
    """Let the agent try so many times more, until they hold the certificate."""

    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)]
    reason: Text


class LapseCertificate(OfAgent, frozen=True, kw_only=True):
    """Let a certificate lapse that time or a new manual has overtaken. `below`: the major version that is needed by
    now. What neither has overtaken stays."""

    below: int = 0


class WithdrawCertificate(OfAgent, frozen=True, kw_only=True):
    """Take a certificate back, and say why, without naming a customer. 409 `not_certified`."""

    reason: Text


CertificateCommand = AcknowledgeManual | DrawPaper | MarkPaper | GrantAttempts | LapseCertificate | WithdrawCertificate
Overtaken = Literal["expired", "manual_changed"]


@dataclass(frozen=True)
class Learning:
    """What is known of an agent. By course: the versions that were read, how many papers were `sat` since the last
    certificate, and the attempts granted since then."""

    read: frozenset[tuple[str, str]] = frozenset()
    papers: Mapping[str, PaperDrawn] = field(default_factory=dict)
    marks: Mapping[str, PaperMarked] = field(default_factory=dict)
    sat: Mapping[str, int] = field(default_factory=dict)
    granted: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, AgentCertified] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    last_granted: Mapping[str, AttemptsGranted] = field(default_factory=dict)

    def open_paper(self, course: str, at: datetime) -> PaperDrawn | None:
        """The course's paper that can still be answered."""
        found = (one for one in self.papers.values() if one.course == course and one.paper not in self.marks)
        return next((one for one in found if at < one.ends_at), None)


def overtaken(held: AgentCertified, day: date, below: int) -> Overtaken | None:
    """Why a certificate holds no more on a day; None while it does."""
    if day >= held.valid_until:
        return "expired"
    return "manual_changed" if held.major < below else None


def decide(command: CertificateCommand, state: Learning) -> list[CertificateEvent]:
    """What each command leads to."""
    held = state.held.get(command.course)
    match command:
        case AcknowledgeManual(course=course, version=version):
            return [] if (course, version) in state.read else [said(ManualAcknowledged, command)]
        case DrawPaper():
            return _draw(command, state)
        case MarkPaper():
            return _mark(command, state)
        case GrantAttempts():
            return _grant(command, state)
        case LapseCertificate(below=below):
            reason = overtaken(held, command.at.date(), below) if held is not None else None
            if held is None or reason is None:
                return []
            return [said(CertificationLapsed, command, certificate=held.certificate, reason=reason, note="")]
        case WithdrawCertificate(reason=note):
            if held is None:
                if command.course in state.withdrawn:
                    return []
                raise Rejected("not_certified", f"The agent holds no certificate of {command.course}.")
            event = said(
                CertificationLapsed, command, certificate=held.certificate, reason="withdrawn", note=masked(note)
            )
            return [event]


def _draw(command: DrawPaper, state: Learning) -> list[CertificateEvent]:
    if command.paper in state.papers:
        return []
    if (command.course, command.version) not in state.read:
        raise Rejected("manual_not_read", f"First the manual's version {command.version} is read and acknowledged.")
    if (open_one := state.open_paper(command.course, command.at)) is not None:
        raise Rejected("paper_open", f"The paper {open_one.paper} is still to be answered.")
    if state.sat.get(command.course, 0) >= command.attempts + state.granted.get(command.course, 0):
        raise Rejected("no_attempts_left", "A trainer has to let the agent try again.")
    ends_at = command.at + timedelta(minutes=command.minutes)
    return [said(PaperDrawn, command, ends_at=ends_at)]


def _mark(command: MarkPaper, state: Learning) -> list[CertificateEvent]:
    paper = state.papers.get(command.paper)
    if paper is None or paper.course != command.course:
        raise Rejected("unknown_paper", f"There is no paper {command.paper} of the agent in {command.course}.")
    if (known := state.marks.get(command.paper)) is not None:
        if known.answers == command.answers:
            return []
        raise Rejected("already_marked", "It was handed in.")
    if command.at >= paper.ends_at:
        raise Rejected("paper_over", "Its time is over; it counts as failed.")
    mark = Mark(command.points, command.of_points)
    passed = mark.reaches(paper.pass_percent)
    event = said(PaperMarked, command, score_percent=mark.percent, passed=passed)
    if not passed:
        return [event]
    certified = said(
        AgentCertified,
        command,
        certificate=paper.certificate,
        major=major(paper.version),
        score_percent=mark.percent,
        valid_until=command.at.date() + timedelta(days=paper.valid_days),
    )
    return [event, certified]


def _grant(command: GrantAttempts, state: Learning) -> list[CertificateEvent]:
    last = state.last_granted.get(command.course)
    if last is not None and (last.attempts, last.reason, last.by) == (
        command.attempts,
        masked(command.reason),
        command.by,
    ):
        return []
    return [said(AttemptsGranted, command, reason=masked(command.reason))]


def evolve(state: Learning, event: CertificateEvent) -> Learning:
    """What each event changes. A paper counts against the attempts from its drawing on, until it is passed."""
    course = event.course
    match event:
        case ManualAcknowledged(version=version):
            return replace(state, read=state.read | {(course, version)})
        case PaperDrawn(paper=paper):
            sat = {**state.sat, course: state.sat.get(course, 0) + 1}
            grants = {name: one for name, one in state.last_granted.items() if name != course}
            return replace(state, papers={**state.papers, paper: event}, sat=sat, last_granted=grants)
        case PaperMarked(paper=paper):
            return replace(state, marks={**state.marks, paper: event})
        case AttemptsGranted(attempts=attempts):
            granted = {**state.granted, course: state.granted.get(course, 0) + attempts}
            return replace(state, granted=granted, last_granted={**state.last_granted, course: event})
        case AgentCertified():
            return replace(
                state,
                held={**state.held, course: event},
                withdrawn=state.withdrawn - {course},
                sat={**state.sat, course: 0},
                granted={**state.granted, course: 0},
            )
        case CertificationLapsed(reason=reason):
            left = {name: one for name, one in state.held.items() if name != course}
            withdrawn = state.withdrawn | ({course} if reason == "withdrawn" else set())
            return replace(state, held=left, withdrawn=withdrawn)


certificate: Decider[CertificateCommand, CertificateEvent, Learning] = Decider(
    "certificate", CertificateEvent, Learning(), decide, evolve
)
