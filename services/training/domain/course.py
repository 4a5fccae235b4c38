"""A course: for a product and a panel, in a language, and what its assessment asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.training.events.courses import CourseClosed, CourseDescribed, CourseEvent, Exam, Panel
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked
from shared.names import Ident, Language

Id = Ident
"""Of a course, a session, a bank, a question, a paper, a certificate."""
AgentId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Sku = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,62})?$(?!\n)")]


class AskedExam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An assessment as it is asked for; see `Exam`."""

    bank: Id
    questions: Annotated[int, msgspec.Meta(ge=1, le=200)]
    pass_percent: Annotated[int, msgspec.Meta(ge=1, le=100)]
    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3
    minutes: Annotated[int, msgspec.Meta(ge=5, le=480)] = 60
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=1830)] = 365
    recertify_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 0


class DescribeCourse(Command, frozen=True, kw_only=True):
    """Say what the course is; a new one is made by it. `certificate`: what passing leads to, the course's own id if
    nobody says; courses in several languages may lead to the same. 409 `course_closed`."""

    course: Id
    title: Title
    panel: Panel
    language: Language
    certificate: Id | None = None
    product: Sku = ""
    exam: AskedExam | None = None
    at: datetime
    by: str


class CloseCourse(Command, frozen=True, kw_only=True):
    """Teach it no more; certificates of it hold until they lapse. 409 `unknown_course`."""

    course: Id
    reason: Text
    at: datetime
    by: str


CourseCommand = DescribeCourse | CloseCourse


@dataclass(frozen=True)
class Course:
    """What is known of it; `described` is None before the first word."""

    described: CourseDescribed | None = None
    closed: bool = False


def decide(command: CourseCommand, state: Course) -> list[CourseEvent]:
    """What each command leads to."""
    match command:
        case DescribeCourse():
            exam = Exam(**msgspec.structs.asdict(command.exam)) if command.exam is not None else None
            event = said(CourseDescribed, command, exam=exam, certificate=command.certificate or command.course)
            known = state.described
            if known is not None and msgspec.structs.replace(known, at=event.at, by=event.by) == event:
                return []
            if state.closed:
                raise Rejected("course_closed", f"{command.course} is taught no more.")
            return [event]
        case CloseCourse():
            if state.described is None:
                raise Rejected("unknown_course", f"There is no course {command.course}.")
            return [] if state.closed else [said(CourseClosed, command, reason=masked(command.reason))]


def evolve(state: Course, event: CourseEvent) -> Course:
    """What each event changes."""
    match event:
        case CourseDescribed():
            return replace(state, described=event)
        case CourseClosed():
            return replace(state, closed=True)


course: Decider[CourseCommand, CourseEvent, Course] = Decider("course", CourseEvent, Course(), decide, evolve)
