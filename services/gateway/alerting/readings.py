"""What an alert holds against its limit, read from the services that count it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from services.gateway.domain.alerts import LIVE, QUARTER
from services.gateway.events.alerts import AlertDefined
from services.gateway.views.inputs import Now
from services.gateway.views.snapshot import Scope
from services.gateway.views.wallboard import build

WEEKS = 4
FEWEST_WEEKS = 2
"""Of the last four weeks at least so many must have a figure before anything is called usual."""
REMEMBERED = 2_000
"""Figures of the past that are held at the most; then all are asked for again."""
Window = tuple[datetime, datetime]
Live = Callable[[str | None, str | None], Awaitable[Now]]
Zone = Callable[[str | None], Awaitable[ZoneInfo]]
"""By whose clock a partner works, or all of them together."""


class Ask(Protocol):
    """A question to the rest of the system over HTTP."""

    async def __call__(self, path: str, **query: str | int | None) -> Any:
        """The answer; None where there is no such thing. ValueError where it is not understood."""
        ...


def window(rule: AlertDefined, at: datetime, unit: str) -> Window:
    """The quarters of an hour that are looked at. The running one is among them only where it can't mislead: a count
    that is too low may only be not there yet, and nothing may be compared with a whole one that is not whole."""
    whole = at.astimezone(UTC).replace(second=0, microsecond=0)
    end = whole - timedelta(minutes=whole.minute % QUARTER)
    start = end - timedelta(minutes=rule.window_minutes)
    running = rule.kind == "threshold" and (unit != "count" or rule.direction == "above")
    return start, end + timedelta(minutes=QUARTER) if running else end


def earlier(rule: AlertDefined, looked_at: Window, zone: ZoneInfo) -> list[Window]:
    """The windows that the one looked at is compared with. An hour of the week is one of the clock on the wall: people
    come to work and call by that, also in the weeks after it was changed."""
    low, high = looked_at
    match rule.kind:
        case "trend":
            return [(low - (high - low), low)]
        case "usual":
            # To take from a local time moves the wall clock, whatever the zone did meanwhile.
            local = low.astimezone(zone)
            back = [(local - timedelta(weeks=number)).astimezone(UTC) for number in range(1, WEEKS + 1)]
            return [(start, start + (high - low)) for start in back]
        case _:
            return []


def change(value: float | None, before: Sequence[float | None], fewest: int) -> float | None:
    """By how many per cent a value differs from the middle of those before; None where there is nothing to say, as with
    a middle of nought."""
    known = [one for one in before if one is not None]
    if value is None or len(known) < fewest or not (middle := median(known)):
        return None
    return (value - middle) / abs(middle) * 100


def silence(now: Now, at: datetime) -> float | None:
    """For how many minutes the quietest live source has been silent; None where none was ever heard."""
    heard = [source.last_event_at for source in now.sources if source.live and source.last_event_at is not None]
    return max(0.0, (at - min(heard)).total_seconds() / 60) if heard else None


class Readings:
    """Asks for figures. Those of windows that are over are asked for once, and remembered for a while: what comes late
    changes them little."""

    def __init__(self, ask: Ask, live: Live, zone: Zone) -> None:
        self._ask = ask
        self._live = live
        self._zone = zone
        self._units: dict[str, str] = {}
        self._past: dict[tuple[str, str, str, str, int, Window], float | None] = {}

    async def kpis(self) -> dict[str, dict[str, Any]]:
        """The definitions of all KPIs, by key."""
        found = await self._ask("/api/v1/kpis")
        return {one["key"]: one for one in found["items"]}

    async def value(self, rule: AlertDefined, at: datetime) -> float | None:
        """What is held against the limit; None where nothing can be said. StoreUnavailable; ValueError where the
        calls service knows no such figure."""
        partner, campaign = rule.partner_id or None, rule.campaign or None
        if rule.kind == "silence":
            return silence(await self._live(partner, None), at)
        if rule.kpi in LIVE:
            board = build(await self._live(partner, campaign), None, (), at, Scope(partner, campaign))
            return next(figure.value for figure in board.kpis if figure.key == rule.kpi)
        if not self._units:
            self._units = {key: one["unit"] for key, one in (await self.kpis()).items()}
        looked_at = window(rule, at, self._units.get(rule.kpi, ""))
        value = await self._figure(rule, looked_at)
        if rule.kind == "threshold" or value is None:
            return value
        zone = await self._zone(partner)
        before = [await self._known(rule, one) for one in earlier(rule, looked_at, zone)]
        return change(value, before, 1 if rule.kind == "trend" else FEWEST_WEEKS)

    async def _known(self, rule: AlertDefined, one: Window) -> float | None:
        if len(self._past) >= REMEMBERED:
            self._past.clear()
        place = (rule.kpi, rule.variant, rule.partner_id, rule.campaign, rule.least_n, one)
        if place not in self._past:
            self._past[place] = await self._figure(rule, one)
        return self._past[place]

    async def _figure(self, rule: AlertDefined, one: Window) -> float | None:
        found = await self._ask(
            "/api/v1/performance/partners",
            **{"from": one[0].isoformat(), "to": one[1].isoformat()},
            partner=rule.partner_id or None,
            campaign=rule.campaign or None,
            kpis=rule.kpi,
            variant=f"{rule.kpi}:{rule.variant}" if rule.variant else None,
            limit=1,
        )
        figure = found["totals"]["figures"][rule.kpi]
        value = figure["value"]
        if isinstance(value, bool) or not isinstance(value, int | float) or (figure["n"] or 0) < rule.least_n:
            return None
        return float(value)
