"""What the two connectors have in common that a source's settings configure: times, units, and what a document says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from services.calls.connectors.base import Unreadable
from services.calls.connectors.described import describe
from services.calls.connectors.fields import (
    MAX_IDENTIFIER,
    currency_code,
    derived_sale,
    epoch_time,
    flags,
    in_order,
    iso_time,
    minor_units,
    not_negative,
    phone,
    whole,
)
from services.calls.connectors.local_times import local_time, settled
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

T = TypeVar("T", bound=msgspec.Struct)
Found = tuple[str, ...]
TimeForm = Literal["iso", "epoch", "epoch-ms", "local"]
_LENGTH = re.compile(
    r"(?P<sign>-?)(?:(?:(?P<hours>[0-9]{1,4}):)?(?P<minutes>[0-9]{1,6}):)?(?P<seconds>[0-9]{1,9})(?:\.(?P<fraction>[0-9]{1,12}))?"
)
_SECONDS = {"talk_s": "talk_ms", "hold_s": "hold_ms", "wrap_s": "wrap_ms"}


def setup_of(settings: SourceSettings, name: str, kind: type[T]) -> T:
    """The part of a source's options that configures its connector. Unreadable when it is not complete or not valid:
    what comes meanwhile waits with the dead letters."""
    try:
        return msgspec.convert(settings.options.get(name), kind)
    except msgspec.ValidationError as error:
        raise Unreadable(f"options.{name} of the source is not valid") from error


def moment(value: Any, form: TimeForm, layout: str, settings: SourceSettings) -> tuple[datetime | None, Found]:
    """A time in UTC, and the flag of a local one that happens twice (then it is the first). None where there is none;
    Unreadable when it is not a time of that form."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise Unreadable("a time is neither a text nor a number")
    if value is None or value in ("", 0):
        return None, ()
    written = f"{value:.6f}" if isinstance(value, float) else str(value).strip()
    match form:
        case "iso":
            return iso_time(written), ()
        case "epoch":
            return epoch_time(written), ()
        case "epoch-ms":
            return epoch_time(written, timedelta(milliseconds=1)), ()
        case "local":
            local = local_time(written, "a time", layout)
            if local is None:
                return None, ()
            at, twice = settled(local, ZoneInfo(settings.time_zone), None)
            return at, ("ambiguous_local_time",) if twice else ()


def plain(value: Any) -> str | None:
    """A value as the text that names something; numbers too. None where there is none, Unreadable for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable("a value is neither a text nor a whole number")
    named = str(value).strip()
    if len(named) > MAX_IDENTIFIER or not named.isprintable():
        raise Unreadable("a value is too long, or can't be printed")
    return named or None


def observation(
    kind: str, values: Mapping[str, Any], at: datetime, found: Found, key: str, settings: SourceSettings
) -> Observation:
    """A canonical observation of values that have our names. Units are converted: `talk_s`, `hold_s` and `wrap_s` are
    seconds, `amount` is a decimal text."""
    data = {"scope": "call", **values}
    for seconds, name in _SECONDS.items():
        if isinstance(data.get(name), str) and (written := whole(data[name])) is not None:
            data[name] = written
        if data.get(name) is None:
            data[name], wrong = _length(data.get(seconds))
            found = flags(found, wrong)
    if data.get("amount") is not None:
        data["amount_minor"], wrong = minor_units(str(data["amount"]), currency_code(data.get("currency")))
        found = flags(found, wrong)
    details, wrong = describe(kind, data, settings)
    of_call = kind != "AgentStateChanged"
    return Observation(
        kind=kind,
        at=at,
        call=data.get("call") if of_call else None,
        leg=data.get("leg") if of_call else None,
        agent=data.get("agent"),
        customer=phone(data.get("customer_number")),
        flags=flags(found, wrong),
        data=details,
        items=(key,),
    )


def _length(value: Any) -> tuple[int | None, Found]:
    """A duration in seconds, with a fraction or as `[hours:]minutes:seconds`, in ms, never negative."""
    if value is None or value == "":
        return None, ()
    match = _LENGTH.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if match is None:
        raise Unreadable("a duration is neither seconds nor hours, minutes and seconds")
    clock = (int(match["hours"] or 0) * 60 + int(match["minutes"] or 0)) * 60
    length = (clock + int(match["seconds"])) * 1000 + int((match["fraction"] or "")[:3].ljust(3, "0"))
    return not_negative(-length if match["sign"] else length)


def together(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """What is told twice once, by the earliest item; of results of one leg the later ones as corrections; and a sale
    for a result that is one, where no sale is told itself."""
    found: list[Observation] = []
    said: set[bytes] = set()
    results: dict[tuple[str | None, str | None], str] = {}
    sold = {note.call for note in notes if note.kind == "SaleRecorded"}
    for note in in_order(notes):
        content = msgspec.msgpack.encode(msgspec.structs.replace(note, items=(), flags=()))
        if content in said:
            continue
        said.add(content)
        if note.kind == "CallDispositioned":
            leg, native = (note.call, note.leg or note.agent), str(note.data["native"])
            if results.get(leg) == native:
                continue
            if leg in results:
                note = msgspec.structs.replace(note, data={**note.data, "corrected": True, "wrap_ms": None})
            results[leg] = native
            if note.data["canonical"] in settings.sale_on and note.call not in sold:
                sold.add(note.call)
                found.append(msgspec.structs.replace(note, kind="SaleRecorded", data=derived_sale()))
        found.append(note)
    return in_order(found)
