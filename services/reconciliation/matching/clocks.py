"""When a call began: texts as naive local times, the order of day and month found from the whole column."""

from __future__ import annotations

import msgspec
import polars as pl

from services.reconciliation.matching.months import without_names

ORDERS = ("ymd", "dmy", "mdy")

_MARK = r"(?:\s*[./\-,]\s*|\s+)"
_DATE = rf"(m?\d{{1,4}}){_MARK}(m?\d{{1,2}}){_MARK}(\d{{4}}|\d{{2}})\.?"
_TIME = (
    r"(?:(am|pm)\s*)?(\d{1,2})\s*[:.h]\s*(\d{2})(?:\s*[:.m]\s*(\d{2})(?:[.,](\d{1,9}))?)?\s*[hs]?\.?"
    r"\s*(am|pm)?\s*(z|utc|gmt|[+-]\d{2}:?\d{2})?"
)
_BETWEEN = r"(?:\s*[t,;]\s*|\s+|\s*-\s+)"
_COMPACT_BOTH = r"^((?:19|20)\d{2})(\d{2})(\d{2})[t ]?(\d{2}):?(\d{2})(?::?(\d{2}))?z?$"
_SERIAL = r"^([2-7]\d{4})(?:[.,](\d+))?$"
_EPOCH = r"^(1[3-9]\d{8})(?:[.,]?(\d{3}))?$"
_FRACTION = r"^0?[.,](\d{3,})$"

SEASON = 3
"""Months that a column of one report lies in at most."""
EARLY = 4
"""An hour of the day before which no call centre has most of its calls: such times are rather how long things took."""
CLOCK_PARTS = ["half", "h", "mi", "s", "frac", "half2", "zone"]


class Dates(msgspec.Struct, frozen=True, kw_only=True):
    """How dates are written: `order` of day, month and year; `certain`: no other order would
    do as well, and all are written alike."""

    order: str
    certain: bool = True


class Shapes(msgspec.Struct, frozen=True, kw_only=True):
    """The share of texts that are a day alone, a time alone, or both one behind the other. `10.11.12` counts as day and
    as time; `season`: whether such texts, read as days, lie so close together that they may well be days; `serial`: the
    share of whole numbers that are a day in the count of spreadsheets; `epoch`: that of seconds or milliseconds since
    1970, none where they lie further apart than a report does; `early`: whether the times are of the small hours."""

    date: float
    time: float
    both: float
    season: bool
    serial: float = 0.0
    epoch: float = 0.0
    early: bool = False


def shapes_of(texts: pl.Series) -> Shapes:
    """What texts look like."""
    if not texts.str.contains(r"\d").any():
        return Shapes(date=0.0, time=0.0, both=0.0, season=True)
    parts = _parts(texts)
    clock = _clock(texts)
    read = [_days(parts, order).is_not_null() for order in ORDERS]
    day, time = max(read, key=lambda valid: int(valid.sum())), clock["h"].is_not_null()
    alone = time & texts.str.contains(rf"^{_TIME}$")
    both = day & time & ~alone
    either = parts.filter(day & alone)
    months = min(_days(either, order).dt.strftime("%Y-%m").n_unique() for order in ORDERS) if len(either) else 0
    hours = (
        clock["h"]
        .cast(pl.Int32, strict=False)
        .zip_with(
            (clock["half"].fill_null(clock["half2"]) != "pm").fill_null(True),
            clock["h"].cast(pl.Int32, strict=False) % 12 + 12,
        )
    )
    middle = hours.median()
    epochs = _epochs(texts)
    return Shapes(
        date=_share(day & ~both),
        time=_share(alone),
        both=_share(both),
        season=months <= SEASON,
        serial=_share(texts.str.contains(r"^[2-7]\d{4}$")),
        epoch=_share(epochs.is_not_null()) if _close(epochs) else 0.0,
        early=isinstance(middle, float) and middle < EARLY,
    )


def _epochs(texts: pl.Series) -> pl.Series:
    """Seconds since 1970 in microseconds; null for all else."""
    groups = texts.str.extract_groups(_EPOCH).struct.unnest()
    seconds, thousandths = (groups[name].cast(pl.Int64, strict=False) for name in groups.columns)
    return seconds * 1_000_000 + thousandths.fill_null(0) * 1_000


