"""Courses, sessions and coverage for their pages, asked of the training service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from services.gateway.api.asking import Ask, everything
from services.gateway.api.readers import (
    AskedQuestion,
    CourseRow,
    CoverageRow,
    DueRow,
    HeldRow,
    OwnCourse,
    OwnTraining,
    Paper,
    SessionRow,
)
from shared.clock import Clock

PER_PAGE = 500
ROUTE = "/api/v1/training"


class TrainingUpstream:
    """Reads for the pages of training."""

    def __init__(self, ask: Ask, now: Clock) -> None:
        self._ask = ask
        self._now = now

    async def courses(self) -> list[CourseRow]:
        """All that are taught, by id."""
        day = self._now().date()
        found = await everything(self._ask, f"{ROUTE}/courses", limit=PER_PAGE)
        return [_course(one, day) for one in found if one.get("described") and not one.get("closed")]

    async def sessions(self) -> list[SessionRow]:
        """All, the last first."""
        found = await everything(self._ask, f"{ROUTE}/sessions", limit=PER_PAGE)
        rows = [_session(one) for one in found if one["planned"]]
        return sorted(rows, key=lambda row: (row.starts_at, row.session), reverse=True)

    async def coverage(self) -> list[CoverageRow]:
        """By partner and certificate."""
        return msgspec.convert(await everything(self._ask, f"{ROUTE}/coverage"), list[CoverageRow])

    async def own(self, partner: str, agent: str) -> OwnTraining:
        """An agent's."""
        found, taught = await self._ask(_of(partner, agent)), await self.courses()
        titles = {one.course: one.title for one in taught}
        now = self._now()
        papers = {
            one["course"]: one["paper"]
            for one in found["papers"]
            if one["passed"] is None and datetime.fromisoformat(one["ends_at"]) > now
        }
        held = [
            HeldRow(
                course=one["course"],
                title=titles.get(one["course"], one["course"]),
                held=one["held"],
                valid_until=date.fromisoformat(one["certified"]["valid_until"]),
            )
            for one in found["certificates"]
        ]
        due = [
            DueRow(
                course=one["course"],
                title=titles.get(one["course"], one["course"]),
                version=one["version"],
                changed=one["changed"],
            )
            for one in found["due"]
        ]
        sessions = [_session(one) for one in found["sessions"] if one["state"] != "cancelled"]
        courses = [
            OwnCourse(
                course=one.course,
                title=one.title,
                version=one.version,
                read=one.version in found["read"].get(one.course, ()),
                paper=papers.get(one.course),
            )
            for one in taught
            if one.assessed and one.version is not None
        ]
        ordered = sorted(sessions, key=lambda row: row.starts_at)
        return OwnTraining(held=held, due=due, courses=courses, sessions=ordered)

    async def paper(self, partner: str, agent: str, paper: str) -> Paper | None:
        """An agent's paper; None where the agent has no such one."""
        found = await self._ask(f"{_of(partner, agent)}/papers/{quote(paper, safe='')}")
        if found is None:
            return None
        titles = {one.course: one.title for one in await self.courses()}
        questions = [
            AskedQuestion(
                question=one["question"],
                text=one["text"],
                points=one["points"],
                choices=[(choice["choice"], choice["text"]) for choice in one["choices"]],
            )
            for one in found["questions"]
        ]
        return Paper(
            paper=found["paper"],
            course=found["course"],
            title=titles.get(found["course"], found["course"]),
            ends_at=datetime.fromisoformat(found["ends_at"]),
            questions=questions,
            score_percent=found["score_percent"],
            passed=found["passed"],
        )


def _of(partner: str, agent: str) -> str:
    return f"{ROUTE}/agents/{quote(partner, safe='')}/{quote(agent, safe='')}"


def _course(one: Mapping[str, Any], day: date) -> CourseRow:
    told = one["described"]
    version = _in_force(one.get("versions", ()), day)
    return CourseRow(
        course=one["course"],
        title=told["title"],
        panel=told["panel"],
        language=told["language"],
        certificate=told["certificate"],
        product=told.get("product", ""),
        version=version["version"] if version else None,
        since=date.fromisoformat(version["valid_from"]) if version else None,
        assessed="exam" in told,
    )


def _in_force(versions: Sequence[Mapping[str, Any]], day: date) -> Mapping[str, Any] | None:
    begun = [one for one in versions if date.fromisoformat(one["valid_from"]) <= day]
    return begun[-1] if begun else None


def _session(one: Mapping[str, Any]) -> SessionRow:
    told, held = one["planned"], one["held"]
    coming = [invited for invited in one["invitations"] if not invited["withdrawn"]]
    came = Counter(who["partner"] for who in coming if who["present"])
    return SessionRow(
        session=one["session"],
        course=told["course"],
        title=told["title"],
        starts_at=datetime.fromisoformat(told["starts_at"]),
        time_zone=told["time_zone"],
        minutes=told["minutes"],
        place=told["place"],
        state=one["state"],
        capacity=told["capacity"],
        invited=dict(Counter(who["partner"] for who in coming)),
        attended=dict(came) if held else None,
        recording=one["recording"],
    )
