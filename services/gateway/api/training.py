"""Courses, sessions and coverage for their pages, asked of the training service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from services.gateway.api.asking import Ask, everything
from services.gateway.api.readers import CourseRow, CoverageRow, DueRow, HeldRow, OwnTraining, SessionRow
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
        found = await self._ask(f"{ROUTE}/agents/{quote(partner, safe='')}/{quote(agent, safe='')}")
        titles = {one.course: one.title for one in await self.courses()}
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
        return OwnTraining(held=held, due=due, sessions=sorted(sessions, key=lambda row: row.starts_at))


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
