"""Any file of calls with a row each, by the source's settings: which column says what, and how times are written.

`options.csv` is a `Setup`. Deliveries show a bearer key.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from services.calls.connectors.base import Connector, Delivery, Reading, Slice, Split, Unreadable
from services.calls.connectors.configured import TimeForm, moment, observation, plain, setup_of, together
from services.calls.connectors.fields import flags, skew
from services.calls.connectors.local_times import LAYOUT, local_time, settled
from services.calls.connectors.signatures import bearer
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MAX_COLUMNS = 500

Column = Literal[
    "call", "leg", "agent", "customer_number", "our_number", "direction", "campaign", "queue",
    "started", "answered", "ended", "reason", "ended_by", "talk_s", "talk_ms", "hold_s", "hold_ms",
    "disposition", "wrap_s", "wrap_ms", "order_ref", "sku", "quantity", "amount", "currency", "version",
]  # fmt: skip


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the rows of a source are read. `fields` are, by our name, the columns that a row of a call has; `call` and
    `started` or `ended` must be among them. Without `columns` the first line names them.

    A row is known by its call and leg; a newer `version` of it (compared as text) replaces what an older one said, and
    where there is no such column the row that came later does.
    `values` are, by our name of a field, our words for the platform's. `fixed` holds for all rows. `decimal` is the
    mark that amounts have.
    """

    fields: dict[Column, str]
    columns: tuple[str, ...] | None = None
    delimiter: str = ","
    encoding: Literal["utf-8", "utf-8-sig", "cp1250", "cp1252", "latin-1", "utf-16"] = "utf-8-sig"
    times: TimeForm = "local"
    layout: str = LAYOUT
    values: dict[Column, dict[str, str]] = {}
    fixed: dict[Column, str] = {}
    decimal: Literal[".", ","] = "."


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a row, with the values that are used of it. A row with another number of columns makes the whole file
    Unreadable."""
    setup = _setup(settings)
    try:
        text = delivery.body.decode(setup.encoding)
    except UnicodeError as error:
        raise Unreadable(f"the file is not {setup.encoding}") from error
    rows = _rows(text, setup)
    columns = list(setup.columns) if setup.columns is not None else next(rows, [])
    if len(columns) > MAX_COLUMNS or len(set(columns)) < len(columns) or not set(columns) >= set(setup.fields.values()):
        raise Unreadable("the columns are not those that the source's options name")
    places = {name: columns.index(column) for name, column in setup.fields.items()}
    slices = []
    for values in rows:
        if not values:
            continue
        if len(values) != len(columns):
            raise Unreadable("a row has another number of columns")
        raw = msgspec.json.encode({name: values[place] for name, place in places.items()})
        call = plain(values[places["call"]])
        slices.append(Slice(raw, f"call:{call}" if call else f"other:{hashlib.sha256(raw).hexdigest()[:32]}"))
    return Split(tuple(slices))


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """A row under its call and leg: what of a call it has the columns for."""
    setup = _setup(settings)
    row = msgspec.json.decode(item.raw, type=dict[str, str])
    values: dict[str, Any] = {str(name): value for name, value in setup.fixed.items()}
    for name, sent in row.items():
        value = plain(sent)
        if value is not None:
            values[name] = setup.values.get(name, {}).get(value, value)  # type: ignore[call-overload]
    if values.get("call") is None:
        raise Unreadable("the row names no call")
    if setup.decimal != "." and "amount" in values:
        values["amount"] = str(values["amount"]).replace(".", "").replace(setup.decimal, ".")
    key = f"{values['call']}/{values.get('leg', '')}"
    notes = [
        msgspec.structs.replace(note, flags=flags(note.flags, skew(note.at, received_at)))
        for note in _told(values, key, setup, settings)
    ]
    return Reading(key=key, version=values.get("version") or received_at.isoformat(), notes=tuple(notes))


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Only the last row of a call ends it; what ends before ends a leg."""
    ends = sorted((note for note in notes if note.kind == "CallEnded"), key=lambda note: (note.at, note.items))
    before = {note.items for note in ends[:-1]}
    told = [
        msgspec.structs.replace(note, data={**note.data, "scope": "leg"})
        if note.kind == "CallEnded" and note.items in before
        else note
        for note in notes
    ]
    return together(told, settings)


def _setup(settings: SourceSettings) -> Setup:
    setup = setup_of(settings, "csv", Setup)
    if "call" not in setup.fields or not {"started", "ended"} & set(setup.fields) or len(setup.delimiter) != 1:
        raise Unreadable("options.csv of the source names no call, no time, or no delimiter")
    return setup


def _rows(text: str, setup: Setup) -> Iterator[list[str]]:
    try:
        yield from csv.reader(StringIO(text, newline=""), delimiter=setup.delimiter, strict=True)
    except (csv.Error, TypeError, ValueError) as error:
        raise Unreadable("the file is not CSV") from error


Times = dict[str, datetime | None]


def _times(values: dict[str, Any], setup: Setup, settings: SourceSettings) -> tuple[Times, tuple[str, ...]]:
    """Start, answer and end in UTC. Of a local time that happens twice the first that is not before the one before."""
    times: Times = {}
    found: tuple[str, ...] = ()
    before: datetime | None = None
    for name in ("started", "answered", "ended"):
        sent = values.get(name)
        if setup.times == "local":
            local = local_time(sent, name, setup.layout)
            at, twice = settled(local, ZoneInfo(settings.time_zone), before) if local else (None, False)
            found = flags(found, ("ambiguous_local_time",) if twice else ())
        else:
            at, _ = moment(sent, setup.times, setup.layout, settings)
        times[name] = at
        before = at or before
    if times["started"] is None and times["ended"] is None:
        raise Unreadable("the row has no time")
    return times, found


def _told(values: dict[str, Any], key: str, setup: Setup, settings: SourceSettings) -> list[Observation]:
    """All that a row tells."""
    times, found = _times(values, setup, settings)

    def tell(kind: str, at: datetime | None, **more: Any) -> list[Observation]:
        if at is None:
            return []
        names = _OF_KIND[kind]
        about = {name: value for name, value in values.items() if name in names}
        return [observation(kind, about | more, at, found, key, settings)]

    answered, ended = times["answered"], times["ended"]
    way = values.get("direction")
    done = ended or answered or times["started"]
    unanswered = "abandoned" if way == "inbound" else "no-answer"
    notes = tell("CallStarted", times["started"], phase="dialing" if way == "outbound" else "ringing")
    notes += tell("CallAnswered", answered, answered_by="human")
    notes += tell("CallEnded", ended, reason=values.get("reason") or ("completed" if answered else unanswered))
    if values.get("disposition"):
        notes += tell("CallDispositioned", done, native=values["disposition"])
    if values.get("order_ref") or values.get("sku") or values.get("amount"):
        notes += tell("SaleRecorded", done)
    return notes


_ABOUT = frozenset({"call", "leg", "agent"})
_OF_KIND = {
    "CallStarted": frozenset({"call", "direction", "our_number", "campaign", "queue", "customer_number"}),
    "CallAnswered": _ABOUT,
    "CallEnded": _ABOUT | {"ended_by", "talk_s", "talk_ms", "hold_s", "hold_ms"},
    "CallDispositioned": _ABOUT | {"wrap_s", "wrap_ms"},
    "SaleRecorded": _ABOUT | {"order_ref", "sku", "quantity", "amount", "currency"},
}

generic_csv = Connector("generic-csv", bearer, split, read, translate)
