"""The clock model: how the wall clock of a report runs against the partner's zone, found by votes.

A vote is how far a line is from a call with the same number (reported - expected, seconds). True pairs agree on one
figure, or on few; chance pairs are spread over a day. Among the models that a clock can follow, the one with the
shortest description is taken: its parameters, and an entry for each line that it leaves unexplained.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.candidates import by_reference, near
from services.reconciliation.matching.own import in_zone

REACH = 14 * 3600
"""How far a clock may be off, seconds."""
WINDOW = 150
"""How wide apart the votes for one figure lie: clocks that differ by a minute, and times without seconds."""
_SAMPLE = 20_000
APART = {"agent": "our_agent", "campaign": "our_campaign", "day_sheet": "day_sheet"}
"""By what sites with clocks of their own are told apart: the column of the pairs that says it."""
_OFFSET_BITS = math.log2(2 * REACH / 900)


@dataclass(frozen=True)
class Clock:
    """How far a report's times are from the partner's zone, in seconds: `base`; `changed` for calls from `switch` on;
    `by_value` where sites differ (`by` is our agent, our campaign or the sheet); `changed` for lines from `since` on;
    or as the clock of another `zone` would show. `centre` and `spread` are of what is left."""

    form: str = "constant"
    base: int = 0
    changed: int = 0
    switch: datetime | None = None
    since: date | None = None
    by: str | None = None
    by_value: dict[str, int] = field(default_factory=dict)
    zone: str | None = None
    partner_zone: str = "UTC"
    centre: float = 2.0
    spread: float = 3.0
    bits: float = 0.0

    def of_line(self) -> pl.Expr:
        """The offset that a line's own columns say, seconds."""
        if self.by == "day_sheet":
            return self._of_value("day_sheet")
        if self.since is not None:
            return pl.when(pl.col("day") >= self.since).then(self.changed).otherwise(self.base)
        return pl.lit(self.base if self.form == "constant" else 0)

    def of_call(self) -> pl.Expr:
        """The offset that a call's start says, seconds."""
        if self.switch is not None:
            return pl.when(pl.col("start") >= self.switch).then(self.changed).otherwise(self.base)
        if self.zone is not None:
            there = in_zone(pl.col("start"), self.zone) - in_zone(pl.col("start"), self.partner_zone)
            return there.dt.total_seconds()
        if self.by in ("agent", "campaign"):
            return self._of_value(self.by)
        return pl.lit(0)

    def of(self, pairs: pl.DataFrame, lines: pl.DataFrame, calls: pl.DataFrame) -> pl.Series:
        """The offset of each pair (`row`, `call`), seconds, in their order."""
        return (
            pairs.select("row", "call")
            .join(lines.select("row", self.of_line().alias("of_line")), on="row", how="left", maintain_order="left")
            .join(calls.select("call", self.of_call().alias("of_call")), on="call", how="left", maintain_order="left")
            .select((pl.col("of_line") + pl.col("of_call")).cast(pl.Int64).alias("offset"))
            .to_series()
        )

    def _of_value(self, column: str) -> pl.Expr:
        value = pl.col(column).replace_strict(self.by_value, default=self.base, return_dtype=pl.Int64)
        return value.fill_null(self.base)

    @property
    def figures(self) -> list[int]:
        """All offsets that it shows, and none."""
        return sorted({0, self.base, self.changed, *self.by_value.values()})

    @property
    def right(self) -> bool:
        """Whether it shows the partner's zone."""
        return self.form == "constant" and self.base == 0


