"""What the notes of one lead say together: its calls, each with the agents who had it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from services.calls.connectors.base import Unreadable
from services.calls.connectors.fields import KINDS, derived_sale, flags, in_order, not_negative, skew
from services.calls.connectors.local_times import shifted
from services.calls.connectors.vicidial_urls import unanswered
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

SAME_EVENT = timedelta(seconds=30)
"""Within how long the same event of a screen, with the same counter, is a second copy of it."""

BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=10)
"""How far outside a row of the report, which is in seconds of the dialler's own clock, its call may have been told."""

_HANDED_ON = "XFER"

Leg = tuple[str, str]


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Answers, results and ends by call and agent; what a screen did belongs to the call that its agent then had. A
    row of the report tells of a call only where no URL did."""
    answers = _first_answers(notes)
    found = [note for note in notes if note.kind in KINDS]
    found += [_answer(leg, note) for leg, note in answers.items()]
    found += _results(notes, answers, settings)
    found += [o for note in notes if note.kind == "noagent" for o in _unanswered(note, settings)]
    found += _screens(notes, answers)
    told = [note for note in notes if note.kind in ("start", "dispo", "noagent")]
    found += [o for note in notes if note.kind == "row" and not _is_told(note, told) for o in _row(note, settings)]
    return in_order(found)


def _leg(note: Observation) -> Leg:
    return note.call or "", note.agent or ""


def _first_answers(notes: Sequence[Observation]) -> dict[Leg, Observation]:
    found: dict[Leg, Observation] = {}
    for note in sorted(_of(notes, "start"), key=lambda note: (note.at, note.items)):
        found.setdefault(_leg(note), note)
    return found


def _of(notes: Sequence[Observation], kind: str) -> list[Observation]:
    return [note for note in notes if note.kind == kind]


def _named(leg: Leg) -> str:
    return "/".join(part for part in leg if part)


def _answer(leg: Leg, note: Observation) -> Observation:
    data = {"answered_by": "human", **note.data["told"]}
    return msgspec.structs.replace(note, kind="CallAnswered", leg=_named(leg), data=data)


def _results(
    notes: Sequence[Observation], answers: dict[Leg, Observation], settings: SourceSettings
) -> Iterator[Observation]:
    """The first result of a leg ends it; another one later corrects it and ends nothing."""
    latest: dict[Leg, str] = {}
    sold: set[Leg] = set()
    for note in sorted(_of(notes, "dispo"), key=lambda note: (note.at, note.items)):
        leg, native = _leg(note), str(note.data["status"])
        if latest.get(leg) == native:
            continue
        wrap: int | None = None
        wrong: tuple[str, ...] = ()
        if leg not in latest:
            end, wrap, wrong = _ended(note, answers.get(leg))
            if end is not None:
                yield msgspec.structs.replace(end, leg=_named(leg))
        canonical = settings.dispositions.get(native, "other")
        result = {"native": native, "canonical": canonical, "wrap_ms": wrap, "corrected": leg in latest}
        latest[leg] = native
        yield msgspec.structs.replace(
            note, kind="CallDispositioned", leg=_named(leg), flags=flags(note.flags, wrong), data=result
        )
        if canonical in settings.sale_on and leg not in sold:
            sold.add(leg)
            yield msgspec.structs.replace(note, kind="SaleRecorded", leg=_named(leg), data=derived_sale())


def _ended(note: Observation, answer: Observation | None) -> tuple[Observation | None, int | None, tuple[str, ...]]:
    """The end of a leg at its answer and talk, the wrap-up after it, and its flags.

    Where nobody told of the answer (calls that an agent dials have none), the leg was over when it got its result.
    """
    talk = note.data["talk_s"]
    if talk is None:
        return None, None, ()
    at, found = note.at, note.flags
    wrap: int | None = None
    wrong: tuple[str, ...] = ()
    if answer is not None:
        seconds, negative = not_negative(talk)
        try:
            at = shifted(answer.at, seconds)
        except Unreadable:  # a talk of years: the result came before
            at = note.at
        wrap, wrong = not_negative((note.at - at) // timedelta(milliseconds=1))
        found = flags(skew(at, datetime.fromisoformat(note.data["received_at"])), negative)
    handed_on = note.data["status"] == _HANDED_ON
    data = {
        "scope": "leg" if handed_on else "call",
        "reason": "transferred" if handed_on else "completed",
        "ended_by": note.data["ended_by"],
        "talk_ms": None,
        "hold_ms": None,
    }
    return msgspec.structs.replace(note, kind="CallEnded", at=at, flags=found, data=data), wrap, wrong


def _unanswered(note: Observation, settings: SourceSettings) -> list[Observation]:
    native = str(note.data["status"])
    reason, ended_by = unanswered(native, settings)
    end = {"scope": "call", "reason": reason, "ended_by": ended_by, "talk_ms": None, "hold_ms": None}
    canonical = settings.dispositions.get(native, "other")
    result = {"native": native, "canonical": canonical, "wrap_ms": None, "corrected": False}
    about = msgspec.structs.replace(note, leg=note.call, agent=None)
    return [
        msgspec.structs.replace(about, kind="CallEnded", data={**end, **note.data["told"]}),
        msgspec.structs.replace(about, kind="CallDispositioned", customer=None, data=result),
    ]


def _screens(notes: Sequence[Observation], answers: dict[Leg, Observation]) -> Iterator[Observation]:
    """Holds and transfers, each copy of an event once, by the call that the agent had taken last."""
    seen: dict[tuple[str | None, str, str], datetime] = {}
    for note in sorted(_of(notes, "screen"), key=lambda note: (note.at, note.items)):
        same = (note.agent, str(note.data["event"]), str(note.data["counter"]))
        before = seen.get(same)
        seen[same] = note.at
        leg = _taken_last(note, answers)
        if leg is None or (before is not None and note.at - before <= SAME_EVENT):
            continue
        kind = str(note.data["kind"])
        data: dict[str, Any] = {}
        if kind == "CallTransferred":
            to = note.data["to"]
            to_kind = "queue" if note.data["event"] == "transfer_local_closer" else "extension"
            data = {"mode": "blind", "to": to, "to_kind": to_kind if to else "unknown"}
        yield msgspec.structs.replace(note, kind=kind, call=leg[0], leg=_named(leg), data=data)


def _taken_last(note: Observation, answers: dict[Leg, Observation]) -> Leg | None:
    """The latest call that the agent had by then; the first one where the dialler's clock is ahead of ours."""
    mine = sorted((answer.at, leg) for leg, answer in answers.items() if leg[1] == note.agent)
    taken = [leg for at, leg in mine if at <= note.at]
    return taken[-1] if taken else mine[0][1] if mine else None


