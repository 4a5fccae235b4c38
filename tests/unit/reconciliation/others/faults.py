"""What a partner reports of the calls, with the faults that are planted in it, and the truth of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.reconciliation.others.calls import HOME, Call, Place, span


@dataclass
class Line:
    """A line before it is written: the partner's wall clock, and the number as digits with the calling code or, where
    it is damaged, as `scientific` notation. `copy_of` is the line that it repeats."""

    call: Call | None
    start: datetime
    phone: str
    agent: str
    campaign: str
    seconds: int
    outcome: str
    minor: int | None
    ref: str
    scientific: bool = False
    causes: list[str] = field(default_factory=list)
    copy_of: Line | None = None


@dataclass
class Reported:
    """The lines in the order of the file; calls that are left out, with why; the causes; sales that we lost."""

    lines: list[Line]
    removed: list[tuple[str, str]] = field(default_factory=list)
    causes: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def cause(self, kind: str, cause: str, party: str, *, systematic: bool) -> str:
        name = f"C{len(self.causes) + 1}"
        self.causes[name] = {
            "cause_id": name,
            "kind": kind,
            "cause": cause,
            "party": party,
            "systematic": systematic,
        }
        return name

    def plain(self) -> list[Line]:
        """Lines of calls that nothing is wrong with so far."""
        return [line for line in self.lines if line.call and not line.causes]

    def drop(self, gone: Sequence[Line], cause: str) -> None:
        self.removed += [(line.call.call_id, cause) for line in gone if line.call]
        kept = {id(line) for line in gone}
        self.lines = [line for line in self.lines if id(line) not in kept]


Fault = Callable[[Reported, random.Random, Place], None]


def honest(calls: Sequence[Call], place: Place, month: str, code: str, seed: int, cut: str | None) -> Reported:
    """What a careful partner reports: clocks up to three seconds apart, a duration a second off here and there.
    `cut` is the zone in which it cuts the month, where that is not the contract's."""
    dice = random.Random(f"partner:{seed}")
    first, end = span(month, HOME)
    low, high = span(month, ZoneInfo(cut)) if cut else (first, end)
    found = Reported([])
    moved = ""
    if cut:
        form = "%Y-%m-%dT%H:%MZ"
        moved = found.cause(
            "month_boundary", f"cutoff:{low.strftime(form)}/{high.strftime(form)}", "explainable", systematic=True
        )
        found.removed += [
            (call.call_id, moved) for call in calls if first <= call.start < end and not low <= call.start < high
        ]
    for call in calls:
        if not low <= call.start < high:
            continue
        seen = (call.start + timedelta(seconds=dice.randrange(4))).astimezone(ZoneInfo(place.zone))
        outside = not first <= call.start < end
        found.lines.append(
            Line(
                call=call,
                start=seen.replace(tzinfo=None),
                phone=call.phone,
                agent=f"{code}{call.agent}",
                campaign=call.campaign,
                seconds=call.talk + (dice.choice((-1, 1)) if call.talk > 20 and dice.random() < 0.1 else 0),
                outcome="sale_cancelled" if call.cancelled else call.outcome,
                minor=None if call.cancelled else call.minor,
                ref=call.ref,
                causes=[moved] if outside else [],
            )
        )
    return found


def clock(minutes: int) -> Fault:
    """All times are off."""

    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("timezone_shift", f"offset:{minutes:+d}m", "explainable", systematic=True)
        for line in made.lines:
            line.start += timedelta(minutes=minutes)
            line.causes.append(cause)

    return plant


def summer_time_kept(made: Reported, dice: random.Random, place: Place) -> None:
    """The clock missed the end of summer time."""
    cause = made.cause("dst_hour", "offset:+60m", "explainable", systematic=True)
    zone = ZoneInfo(place.zone)
    for line in made.lines:
        if line.call and line.call.start.astimezone(zone).dst() == timedelta(0):
            line.start += timedelta(hours=1)
            line.causes.append(cause)