def _close(instants: pl.Series) -> bool:
    """Whether instants lie within a season, as those of a report do and telephone numbers do not."""
    low, high = instants.min(), instants.max()
    return isinstance(low, int) and isinstance(high, int) and high - low <= SEASON * 31 * 86_400_000_000


def _share(found: pl.Series) -> float:
    return float(found.sum()) / len(found) if len(found) else 0.0


def _groups(texts: pl.Series, pattern: str, names: list[str]) -> pl.DataFrame:
    groups = texts.str.extract_groups(pattern)
    frame = groups.struct.unnest()
    frame.columns = names
    return frame


def _parts(texts: pl.Series) -> pl.DataFrame:
    """The three parts of each date as they stand (y, m, d when it is written so, without marks between)."""
    frame = _groups(texts, rf"^{_DATE}(?:{_BETWEEN}.*)?$", ["y", "m", "d"])
    missing = frame["y"].is_null() & texts.is_not_null()
    if missing.any():
        compact = _groups(
            texts, r"^((?:19|20)\d{2})(\d{2})(\d{2})(?:[t ]?\d{2}:?\d{2}(?::?\d{2})?z?)?$", ["y", "m", "d"]
        )
        serial = _serial_dates(texts)
        frame = pl.DataFrame(
            {name: frame[name].zip_with(~missing, compact[name].fill_null(serial[name])) for name in ("y", "m", "d")}
        )
    return frame


def _serial_dates(texts: pl.Series) -> pl.DataFrame:
    """Days as a spreadsheet counts them, where a number was never formatted as a date."""
    days = texts.str.extract(_SERIAL).cast(pl.Int32, strict=False)
    dates = (days - 25_569).cast(pl.Date)
    return pl.DataFrame({"y": dates.dt.strftime("%Y"), "m": dates.dt.strftime("%m"), "d": dates.dt.strftime("%d")})


def dates_of(texts: pl.Series, language: str, month: str | None = None, preferred: str = "dmy") -> Dates:
    """How the dates of a column are written: the order by which most are days, that lie in fewest months.

    A report is about one month, so the wrong order shows: it scatters the lines over the year. `month` (YYYY-MM) is
    the one that the report is about, if it is known; `preferred` decides where nothing else does.
    """
    plain = without_names(texts.drop_nulls(), language)
    parts = _parts(plain).drop_nulls().unique()
    if not len(parts) and _epochs(plain).is_not_null().any():
        return Dates(order="ymd")
    year_first = parts["y"].str.len_chars() == 4
    if len(parts) and year_first.all():
        return Dates(order="ymd")
    mixed = bool(year_first.any())
    parts = parts.filter(~year_first)
    if parts["m"].str.starts_with("m").any():
        return Dates(order="dmy")
    if parts["y"].str.starts_with("m").any():
        return Dates(order="mdy")
    ranked = []
    for order in ORDERS:
        days = _days(parts, order)
        valid = int(days.is_not_null().sum())
        inside = 0 if month is None else int((days.dt.strftime("%Y-%m") == month).sum())
        months = days.dt.strftime("%Y-%m").n_unique()
        ranked.append(((-valid, -inside, months, order != preferred), order, days))
    ranked.sort(key=lambda rank: rank[0])
    (best, order, days), (second, _, other) = ranked[0], ranked[1]
    certain = best[:3] != second[:3] or days.equals(other)
    return Dates(order=order, certain=certain and not mixed)


def _days(parts: pl.DataFrame, order: str) -> pl.Series:
    """Dates from three parts; null where they are none in this order."""
    first, second, third = parts["y"], parts["m"], parts["d"]
    written = first.str.len_chars() == 4
    if order == "ymd":
        year, month, day = first, second, third
    elif order == "dmy":
        year, month, day = third, second, first
    else:
        year, month, day = third, first, second
    year = first.zip_with(written, year)
    month = second.zip_with(written, month)
    day = third.zip_with(written, day)
    year = (pl.Series(["20"]) + year).zip_with(year.str.len_chars() == 2, year)
    text = year + "-" + month.str.strip_prefix("m").str.zfill(2) + "-" + day.str.strip_prefix("m").str.zfill(2)
    return text.str.to_date("%Y-%m-%d", strict=False)


