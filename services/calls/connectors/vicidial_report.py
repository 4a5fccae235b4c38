"""VICIdial's exported call report: rows separated by tabs, with local times, that fill in what no URL told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from services.calls.connectors.base import Reading, Slice, Unreadable
from services.calls.connectors.fields import identifier, placed, required, text, whole
from services.calls.connectors.local_times import channel_began, local_time, settled, shifted
from services.calls.connectors.vicidial_urls import customer_number, direction_of
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MAX_COLUMNS = 200
MAX_LENGTH_S = 7 * 86_400
"""Seconds that a call of the report may last."""

_NEEDED = {"call_date", "status", "user", "lead_id", "length_in_sec"}
_NOBODY = ("VDAD", "VDCL")
"""The users under which VICIdial logs calls that reached no agent."""

Row = Mapping[str, str]


def split(body: bytes) -> list[Slice]:
    """One slice a row, as sent, with the names of its columns. A row with another number of columns makes the whole
    file Unreadable."""
    try:
        lines = body.decode().split("\n")
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8") from error
    columns = lines[0].rstrip("\r").split("\t")
    if len(columns) > MAX_COLUMNS or len(set(columns)) < len(columns) or not set(columns) >= _NEEDED:
        raise Unreadable("the first line does not name the columns of a call report")
    used = [(place, name) for place, name in enumerate(columns) if name in _READ]
    slices = []
    for line in lines[1:]:
        values = line.rstrip("\r").split("\t")
        if values == [""]:
            continue
        if len(values) != len(columns):
            raise Unreadable("a row has another number of columns")
        places = {name: place for place, name in used}
        row = {name: values[place] for name, place in places.items()}
        slices.append(Slice(line.encode(), f"lead:{_lead(row)}", {"kind": "report", "columns": places}))
    return slices


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """One row under its lead, its local time and its user, as a note with its times in UTC."""
    values = item.raw.decode().rstrip("\r").split("\t")
    row = {name: values[place] for name, place in item.context["columns"].items()}
    lead, user, status = _lead(row), required(row, "user"), required(row, "status")
    local = local_time(text(row, "call_date"), "call_date")
    length = whole(row.get("length_in_sec"))
    if local is None or length is None or not 0 <= length <= MAX_LENGTH_S:
        raise Unreadable("call_date or length_in_sec tells no time")
    unique = identifier(row, "uniqueid") or ""
    at, twice = settled(local, ZoneInfo(settings.time_zone), channel_began(unique))
    shifted(at, length)
    waited = whole(row.get("alt_dial"))
    call = identifier(row, "caller_code")
    # A row of an inbound call has the seconds in the queue where one of an outbound call says which number was dialled.
    direction = direction_of(call) if call else "outbound" if waited is None else "inbound"
    key = f"report/{lead}/{local.isoformat()}/{user}/{unique}"
    note = Observation(
        kind="row",
        at=at,
        call=call or f"report-{lead}-{int(at.timestamp())}",
        agent=None if user in _NOBODY else user,
        customer=customer_number(text(row, "phone_code"), text(row, "phone_number")),
        flags=("ambiguous_local_time",) if twice else (),
        data={
            "received_at": received_at.isoformat(),
            "call": call,
            "status": status,
            "length_s": length,
            "waited_s": max(0, waited or 0),
            "start": {
                "direction": direction,
                "phase": "queued" if direction == "inbound" else "dialing",
                "our_number": None,
                **placed(settings, campaigns=text(row, "campaign_id"), queues=None),
            },
        },
        items=(key,),
    )
    return Reading(key=key, notes=(note,))


_READ = _NEEDED | {"phone_code", "phone_number", "campaign_id", "alt_dial", "uniqueid", "caller_code"}


def _lead(row: Row) -> str:
    lead = whole(row.get("lead_id"))
    if lead is None or lead <= 0:
        raise Unreadable("lead_id is missing")
    return str(lead)