def _is_told(row: Observation, told: Sequence[Observation]) -> bool:
    """Whether a URL told of the row's call: by its id where the report has it, else by the time."""
    call = row.data["call"]
    if call:
        return any(note.call == call for note in told)
    since = row.at - BEFORE
    until = row.at + timedelta(seconds=row.data["length_s"]) + AFTER
    return any(since <= note.at <= until for note in told)


def _row(row: Observation, settings: SourceSettings) -> list[Observation]:
    """A call of which only the report tells."""
    received_at = datetime.fromisoformat(row.data["received_at"])
    native = str(row.data["status"])
    canonical = settings.dispositions.get(native, "other")
    reason, ended_by = ("completed", "unknown") if row.agent else unanswered(native, settings)
    about = msgspec.structs.replace(row, customer=None, leg=_named(_leg(row)))
    ended_at = shifted(row.at, row.data["length_s"])
    end = {"scope": "call", "reason": reason, "ended_by": ended_by, "talk_ms": None, "hold_ms": None}
    result = {"native": native, "canonical": canonical, "wrap_ms": None, "corrected": False}
    found = [
        msgspec.structs.replace(row, kind="CallStarted", agent=None, data=row.data["start"]),
        msgspec.structs.replace(about, kind="CallEnded", at=ended_at, data=end),
        msgspec.structs.replace(about, kind="CallDispositioned", at=ended_at, data=result),
    ]
    if row.agent:
        answered_at = shifted(row.at, min(row.data["waited_s"], row.data["length_s"]))
        found.append(msgspec.structs.replace(about, kind="CallAnswered", at=answered_at, data={"answered_by": "human"}))
        if canonical in settings.sale_on:
            found.append(msgspec.structs.replace(about, kind="SaleRecorded", at=ended_at, data=derived_sale()))
    return [msgspec.structs.replace(o, flags=flags(o.flags, skew(o.at, received_at))) for o in found]