def votes(
    lines: pl.DataFrame, calls: pl.DataFrame, line_key: pl.DataFrame, call_key: pl.DataFrame, agents: pl.Expr
) -> pl.DataFrame:
    """What each line says on the clock: `row`, `call`, `vote` (seconds), with what may decide. Only pairs that look
    alike vote; of a long report, a sample of its lines does."""
    every = max(1, len(lines) // _SAMPLE)
    some = lines.filter(pl.col("copy_of").is_null() & (pl.col("row") % every == 0)).with_columns(
        (pl.col("local").dt.epoch("s") + pl.col("local_resolution_s") // 2).alias("line_at"), agents.alias("ours")
    )
    theirs = calls.with_columns(pl.col("local").dt.epoch("s").alias("call_at"))
    crowd = call_key.group_by("key").len()
    thin = some.select("row").join(line_key, on="row").join(crowd, on="key").filter(pl.col("len") <= 2000)
    referred = by_reference(some, theirs)
    rest = some.join(referred.select("row").unique(), on="row", how="anti") if len(referred) else some
    numbered = near(rest, theirs, thin.select("row", "key"), call_key, REACH).select("row", "call", "apart")
    found = pl.concat([referred, numbered]).unique(["row", "call"], maintain_order=True)
    full = found.join(some, on="row").join(
        calls.select("call", "start", "talk_s", "outcome", our_agent="agent", our_campaign="campaign"), on="call"
    )
    longer = pl.col("duration_s") - pl.col("talk_s")
    alike = longer.is_null() | (longer.is_between(-31, 61) & ((pl.col("talk_s") > 0) | (pl.col("duration_s") == 0)))
    return full.filter(alike & (pl.col("apart").abs() <= REACH)).rename({"apart": "vote"})


def majors(cast: pl.DataFrame) -> list[int]:
    """The figures that many lines agree on, the most frequent first; whole quarters of an hour where they are near."""
    values = np.sort(cast["vote"].to_numpy())
    found: list[int] = []
    least = max(3.0, 0.01 * cast["row"].n_unique())
    while len(values) and len(found) < 8:
        ends = np.searchsorted(values, values + WINDOW, side="right")
        counts = ends - np.arange(len(values))
        at = int(np.argmax(counts))
        if counts[at] < least:
            break
        middle = float(np.median(values[at : ends[at]]))
        quarter = round(middle / 900) * 900
        offset = quarter if abs(middle - quarter) <= 90 else round(middle / 60) * 60
        if all(abs(offset - other) > WINDOW for other in found):
            found.append(int(offset))
        values = values[np.abs(values - middle) > 2 * WINDOW]
    return found


def fit(cast: pl.DataFrame, lines: pl.DataFrame, calls: pl.DataFrame, basis: Basis) -> Clock:
    """The clock with the shortest description of these votes; one that is right where they say nothing."""
    offsets = majors(cast)
    if not offsets:
        return Clock()
    label = pl.lit(None, dtype=pl.Int64)
    for offset in reversed(offsets):
        label = pl.when((pl.col("vote") - offset).abs() <= WINDOW).then(offset).otherwise(label)
    marked = cast.with_columns(label.alias("offset")).drop_nulls("offset")
    n = marked["row"].n_unique()
    entry = math.log2(max(n, 2)) + 6
    best: tuple[float, Clock] | None = None
    for clock, hits in _models(marked, offsets, basis):
        total = clock.bits + (n - hits) * entry
        if best is None or total < best[0] - 1e-9:
            best = (total, clock)
    return _settled(best[1], cast, lines, calls) if best else Clock()


def _models(marked: pl.DataFrame, offsets: list[int], basis: Basis) -> list[tuple[Clock, int]]:
    found: list[tuple[Clock, int]] = []
    for offset in offsets:
        bits = _OFFSET_BITS if offset else 0.0
        hits = marked.filter(pl.col("offset") == offset)["row"].n_unique()
        found.append((Clock(base=offset, bits=bits), hits))
    for switch, delta in transitions(basis):
        after = pl.col("start") >= switch
        for base in offsets:
            # the clock stayed where it was: the change of the zone's offset is missing from it
            fits = pl.when(after).then(base - delta).otherwise(base) == pl.col("offset")
            hits = marked.filter(fits)["row"].n_unique()
            bits = 6 + (_OFFSET_BITS if base else 0)
            found.append((Clock(form="change", base=base, changed=base - delta, switch=switch, bits=bits), hits))
    for zone in dict.fromkeys(("UTC", basis.company_tz)):
        there = (in_zone(pl.col("start"), zone) - in_zone(pl.col("start"), basis.partner_tz)).dt.total_seconds()
        hits = marked.filter(there == pl.col("offset"))["row"].n_unique()
        clock = Clock(form="zone", zone=zone, partner_zone=basis.partner_tz, bits=_OFFSET_BITS + 3)
        found.append((clock, hits))
    for by, column in APART.items():
        found += _by(marked, by, column)
    found += _since(marked, offsets)
    return found


def transitions(basis: Basis) -> list[tuple[datetime, int]]:
    """When the partner's zone changes its offset within the month (naive UTC), and by how many seconds."""
    zone, found = ZoneInfo(basis.partner_tz), []
    at = basis.start
    while at < basis.end:
        following = at + timedelta(minutes=30)
        before, after = at.astimezone(zone).utcoffset(), following.astimezone(zone).utcoffset()
        if before != after and before is not None and after is not None:
            found.append((following.replace(tzinfo=None), int((after - before).total_seconds())))
        at = following
    return found


def _by(marked: pl.DataFrame, by: str, column: str) -> list[tuple[Clock, int]]:
    counted = marked.drop_nulls(column).group_by(column, "offset").agg(pl.col("row").n_unique().alias("hits"))
    if counted.is_empty():
        return []
    best = counted.sort("hits", "offset", descending=[True, False]).unique(column, keep="first", maintain_order=True)
    values = dict(best.select(column, "offset").iter_rows())
    different = sorted(set(values.values()))
    if len(different) < 2:
        return []
    bits = 4 + len(different) * _OFFSET_BITS + len(values) * math.log2(len(different))
    base = int(best["offset"].mode().sort()[0])
    return [(Clock(form=by, base=base, by=by, by_value=values, bits=bits), int(best["hits"].sum()))]


def _since(marked: pl.DataFrame, offsets: list[int]) -> list[tuple[Clock, int]]:
    days = marked["day"].unique().sort().to_list()
    counted = marked.group_by("day", "offset").agg(pl.col("row").n_unique())
    by_day = {(day, offset): hits for day, offset, hits in counted.iter_rows()}
    found = []
    for base in offsets:
        for changed in offsets:
            if base == changed:
                continue
            hits = [by_day.get((day, base), 0) for day in days]
            later = [by_day.get((day, changed), 0) for day in days]
            scores = [sum(hits[:i]) + sum(later[i:]) for i in range(len(days))]
            at = max(range(len(days)), key=lambda i: scores[i])
            bits = 4 + 2 * _OFFSET_BITS + math.log2(len(days))
            found.append((Clock(form="since", base=base, changed=changed, since=days[at], bits=bits), scores[at]))
    return found


def _settled(clock: Clock, cast: pl.DataFrame, lines: pl.DataFrame, calls: pl.DataFrame) -> Clock:
    left = cast["vote"] - clock.of(cast, lines, calls)
    left = left.filter(left.abs() <= WINDOW)
    if left.is_empty():
        return clock
    centre = float(np.median(left.to_numpy()))
    spread = float(np.median(np.abs(left.to_numpy() - centre))) * 1.4826
    return replace(clock, centre=centre, spread=max(spread, 2.0))
