"""What a scorecard shows: figures as written, a strip of the peers, days as bars, an agent's states as a ribbon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from services.gateway.views.kpi_words import formula_in_words, in_words
from services.gateway.views.words import UNKNOWN, _, duration, link, milliseconds, money, number, percent, plural
from shared.contracts.codes import agent_state

STRIP = 100.0
"""The width of a strip or ribbon; how many units it is drawn in."""
HOURS = (0, 6, 12, 18, 24)
"""What the axis of a ribbon shows, by the clock: on days on which that changes they are not as far from each other."""


class Strip(msgspec.Struct, frozen=True):
    """Where the middle half of the peers lies, their median, and oneself, on a line of `STRIP` units."""

    left: float
    width: float
    median: float
    own: float
    summary: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as it is shown. `formula` and `n` say what it is; `href` leads to its calls, empty where nobody may go.

    `place` is empty without a rank; `strip` None without peers enough.
    """

    key: str
    label: str
    text: str
    n: str
    formula: str
    note: str = ""
    interval: str = ""
    place: str = ""
    strip: Strip | None = None
    href: str = ""


class Whose(msgspec.Struct, frozen=True):
    """Whose scorecard, of which days, `last` with it."""

    partner: str
    agent: str
    since: str
    last: str


class Stay(msgspec.Struct, frozen=True):
    """A part of a day's ribbon: the group of states, from where, and how wide."""

    group: str
    left: float
    width: float


class Tick(msgspec.Struct, frozen=True):
    """A time of day by the clock, and where on the ribbon it is."""

    label: str
    left: float


class Ribbon(msgspec.Struct, frozen=True):
    """A day of an agent's states, and in words how long each group of them lasted."""

    day: str
    stays: list[Stay]
    summary: str
    ticks: list[Tick]


class Bar(msgspec.Struct, frozen=True):
    """A bar of `height` per cent."""

    label: str
    value: int
    height: float
    href: str


def written(value: Any, unit: str) -> str:
    """A figure in its unit: `ms` as m:ss, shares in per cent, what is counted as it is."""
    if value is None:
        return UNKNOWN
    match unit:
        case "ms":
            return milliseconds(value)
        case "share" | "time_share" | "per_contact":
            return percent(value)
        case "money":
            return ", ".join(money(minor, currency) for currency, minor in sorted(value.items())) or UNKNOWN
        case _:
            return number(value)


def cards(figures: Mapping[str, Mapping[str, Any]], whose: Whose, **more: str | None) -> list[Card]:
    """The figures in the order in which they came. `more`: what else narrows the calls behind them."""
    return [_card(figure, whose, more) for figure in figures.values()]


def _card(figure: Mapping[str, Any], whose: Whose, more: Mapping[str, str | None]) -> Card:
    unit, key = figure["unit"], figure["key"]
    interval = figure.get("interval")
    between = _("between %(low)s and %(high)s, 95 %% sure")
    return Card(
        key=key,
        label=in_words(figure["label"]),
        text=written(figure["value"], unit),
        n=cases(figure["n"], unit),
        formula=formula_in_words(figure["formula"]),
        note=in_words(figure["note"]),
        interval=between % {"low": percent(interval[0]), "high": percent(interval[1])} if interval else "",
        place=_place(figure),
        strip=strip(figure, unit),
        href=evidence_link(figure, key, whose, **more),
    )


def cases(n: int, unit: str) -> str:
    """What a figure rests on: how many, or for how long where it is divided by time."""
    return duration(n / 1000) if unit in ("time_share", "per_hour") else number(n)


def _place(figure: Mapping[str, Any]) -> str:
    if figure.get("rank") is None:
        return ""
    return _("place %(rank)s of %(of)s") % {"rank": number(figure["rank"]), "of": number(figure["ranked"])}


def evidence_link(figure: Mapping[str, Any], key: str, whose: Whose, **more: str | None) -> str:
    """The page of the calls behind a figure of the API; empty where the API leads to none."""
    if not figure["href"]:
        return ""
    measure, over = f"{key}.numerator", f"{key}.denominator" if figure["denominator"] is not None else ""
    if isinstance(figure["numerator"], Mapping):  # amounts of one currency can be added up
        if len(figure["numerator"]) != 1:
            return ""
        measure, over = f"{key}:{next(iter(figure['numerator']))}", ""
    return evidence_page(measure, over, whose, **more)


