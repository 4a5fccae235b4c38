"""Days and times as a partner writes them: one of its own cells with the figures of another moment in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from services.reconciliation.matching.clocks import Dates, local_times
from services.reconciliation.matching.months import HALVES, month_names
from services.reconciliation.matching.own import in_zone
from services.reconciliation.matching.words import folded

_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_SERIAL = re.compile(r"([2-7]\d{4})(?:([.,])(\d+))?")
_FRACTION = re.compile(r"0?([.,])(\d{3,})")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 wall clocks have no zone
_ORDERS = {"ymd": "YMD", "dmy": "DMY", "mdy": "MDY"}
_SAMPLE = 2_000
_DIGITS_OF_SECONDS = 10


class Moments:
    """Writes moments as a column does. `field`: datetime, date or time; `texts` and `locals_`: its cells, and what was
    read from their lines; `zone`: the partner's, whose wall clock the moments are on, for cells that say how far from
    UTC they are."""

    def __init__(
        self,
        field: str,
        texts: Sequence[str | None],
        locals_: Sequence[datetime | None],
        order: str,
        language: str,
        zone: str = "UTC",
    ) -> None:
        self._field = field
        self._zone = ZoneInfo(zone)
        self._order = order
        self._language = language
        self._months = month_names(language)
        self._by_day: dict[tuple[date, bool], str] = {}
        self._by_month: dict[tuple[int, int], str] = {}
        self._any = ""
        self._words: dict[int, str] = {}
        self._halves: dict[bool, str] = {}
        self._short: set[str] = set()
        for text, local in list(zip(texts, locals_, strict=True)):
            if not text or local is None:
                continue
            late = local.hour >= 12
            self._by_day.setdefault((local.date(), late), text)
            self._by_month.setdefault((local.month, local.weekday()), text)
            self._any = self._any or text
        for text in list(dict.fromkeys([*self._by_day.values(), *self._by_month.values()]))[:_SAMPLE]:
            self._learn(text)
        used = list(dict.fromkeys([*self._by_day.values(), *self._by_month.values(), self._any]))
        self._offsets: dict[str, int | None] = {}
        if field == "datetime":
            told = local_times(pl.Series(used, dtype=pl.String), None, Dates(order=order), language)
            self._offsets = dict(zip(used, told["offset_min"].to_list(), strict=True))

    def written(self, moments: Sequence[datetime]) -> list[str]:
        """Each moment as text; a plain form where the column's own would be read otherwise."""
        found = [self._write(moment) for moment in moments]
        read = self._read(found, moments)
        return [
            text if self._same(got, moment, text) else self._plain(moment)
            for text, got, moment in zip(found, read, moments, strict=True)
        ]

    def _read(self, texts: list[str], moments: Sequence[datetime]) -> list[datetime | None]:
        if not texts:
            return []
        series, how = pl.Series(texts, dtype=pl.String), Dates(order=self._order)
        if self._field == "datetime":
            told = local_times(series, None, how, self._language)
            there = in_zone(pl.col("local") - pl.duration(minutes=pl.col("offset_min")), self._zone.key)
            wall = pl.when(pl.col("offset_min").is_null()).then("local").otherwise(there)
            return told.select(wall.alias("local"))["local"].to_list()
        if self._field == "date":
            return local_times(series, pl.Series(["00:00"]).new_from_index(0, len(texts)), how, self._language)[
                "local"
            ].to_list()
        days = pl.Series([f"{moment:%Y-%m-%d}" for moment in moments])
        return local_times(days, series, how, self._language)["local"].to_list()

    def _same(self, got: datetime | None, moment: datetime, text: str) -> bool:
        if got is None:
            return False
        if self._field == "date":
            return got.date() == moment.date()
        seconds = 0 if got.second == 0 and self._without_seconds(text) else moment.second
        return got.replace(microsecond=0) == moment.replace(second=seconds, microsecond=0)

    def _without_seconds(self, text: str) -> bool:
        return _SERIAL.fullmatch(text) is None and "S" not in [part for _, part in self._parts(text)]

    def _plain(self, moment: datetime) -> str:
        days = {"ymd": "%Y-%m-%d", "dmy": "%d.%m.%Y", "mdy": "%m/%d/%Y"}[self._order]
        return moment.strftime({"datetime": f"{days} %H:%M:%S", "date": days, "time": "%H:%M:%S"}[self._field])

    def _template(self, moment: datetime) -> str:
        day, late = moment.date(), moment.hour >= 12
        for key in ((day, late), (day, not late)):
            if key in self._by_day:
                return self._by_day[key]
        return self._by_month.get((moment.month, moment.weekday())) or self._any

    def _parts(self, text: str) -> list[tuple[re.Match[str], str]]:
        """The figures of a text and what each is: Y M D, h m S, f for a fraction; N is a month's name."""
        wanted = "" if self._field == "time" else _ORDERS[self._order]
        first = re.search(r"\d+", text)
        if wanted and first is not None and len(first[0]) == 4:
            wanted = "YMD"
        clock = "" if self._field == "date" else "hmSf"
        left = list(wanted + clock)
        halves = [half.span() for half in HALVES.finditer(text.lower())]
        found = []
        for token in _TOKEN.finditer(text):
            if not left:
                break
            if token[0][0].isdigit():
                long = {8: ("YMD", "%Y%m%d"), 6: ("hmS", "%H%M%S"), 14: ("YMDhmS", ""), 12: ("YMDhm", "")}
                whole = long.get(len(token[0]), ("", ""))[0]
                if whole and "".join(left).startswith(whole):
                    found.append((token, whole))
                    left = left[len(whole) :]
                elif left[0] == "S" and text[token.start() - 1] in "+-":
                    break  # no seconds, and a distance from UTC
                elif left[0] == "f" and text[token.start() - 1] not in ".,":
                    break
                else:
                    found.append((token, left.pop(0)))
            elif "M" in left and folded(token[0]) in self._months and not _within(token, halves):
                left.remove("M")
                found.append((token, "N"))
        return found

    def _learn(self, text: str) -> None:
        for token, part in self._parts(text):
            if part in "MDhmS" and len(token[0]) == 1:
                self._short.add(part)
            elif part == "N":
                self._words.setdefault(self._months[folded(token[0])], token[0])
        half = HALVES.search(text.lower())
        if half is not None:
            self._halves.setdefault(half["pm"] is not None, text[half.start() : half.end()])

    def _write(self, moment: datetime) -> str:
        text = self._template(moment)
        offset = self._offsets.get(text)
        if offset is not None:
            instant = moment.replace(tzinfo=self._zone).astimezone(UTC)
            if text.isdigit():  # seconds or milliseconds since 1970
                return f"{int(instant.timestamp())}" + "000" * (len(text) > _DIGITS_OF_SECONDS)
            moment = instant.replace(tzinfo=None) + timedelta(minutes=offset)
        serial, fraction = _SERIAL.fullmatch(text), _FRACTION.fullmatch(text)
        if serial is not None:
            return _as_serial(moment, serial[2] or ("." if self._field != "date" else ""), len(serial[3] or "") or 8)
        if fraction is not None and self._field == "time":
            share = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second) / timedelta(days=1)
            return f"{share:.{max(6, len(fraction[2]))}f}".replace(".", fraction[1])
        half = HALVES.search(text.lower()) if self._field != "date" else None
        pieces: list[tuple[int, int, str]] = []
        for token, part in self._parts(text):
            pieces.append((token.start(), token.end(), self._figure(part, token[0], moment, half is not None)))
        if half is not None:
            late = moment.hour >= 12
            other = "pm" if late else "am"
            pieces.append((half.start(), half.end(), self._halves.get(late, other)))
        for low, high, piece in sorted(pieces, reverse=True):
            text = text[:low] + piece + text[high:]
        return text

    def _figure(self, part: str, was: str, moment: datetime, twelve: bool) -> str:
        if len(part) > 1:
            forms = {"Y": "%Y", "M": "%m", "D": "%d", "h": "%H", "m": "%M", "S": "%S"}
            return moment.strftime("".join(forms[one] for one in part))
        if part == "N":
            return self._words.get(moment.month, f"{moment.month:02d}")
        if part == "f":
            return "0" * len(was)
        hour = (moment.hour % 12 or 12) if twelve else moment.hour
        value = {
            "Y": moment.year if len(was) == 4 else moment.year % 100,
            "M": moment.month,
            "D": moment.day,
            "h": hour,
            "m": moment.minute,
            "S": moment.second,
        }[part]
        return f"{value}" if part in self._short else f"{value:02d}"


def _as_serial(moment: datetime, mark: str, digits: int) -> str:
    days = (moment.replace(microsecond=0) - _EPOCH) / timedelta(days=1)
    return f"{days:.{digits}f}".replace(".", mark) if mark else f"{int(days)}"


def _within(token: re.Match[str], spans: Sequence[tuple[int, int]]) -> bool:
    return any(low <= token.start() < high for low, high in spans)