def rounded_up(step: int) -> Fault:
    """Durations per started step."""

    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("duration_rounding", f"round_up:{step}", "explainable", systematic=True)
        for line in made.lines:
            new = -(-line.seconds // step) * step
            if line.call and new != line.seconds and abs(new - line.call.talk) > 2:
                line.causes.append(cause)
            line.seconds = new

    return plant


def day_missing(made: Reported, dice: random.Random, place: Place) -> None:
    """A busy day is left out."""
    days: dict[object, list[Line]] = {}
    for line in made.lines:
        days.setdefault(line.start.date(), []).append(line)
    day, gone = dice.choice(sorted(days.items(), key=lambda one: len(one[1]))[len(days) // 2 :])
    made.drop(gone, made.cause("missing_day", f"day:{day}", "partner", systematic=True))


def left_out(count: int) -> Fault:
    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        gone = dice.sample(made.plain(), count)
        made.drop(gone, made.cause("missing_line", "omitted", "partner", systematic=False))

    return plant


def invented(count: int) -> Fault:
    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("extra_line", "never_happened", "partner", systematic=False)
        for like in dice.sample(made.lines, count):
            digits = "".join(str(dice.randrange(10)) for _ in range(place.digits))
            made.lines.append(
                replace(
                    like,
                    call=None,
                    start=like.start + timedelta(seconds=dice.randrange(40, 900)),
                    phone=f"+{place.code}{dice.choice(place.national)}{digits}",
                    seconds=60 * dice.randrange(1, 6),
                    outcome=dice.choice(("refused", "callback")),
                    minor=None,
                    ref=str(int(like.ref) + 500_000_000),
                    causes=[cause],
                )
            )

    return plant


def wrong_outcomes(count: int) -> Fault:
    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("wrong_disposition", "wrong_disposition", "partner", systematic=False)
        swap = {"refused": "callback", "callback": "info", "info": "refused"}
        for line in dice.sample([line for line in made.plain() if line.outcome in swap], count):
            line.outcome = swap[line.outcome]
            line.causes.append(cause)

    return plant


def claimed_sales(count: int) -> Fault:
    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("phantom_sale", "sale_without_order", "partner", systematic=False)
        for line in dice.sample([line for line in made.plain() if line.outcome in ("info", "callback")], count):
            line.outcome, line.minor = "sale", 49_50 * place.rate
            line.causes.append(cause)

    return plant


def factor(times: float) -> Fault:
    """The decimal mark is lost or slips from the ninth on."""

    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("decimal_mixup", f"scale:{times:g}", "partner", systematic=True)
        for line in made.lines:
            if line.minor and line.start.day >= 9:
                line.minor = round(line.minor * times)
                line.causes.append(cause)

    return plant


def renamed(made: Reported, dice: random.Random, place: Place) -> None:
    """All agents have new codes from the eleventh on."""
    codes = sorted({line.agent for line in made.lines})
    fresh = [f"{code[:-3]}{number}" for number, code in enumerate(codes, 851)]
    dice.shuffle(fresh)
    table = dict(zip(codes, fresh, strict=True))
    hit = [line for line in made.lines if line.start.day >= 11 and line.start.month == made.lines[20].start.month]
    cause = made.cause("agent_remap", f"from:{min(line.start for line in hit).date()}", "explainable", systematic=True)
    for line in hit:
        line.agent = table[line.agent]
        line.causes.append(cause)


def scientific(made: Reported, dice: random.Random, place: Place) -> None:
    """A spreadsheet has shortened the numbers."""
    cause = made.cause("number_format", "sci", "explainable", systematic=True)
    for line in made.lines:
        line.scientific = True
        line.causes.append(cause)


def repeated(count: int) -> Fault:
    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("duplicate_line", "reported_twice", "partner", systematic=False)
        twice = {id(line) for line in dice.sample([line for line in made.lines if line.call], count)}
        made.lines = [
            one
            for line in made.lines
            for one in ([line, replace(line, causes=[cause], copy_of=line)] if id(line) in twice else [line])
        ]

    return plant


def pasted(count: int) -> Fault:
    def plant(made: Reported, dice: random.Random, place: Place) -> None:
        cause = made.cause("duplicate_block", f"block:{count}", "partner", systematic=True)
        at = dice.randrange(len(made.lines) - count)
        block = made.lines[at : at + count]
        made.lines[at + count : at + count] = [replace(line, causes=[cause], copy_of=line) for line in block]

    return plant


def sales_lost_by_us(made: Reported, dice: random.Random, place: Place) -> None:
    """Our own projection forgets the sales of one product."""
    cause = made.cause("sale_missing_own", "sku:ART-2", "own", systematic=True)
    for line in made.lines:
        if line.call and line.call.sku == "ART-2" and not line.call.cancelled:
            made.lost.add(line.call.call_id)
            line.causes.append(cause)


def reported(
    calls: Sequence[Call],
    place: Place,
    month: str,
    code: str,
    seed: int,
    faults: Sequence[Fault] = (),
    cut: str | None = None,
) -> Reported:
    """The partner's lines with their faults, in the order of its clock; copies stand behind what they repeat, so that
    they are planted last."""
    made = honest(calls, place, month, code, seed, cut)
    dice = random.Random(f"faults:{seed}")
    for fault in faults:
        made.lines.sort(key=lambda line: line.start)
        fault(made, dice, place)
    if not any(line.copy_of for line in made.lines):
        made.lines.sort(key=lambda line: line.start)
    return made


def truth(made: Reported, ids: dict[int, str]) -> dict[str, Any]:
    """The truth in the form of the recorded sets. `ids`: the line's id in the file, by its place in the lines."""
    name = {id(line): ids[n] for n, line in enumerate(made.lines)}
    entries: list[dict[str, Any]] = [
        {"our_id": call_id, "partner_line": None, "kind": made.causes[cause]["kind"], "cause_id": cause}
        for call_id, cause in made.removed
    ]
    for line in made.lines:
        for cause in line.causes:
            entry = {
                "our_id": line.call.call_id if line.call else None,
                "partner_line": name[id(line)],
                "kind": made.causes[cause]["kind"],
                "cause_id": cause,
            }
            entries.append(entry | ({"copy_of": name[id(line.copy_of)]} if line.copy_of else {}))
    hit = {entry["cause_id"] for entry in entries}
    return {
        "causes": [cause for key, cause in made.causes.items() if key in hit],
        "lines": entries,
        "pairs": [[name[id(line)], line.call.call_id] for line in made.lines if line.call and not line.copy_of],
    }


def utc(local: datetime, zone: str) -> datetime:
    """The instant of a wall clock; of the hour that comes twice, the first."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
