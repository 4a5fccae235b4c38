"""Asterisk call detail records: rows of a CSV file with local times, several of which may make up one call."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from services.calls.connectors.base import Reading, Slice, Unreadable
from services.calls.connectors.fields import (
    both_items,
    derived_sale,
    flags,
    identifier,
    json_object,
    milliseconds,
    phone,
    placed,
    required,
    skew,
    text,
    whole,
)
from services.calls.connectors.local_times import (
    SAME_MOMENT,
    channel_began,
    happens_twice,
    in_utc,
    local_time,
    settled,
    shifted,
)
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_UNANSWERED = {"NO ANSWER": "no-answer", "BUSY": "busy", "FAILED": "failed", "CONGESTION": "failed"}

Row = Mapping[str, str]


def split(body: bytes, settings: SourceSettings) -> list[Slice]:
    """One slice a row, as sent. A row with another number of columns makes the whole file Unreadable."""
    columns = _columns(settings)
    try:
        lines = body.decode().splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8") from error
    slices, begin = [], 0
    reader = csv.reader(lines, strict=True)
    try:
        for values in reader:
            raw = "".join(lines[begin : reader.line_num]).encode()
            begin = reader.line_num
            if not values:
                continue
            if len(values) != len(columns):
                raise Unreadable("a row has another number of columns")
            slices.append(Slice(raw, f"call:{_linked(dict(zip(columns, values, strict=True)))}", {"kind": "cdr"}))
    except csv.Error as error:
        raise Unreadable("the file is not CSV") from error
    return slices


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """One row under `<uniqueid>/<linkedid>/<sequence>`, as a note with its times in UTC."""
    row = _row(item.raw, settings)
    linked, unique, sequence = _linked(row), required(row, "uniqueid"), identifier(row, "sequence") or ""
    key = f"{unique}/{linked}/{sequence}"
    options = json_object(settings.options.get("cdr"), "cdr")
    times = _times(row, unique, ZoneInfo(settings.time_zone))
    inbound = _on_trunk(row.get("channel", ""), settings)
    talk, talk_flags = milliseconds(row.get("billsec"))
    outcome = (text(row, "disposition") or "").upper()
    note = Observation(
        kind="row",
        at=times.start,
        call=linked,
        leg=f"{linked}/{sequence or unique}",
        agent=_extension(row.get("dstchannel" if inbound else "channel", ""), settings),
        customer=phone(_with_plus(text(row, "src" if inbound else "dst"))),
        flags=flags(talk_flags, ("ambiguous_local_time",) if times.ambiguous else ()),
        data={
            "received_at": received_at.isoformat(),
            "answer": times.answer.isoformat() if times.answer and outcome == "ANSWERED" else None,
            "end": times.end.isoformat(),
            "sequence": whole(sequence) or 0,
            "inbound": inbound,
            "dialed": text(row, "dst") if inbound else None,  # of an outbound call it is the customer's number
            "reason": "completed" if outcome == "ANSWERED" else _UNANSWERED.get(outcome, "failed"),
            "talk_ms": talk,
            "place": placed(settings, campaigns=text(row, str(options.get("campaign_column"))), queues=None),
            "result": text(row, str(options.get("disposition_column"))),
        },
        items=(key,),
    )
    return Reading(key=key, notes=(note,))


def translate(rows: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """All rows of one call. The first gives the start; one that begins when an answered one ended is a transfer.

    A row that rang beside an answered one gives nothing: it is one of several devices that rang together.
    """
    ordered = sorted(rows, key=lambda row: (row.at, row.data["sequence"], row.items))
    answered_starts = {row.at for row in ordered if row.data["answer"]}
    told = [row for row in ordered if row.data["answer"] or row.at not in answered_starts]
    found = [_start(ordered[0])] if ordered else []
    followers: dict[tuple[str, ...], Observation] = {
        before.items: after
        for before, after in pairwise(told)
        if timedelta(0) <= after.at - _time(before, "end") <= SAME_MOMENT
    }
    for row in told:
        found += _tell(row, followers.get(row.items), settings)
    return found


@dataclass(frozen=True)
class _Times:
    start: datetime
    answer: datetime | None
    end: datetime
    ambiguous: bool


def _times(row: Row, unique: str, zone: ZoneInfo) -> _Times:
    """The times of a row in UTC. Of a start that happens twice, the first that is not before the channel began; an
    answer or end that happens twice is worked out from the start and the durations."""
    local_start = local_time(text(row, "start"), "start")
    if local_start is None:
        raise Unreadable("start is missing")
    start, twice = settled(local_start, zone, channel_began(unique))
    duration, billed = whole(row.get("duration")), whole(row.get("billsec"))
    ambiguous = twice
    local_end = local_time(text(row, "end"), "end")
    end_twice = local_end is not None and happens_twice(local_end, zone)
    ambiguous |= end_twice
    if local_end is None or end_twice or twice:
        if duration is None:
            raise Unreadable("neither end nor duration tells when the call ended")
        end = shifted(start, duration)
    else:
        end = in_utc(local_end, zone)
    local_answer = local_time(text(row, "answer"), "answer")
    answer = None
    if local_answer is not None:
        answer_twice = happens_twice(local_answer, zone)
        ambiguous |= answer_twice
        answer = in_utc(local_answer, zone)
        if (answer_twice or twice) and billed is not None:
            answer = shifted(end, -billed)
    return _Times(start, answer, end, ambiguous)


def _start(row: Observation) -> Observation:
    data = {
        "direction": "inbound" if row.data["inbound"] else "outbound",
        "phase": "ringing" if row.data["inbound"] else "dialing",
        "our_number": None,
        **row.data["place"],
    }
    return _observation(row, "CallStarted", row.at, data, customer=row.customer, leg=None, agent=None)


def _tell(row: Observation, after: Observation | None, settings: SourceSettings) -> list[Observation]:
    end = _time(row, "end")
    answered = bool(row.data["answer"])
    handed_on = after if answered else None
    found = []
    if answered:
        found.append(_observation(row, "CallAnswered", _time(row, "answer"), {"answered_by": "human"}))
    if handed_on is not None:
        to = {"to": handed_on.agent, "to_kind": "agent"}
        if handed_on.agent is None:
            to = {"to": handed_on.data["dialed"], "to_kind": "extension"}
        found.append(_observation(row, "CallTransferred", end, {"mode": "blind", **to}, other=handed_on))
    ended = {
        "scope": "call" if after is None else "leg",
        "reason": "transferred" if handed_on else row.data["reason"],
        "ended_by": "agent" if handed_on else "unknown",
        "talk_ms": row.data["talk_ms"],
        "hold_ms": None,
    }
    found.append(_observation(row, "CallEnded", end, ended, other=after))
    native = row.data["result"]
    if native:
        canonical = settings.dispositions.get(native, "other")
        result = {"native": native, "canonical": canonical, "wrap_ms": None, "corrected": False}
        found.append(_observation(row, "CallDispositioned", end, result))
        if canonical in settings.sale_on:
            found.append(_observation(row, "SaleRecorded", end, derived_sale()))
    return found


def _observation(
    row: Observation,
    kind: str,
    at: datetime,
    data: dict[str, Any],
    other: Observation | None = None,
    **about: str | None,
) -> Observation:
    of_end = kind == "CallEnded"
    kept = [flag for flag in row.flags if of_end or flag != "negative_duration"]
    return Observation(
        kind=kind,
        at=at,
        call=row.call,
        leg=about.get("leg", row.leg),
        agent=about.get("agent", row.agent),
        customer=about.get("customer"),
        flags=flags(kept, skew(at, _time(row, "received_at"))),
        data=data,
        items=both_items(row, other),
    )


def _time(row: Observation, name: str) -> datetime:
    return datetime.fromisoformat(row.data[name])


def _columns(settings: SourceSettings) -> list[str]:
    columns = json_object(settings.options.get("cdr"), "cdr").get("columns")
    if not columns:
        raise Unreadable("the source does not say which columns its files have")
    return list(columns)


def _row(raw: bytes, settings: SourceSettings) -> Row:
    columns = _columns(settings)
    try:
        rows = list(csv.reader(raw.decode().splitlines(keepends=True), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable("the row is not CSV") from error
    if len(rows) != 1 or len(rows[0]) != len(columns):
        raise Unreadable("the row has another number of columns")
    return dict(zip(columns, rows[0], strict=True))


def _linked(row: Row) -> str:
    return identifier(row, "linkedid") or required(row, "uniqueid")


def _on_trunk(channel: str, settings: SourceSettings) -> bool:
    trunks = settings.options.get("trunk_channels") or ()
    return any(channel == trunk or channel.startswith(f"{trunk}-") for trunk in trunks)


def _extension(channel: str, settings: SourceSettings) -> str | None:
    """`101` of `PJSIP/101-00000031`; None for a trunk or no channel at all."""
    if _on_trunk(channel, settings):
        return None
    name = channel.partition("/")[2]
    return identifier({"channel": name.rpartition("-")[0] or name}, "channel")


def _with_plus(number: str | None) -> str | None:
    return f"+{number}" if number and number.isascii() and number.isdigit() else number
