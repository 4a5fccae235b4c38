"""How good the forecast was: each of the last weeks as it would have been forecast when it was not known yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from services.training.staffing.forecast import History, TooShort, forecast

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Held:
    """What forecasts made a week ahead were worth, over so many `weeks`. `half_hour_error`, `day_error`: what they were
    off, summed, as a share of all calls; `bias`: by what share they said too much (below 0: too little);
    `covered`: share of half hours that lay between low and high; `naive_error`: the error, by half hours, of saying
    that it will be as in the week before."""

    weeks: int
    half_hour_error: float
    day_error: float
    bias: float
    covered: float
    naive_error: float


def held_out(history: History, weeks: int = 4) -> Held | None:
    """Judged by the last so many whole weeks of the history, holidays apart; None where the history before them is too
    short for any, or where no call came."""
    came = off = naive = said = day_off = 0.0
    covered = half_hours = judged = 0
    for back in range(weeks):
        last = history.until - back * WEEK
        known = replace(history, until=last - WEEK)
        try:
            ahead = forecast(known, last - WEEK + timedelta(days=1), last)
        except TooShort:
            break
        judged += 1
        for date_of, half_hours_of in groupby(ahead.expected, key=lambda one: one.day):
            if date_of in history.holidays:
                continue
            day = list(half_hours_of)
            counts = [history.calls.get(one.at, 0) for one in day]
            came += sum(counts)
            said += sum(one.calls for one in day)
            off += sum(abs(one.calls - count) for one, count in zip(day, counts, strict=True))
            naive += sum(
                abs(history.calls.get(one.at - WEEK, 0) - count) for one, count in zip(day, counts, strict=True)
            )
            day_off += abs(sum(one.calls for one in day) - sum(counts))
            covered += sum(one.low <= count <= one.high for one, count in zip(day, counts, strict=True))
            half_hours += len(day)
    if not came:
        return None
    return Held(judged, off / came, day_off / came, said / came - 1, covered / half_hours, naive / came)