def _clock(texts: pl.Series) -> pl.DataFrame:
    """The parts of each time of day, wherever a date stands before it."""
    frame = _groups(texts, rf"^(?:{_DATE}{_BETWEEN})?{_TIME}$", ["_1", "_2", "_3", *CLOCK_PARTS]).select(CLOCK_PARTS)
    missing = frame["h"].is_null() & texts.is_not_null()
    if not missing.any():
        return frame
    compact = _groups(texts, _COMPACT_BOTH, ["_1", "_2", "_3", "h", "mi", "s"])
    bare = _groups(texts, r"^(\d{2})(\d{2})(\d{2})$", ["h", "mi", "s"])
    fraction = texts.str.extract(_FRACTION).fill_null(texts.str.extract(_SERIAL, 2))
    whole_day = texts.str.contains(r"^0$|^[2-7]\d{4}$").fill_null(False)
    fraction = fraction.set(whole_day & fraction.is_null(), "0")
    seconds = ((pl.Series(["0."]) + fraction).cast(pl.Float64, strict=False) * 86_400).round().cast(pl.Int32)
    serial = pl.DataFrame(
        {
            "h": (seconds // 3600).cast(pl.String),
            "mi": (seconds // 60 % 60).cast(pl.String),
            "s": (seconds % 60).cast(pl.String),
        }
    )
    found = {
        name: frame[name].fill_null(compact[name]).fill_null(bare[name]).fill_null(serial[name])
        for name in ("h", "mi", "s")
    }
    return frame.with_columns(**found)


def local_times(dates: pl.Series, times: pl.Series | None, how: Dates, language: str) -> pl.DataFrame:
    """The beginning of each call: `local` (naive, microseconds; null if unreadable), `offset_min` (minutes from UTC
    where the text says so), `has_seconds`.

    `dates` may hold the time as well; then `times` is None. A whole day without any time is no beginning.
    """
    dates = without_names(dates, language)
    clock = _clock(without_names(times, language) if times is not None else dates)
    days = _days(_parts(dates), how.order)
    half = clock["half"].fill_null(clock["half2"])
    hour = clock["h"].cast(pl.Int32, strict=False)
    twelve = (half.is_not_null() & hour.is_between(1, 12)).fill_null(False)
    hour = (hour % 12 + 12 * (half == "pm").fill_null(False).cast(pl.Int32)).zip_with(twelve, hour)
    odd = (half.is_not_null() & hour.is_null()).fill_null(False)
    minute = clock["mi"].cast(pl.Int32, strict=False)
    second = clock["s"].cast(pl.Int32, strict=False)
    valid = (
        hour.is_between(0, 23) & minute.is_between(0, 59) & second.fill_null(0).is_between(0, 59) & ~odd
    ).fill_null(False)
    micros = clock["frac"].str.pad_end(6, "0").str.head(6).cast(pl.Int64, strict=False).fill_null(0)
    since = ((hour.cast(pl.Int64) * 60 + minute) * 60 + second.fill_null(0)) * 1_000_000 + micros
    local = days.cast(pl.Datetime("us")) + since.cast(pl.Duration("us"))
    zone = clock["zone"]
    sign = 1 - 2 * zone.str.starts_with("-").cast(pl.Int32)
    offset = sign * (
        zone.str.extract(r"[+-](\d{2})").cast(pl.Int32) * 60 + zone.str.extract(r"[+-]\d{2}:?(\d{2})").cast(pl.Int32)
    )
    offset = offset.set(zone.is_in(["z", "utc", "gmt"]).fill_null(False), 0)
    local = local.zip_with(valid, pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, len(local)))
    has_seconds = clock["s"].is_not_null()
    if times is None:
        counted = _epochs(dates).cast(pl.Datetime("us"))
        since_1970 = local.is_null() & counted.is_not_null()
        local, has_seconds = local.fill_null(counted), has_seconds | since_1970
        offset = offset.set(since_1970, 0)
    return pl.DataFrame({"local": local, "offset_min": offset, "has_seconds": has_seconds})


def twelve_hours(texts: pl.Series, language: str) -> bool:
    """Whether times are written with halves of the day."""
    return bool(without_names(texts.drop_nulls().head(500), language).str.contains(r"\b(?:am|pm)\b").any())
