"""Training for the pages: courses, coverage, sessions, and an agent's own, with names that try to break out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

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


class Taught:
    """Nothing of it changes."""

    async def courses(self) -> list[CourseRow]:
        """One with a manual in force and one without."""
        of: dict[str, Any] = {"panel": "inbound", "certificate": "vital-inbound", "product": "VITAL"}
        return [
            CourseRow(course="vital-de", title="Vital", language="de", version="2.1", since=date(2026, 3, 1), **of),
            CourseRow(course="vital-hr", title="<b>Vital</b>", language="hr", version=None, since=None, **of),
        ]

    async def coverage(self) -> list[CoverageRow]:
        """One partner with a contract that asks for more, and one without."""
        return [
            CoverageRow(partner="adria", certificate="vital-inbound", registered=24, certified=12, backups=2, lapsing=3,
                        asked_agents=10, asked_backups=4, missing=0, missing_backups=2),
            CoverageRow(partner="atlas", certificate="vital-inbound", registered=6, certified=1, backups=1, lapsing=0,
                        asked_agents=None, asked_backups=None, missing=0, missing_backups=0),
        ]  # fmt: skip

    async def sessions(self) -> list[SessionRow]:
        """One that is planned and one that was held."""
        of: dict[str, Any] = {"course": "vital-de", "time_zone": "Europe/Berlin", "minutes": 60, "capacity": 30}
        return [
            SessionRow(session="s2", title="Next", starts_at=datetime(2026, 3, 9, 8, tzinfo=UTC), place="Room 4",
                       state="planned", invited={"adria": 5}, attended=None, recording="", **of),
            SessionRow(session="s1", title="First", starts_at=datetime(2026, 3, 2, 8, tzinfo=UTC), place="Room 4",
                       state="held", invited={"adria": 5, "atlas": 2}, attended={"adria": 4},
                       recording="https://video.example/1", **of),
        ]  # fmt: skip

    async def own(self, partner: str, agent: str) -> OwnTraining:
        """A certificate, a manual to be read, and the sessions."""
        held = [HeldRow(course="vital-de", title="Vital", held=True, valid_until=date(2026, 12, 1))]
        due = [DueRow(course="vital-de", title="Vital", version="2.1", changed="<b>Sachets</b> now.")]
        course = OwnCourse(course="vital-de", title="Vital", version="2.1", read=True, paper=None)
        return OwnTraining(held=held, due=due, courses=[course], sessions=await self.sessions())

    async def paper(self, partner: str, agent: str, paper: str) -> Paper | None:
        """One question, to be answered for ever."""
        question = AskedQuestion(question="dose", text="<b>How</b> much?", points=1, choices=[(1, "Two"), (0, "One")])
        ends_at = datetime(2100, 1, 1, tzinfo=UTC)
        return Paper(paper=paper, course="vital-de", title="Vital", ends_at=ends_at, questions=[question],
                     score_percent=None, passed=None)  # fmt: skip