def evidence_page(measure: str, over: str, whose: Whose, **more: str | None) -> str:
    """The page of the calls behind a measure, and of what it is divided by, if it is."""
    to = whose.last if whose.last != whose.since else None
    asked = {"partner": whose.partner, "agent": whose.agent, "day": whose.since, "to": to} | more
    return link("/evidence", measure=measure, over=over, **asked)


def strip(figure: Mapping[str, Any], unit: str) -> Strip | None:
    """The peers' quartiles and oneself on one line."""
    peers, own = figure.get("peers"), figure["value"]
    if peers is None or own is None:
        return None
    low, high = min(peers["q1"], own), max(peers["q3"], own)
    span = (high - low) or 1.0

    def at(value: float) -> float:
        """With room at both ends."""
        return float(round(STRIP * (0.05 + 0.9 * (value - low) / span), 2))

    summary = _("yours %(own)s, peers: median %(median)s, the middle half from %(q1)s to %(q3)s") % {
        "own": written(own, unit),
        **{name: written(peers[name], unit) for name in ("median", "q1", "q3")},
    }
    return Strip(at(peers["q1"]), round(at(peers["q3"]) - at(peers["q1"]), 2), at(peers["median"]), at(own), summary)


def bars(days: Sequence[Mapping[str, Any]], key: str, whose: Whose) -> list[Bar]:
    """A bar for each day, the highest one at 100."""
    values = [day["figures"][key]["value"] or 0 for day in days]
    top = max(values, default=0) or 1
    return [
        Bar(
            label=day["day"],
            value=value,
            height=round(100 * value / top, 2),
            href=evidence_link(day["figures"][key], key, _on(whose, day["day"])),
        )
        for day, value in zip(days, values, strict=True)
    ]


def _on(whose: Whose, day: str) -> Whose:
    return Whose(whose.partner, whose.agent, day, day)


def day_links(days: Sequence[Mapping[str, Any]], whose: Whose) -> dict[str, dict[str, str]]:
    """Day -> KPI -> the page of its calls."""
    return {
        day["day"]: {key: evidence_link(figure, key, _on(whose, day["day"])) for key, figure in day["figures"].items()}
        for day in days
    }


def ribbons(states: Sequence[Mapping[str, Any]], zone: ZoneInfo, labels: Mapping[str, str]) -> list[Ribbon]:
    """One for each local day in which the agent was logged in. A day of a change of the clock is as long as it is.

    `labels`: the names of the groups of states.
    """
    found: dict[date, list[tuple[datetime, datetime, str]]] = {}
    for one in states:
        since, until = (datetime.fromisoformat(one[name]).astimezone(UTC) for name in ("since", "until"))
        while since < until:
            day = since.astimezone(zone).date()
            end = min(until, _instant(day, 24, zone))
            found.setdefault(day, []).append((since, end, agent_state(one["state"]).display))
            since = end
    return [_ribbon(day, found[day], zone, labels) for day in sorted(found)]


def _instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """When the clocks of the zone show the hour; 24 is midnight, the day after."""
    days, hour = divmod(hour, 24)
    return datetime.combine(day + timedelta(days=days), time(hour), zone).astimezone(UTC)


def _ribbon(
    day: date, stays: list[tuple[datetime, datetime, str]], zone: ZoneInfo, labels: Mapping[str, str]
) -> Ribbon:
    begin = _instant(day, 0, zone)
    length = _instant(day, 24, zone) - begin
    lasted: dict[str, timedelta] = {}
    parts = []
    for since, until, group in stays:
        left, width = STRIP * ((since - begin) / length), STRIP * ((until - since) / length)
        lasted[group] = lasted.get(group, timedelta()) + (until - since)
        parts.append(Stay(group, round(left, 3), round(width, 3)))
    longest = sorted(lasted.items(), key=lambda entry: (-entry[1], entry[0]))
    told = ", ".join(f"{labels[group]} {duration(span.total_seconds())}" for group, span in longest)
    if length != timedelta(days=1):
        hours = length / timedelta(hours=1)
        whole = plural("a day of %(n)s hour", "a day of %(n)s hours", int(hours))
        half = _("a day of {hours} hours").format(hours=number(hours))  # Lord Howe's clocks change by half an hour
        told += f" · {whole if hours.is_integer() else half}"
    ticks = [Tick(f"{hour}:00", round(STRIP * ((_instant(day, hour, zone) - begin) / length), 3)) for hour in HOURS]
    ticks[0] = Tick(f"{begin.astimezone(zone).hour}:00", 0.0)  # where clocks change at midnight, a day begins at one
    return Ribbon(day.isoformat(), parts, told, ticks)
