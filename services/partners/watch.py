"""What time and traffic bring about in transitions: a day above its cap is an alert, a run after its window is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.partners.domain.ramp import CompareWithCap, Ramp, ramp
from services.partners.domain.scenario_runs import CloseRun, scenario_runs
from services.partners.views.call_days import call_days
from services.partners.views.partners import partners
from services.partners.views.ramps import KnownRamp, ramps
from services.partners.views.runs import KnownRuns, runs
from shared.clock import Clock
from shared.http import Door, Reads

ACTOR = "partners.watch"
WAITS = timedelta(minutes=15)
"""How long after its window a run is waited for: telephony tells some facts late."""
LOOKS_BACK = timedelta(days=7)
"""How old a day may be whose calls are still held against its cap."""


class Watch:
    """Looks at views, and tells aggregates what they can't see: nothing that they have heard is said twice."""

    def __init__(self, reads: Reads, door: Door, now: Clock) -> None:
        self._reads = reads
        self._door = door
        self._now = now

    async def step(self) -> None:
        """One look."""
        now = self._now()
        running: list[tuple[str, KnownRamp]] = await self._reads.find(ramps, {"runs": 1})
        zones: dict[str, Any] = await self._reads.get(partners, [id_ for id_, _ in running]) if running else {}
        for partner_id, known in running:
            zone = ZoneInfo(zones[partner_id].time_zone) if partner_id in zones else ZoneInfo("UTC")
            await self._caps(partner_id, known, zone, now)
        waiting: list[tuple[str, KnownRuns]] = await self._reads.find(runs, {"open": 1})
        for partner_id, booked in waiting:
            await self._close(partner_id, booked, now)

    async def _caps(self, partner_id: str, known: KnownRamp, zone: ZoneInfo, now: datetime) -> None:
        state = Ramp(known.phases, known.started, tuple(passed.at for passed in known.passed))
        standing = known.standing()
        oldest = (now.astimezone(zone) - LOOKS_BACK).date().isoformat()
        for _, day in await self._reads.find(call_days, {"partner": partner_id}, "day", oldest):
            ends = end_of_day(day.day, zone)
            phase = state.cap_of(ends)
            if (phase is not None and day.calls > phase.daily_cap) is (day.day in standing):
                continue
            command = CompareWithCap(partner_id=partner_id, day=day.day, day_ends=ends, calls=day.calls, at=now)
            by = f"{ACTOR}:{day.day}:{known.changes}"
            await self._door.handle(ramp, partner_id, command, command_id=by, actor=ACTOR)

    async def _close(self, partner_id: str, known: KnownRuns, now: datetime) -> None:
        for run, booked in known.runs.items():
            if booked.closed_at is None and booked.cancelled is None and now >= booked.until + WAITS:
                command = CloseRun(partner_id=partner_id, run=run, at=now)
                by = f"{ACTOR}:close:{run}"
                await self._door.handle(scenario_runs, partner_id, command, command_id=by, actor=ACTOR)


def end_of_day(day: str, zone: ZoneInfo) -> datetime:
    """When a local date ends, in UTC."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone).astimezone(UTC)
