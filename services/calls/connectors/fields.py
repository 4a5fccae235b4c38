"""How connectors read the fields of a payload: strict JSON, identifiers, numbers, times, amounts and maps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import msgspec

from services.calls.connectors.base import Unreadable
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MAX_NESTING = 32
"""Levels of JSON that a payload may have; the platforms use fewer than ten."""

MAX_IDENTIFIER = 256
"""Characters of an identifier."""

MAX_FORM_FIELDS = 500
"""Fields of a form; the longest callback known has about sixty."""

SKEW = timedelta(seconds=2)
"""How far a vendor's time may lie ahead of our own before the event is flagged."""

KINDS = (
    "CallStarted",
    "CallAnswered",
    "CallHeld",
    "CallResumed",
    "CallTransferred",
    "CallEnded",
    "CallDispositioned",
    "SaleRecorded",
    "AgentStateChanged",
)
"""The canonical kinds, in the order in which observations of one moment are listed."""

# A string that nobody closes goes on to the end: else each quote in it would be looked at as the start of another one.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_PHONE = re.compile(r"\+?[0-9]{1,20}")
_EPOCH_TEXT = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,9}))?")
_DECIMAL = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_ANONYMOUS = frozenset(
    {"anonymous", "unknown", "<unknown>", "restricted", "private", "unavailable", "blocked", "withheld"}
)
_NO_MINOR_UNIT = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def decode_json(raw: bytes) -> Any:
    """One JSON text in UTF-8. Unreadable for anything else, and also for NaN, a name given twice in one object,
    integers beyond 64 bits and more than MAX_NESTING levels."""
    check_nesting(raw)
    try:
        json.loads(raw.decode(), object_pairs_hook=_unique, parse_int=_small, parse_constant=_refuse)
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is not valid JSON") from error


def documents(raw: bytes) -> list[bytes]:
    """The JSON texts that stand one after another in `raw`, each as sent. Unreadable when there is none."""
    check_nesting(raw)
    decoder = json.JSONDecoder()
    try:
        text = raw.decode()
        found, position = [], _next(text, 0)
        while position < len(text):
            _, end = decoder.raw_decode(text, position)
            found.append(text[position:end].encode())
            position = _next(text, end)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is not valid JSON") from error
    if not found:
        raise Unreadable("the body is empty")
    return found


def check_nesting(raw: bytes) -> None:
    """Unreadable when brackets outside strings are nested deeper than MAX_NESTING."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_NESTING:
        return
    depth = 0
    for mark in _BRACKET.finditer(_STRING.sub(b"", raw)):
        depth += 1 if mark.group() in (b"[", b"{") else -1
        if depth > MAX_NESTING:
            raise Unreadable("the JSON is nested too deeply")


def form(raw: bytes) -> list[tuple[str, str]]:
    """The fields of a url-encoded form, in order, blank ones too. Unreadable when it is not UTF-8 or too long."""
    try:
        return parse_qsl(
            raw.decode(), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_FORM_FIELDS
        )
    except ValueError as error:
        raise Unreadable("the body is not a readable form") from error


def json_object(value: Any, name: str) -> dict[str, Any]:
    """A JSON object; null and a missing one are empty. Unreadable for any other type."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is not an object")
    return value


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """A text; null, blank and missing are None. Unreadable for any other type."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    return value.strip() or None


def identifier(fields: Mapping[str, Any], name: str) -> str | None:
    """A text that names something: at most MAX_IDENTIFIER printable characters, else Unreadable."""
    value = text(fields, name)
    if value is not None and (len(value) > MAX_IDENTIFIER or not value.isprintable()):
        raise Unreadable(f"{name} is not an identifier")
    return value


def named(fields: Mapping[str, Any], name: str) -> str | None:
    """An identifier that may be sent as a number."""
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return identifier(fields, name)


def required(fields: Mapping[str, Any], name: str) -> str:
    """An identifier that must be there. Unreadable when it is not."""
    value = identifier(fields, name)
    if value is None:
        raise Unreadable(f"{name} is missing")
    return value


def whole(value: Any) -> int | None:
    """An integer or the text of one; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return None


def milliseconds(seconds: Any) -> tuple[int | None, tuple[str, ...]]:
    """A duration in ms from whole seconds, never negative, and the flags that go with it."""
    value = whole(seconds)
    return (None, ()) if value is None else not_negative(value * 1000)


def not_negative(duration: int) -> tuple[int, tuple[str, ...]]:
    """A negative duration becomes 0 and is flagged."""
    return (0, ("negative_duration",)) if duration < 0 else (duration, ())


def phone(number: str | None) -> str | None:
    """A number without separators; a SIP address or anything else as sent; None when it is withheld.
    Unreadable when it is longer than any address."""
    number = (number or "").strip()
    if len(number) > MAX_IDENTIFIER:
        raise Unreadable("a telephone number is too long")
    address = number.lower().removeprefix("sips:").removeprefix("sip:").split("@")[0]
    if not number or address in _ANONYMOUS:
        return None
    bare = re.sub(r"[\s().-]", "", number)
    return bare if _PHONE.fullmatch(bare) else number


def iso_time(value: str) -> datetime:
    """A time in RFC 3339 with its offset, in UTC. Unreadable when it is not one."""
    try:
        moment = msgspec.convert(value, datetime)
    except ValueError as error:
        raise Unreadable("a time is not in RFC 3339") from error
    if moment.tzinfo is None:
        raise Unreadable("a time has no offset")
    return plausible(moment)


def mail_time(value: str) -> datetime:
    """A time in RFC 2822, in UTC. Unreadable when it is not one."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise Unreadable("a time is not in RFC 2822") from error
    return plausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def epoch_time(value: str, unit: timedelta = timedelta(seconds=1)) -> datetime:
    """A time from the text of a count of `unit` since 1970 with an optional fraction. Unreadable when it is not one."""
    match = _EPOCH_TEXT.fullmatch(value.strip())
    if not match:
        raise Unreadable("a time is not a count since 1970")
    fraction = (match[2] or "")[:6].ljust(6, "0")
    try:
        return plausible(_EPOCH + int(match[1]) * unit + int(fraction) * unit / 1_000_000)
    except OverflowError as error:
        raise Unreadable("a time is out of range") from error


def epoch_number(value: Any, unit: timedelta = timedelta(seconds=1)) -> datetime | None:
    """A time from a count of `unit` since 1970, sent as a number or as text; None for null, blank and 0, which mean
    never. Unreadable when it is not one."""
    if value is None or value in ("", "0"):
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Unreadable("a time is not a count since 1970")
    return epoch_time(str(value), unit) if value != 0 else None


def duration(fields: Mapping[str, Any], name: str) -> tuple[int | None, tuple[str, ...]]:
    """A duration that is sent in ms, never negative, and the flags that go with it. Unreadable for another type."""
    value = fields.get(name)
    if value is None:
        return None, ()
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{name} is not a count of milliseconds")
    return not_negative(value)


def derived_sale() -> dict[str, Any]:
    """The data of a sale of which nothing is known but the result of the call."""
    nothing = dict.fromkeys(("order_ref", "sku", "quantity", "amount_minor", "currency"))
    return {**nothing, "derived_from_disposition": True}


def skew(at: datetime, received_at: datetime) -> tuple[str, ...]:
    """The flag of a time that lies ahead of the receipt."""
    return ("clock_skew",) if at - received_at > SKEW else ()


def flags(*groups: Iterable[str]) -> tuple[str, ...]:
    """All flags, sorted, each once."""
    return tuple(sorted({flag for group in groups for flag in group}))


def both_items(note: Observation, other: Observation | None) -> tuple[str, ...]:
    """The keys of the items that two observations rest on."""
    return flags(note.items, other.items if other else ())


def minor_units(amount: str | None, currency: str | None) -> tuple[int | None, tuple[str, ...]]:
    """A decimal text in minor units of its currency; None and the flag `bad_amount` when it is not a plain decimal
    with a point, has more digits than the currency or comes without one. No amount is None without a flag."""
    if amount is None:
        return None, ()
    match = _DECIMAL.fullmatch(amount.strip())
    if not match or currency is None:
        return None, ("bad_amount",)
    digits = 0 if currency in _NO_MINOR_UNIT else 3 if currency in _THREE_DIGITS else 2
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > digits:
        return None, ("bad_amount",)
    return int(match[1] + fraction.ljust(digits, "0")), ()


def minor_count(amount: Any, currency: str | None) -> tuple[int | None, tuple[str, ...]]:
    """An amount that is sent in minor units; None and the flag `bad_amount` when it is not a count of them or comes
    without a currency."""
    if amount is None:
        return None, ()
    if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0 or currency is None:
        return None, ("bad_amount",)
    return amount, ()


def currency_code(value: str | None) -> str | None:
    """An ISO 4217 code, or None."""
    code = (value or "").upper()
    return code if _CURRENCY.fullmatch(code) else None


def placed(settings: SourceSettings, **sent: str | None) -> dict[str, Any]:
    """The campaign and the queue by our names, from the codes sent for the maps `campaigns` and `queues`.

    None for a code that the map does not have, which is kept as `unmapped`; as sent where there is no map.
    """
    found: dict[str, Any] = {}
    unmapped: dict[str, str] = {}
    for name, code in sent.items():
        codes: Mapping[str, str] = getattr(settings, name)
        ours = code if code is None or not codes else codes.get(code)
        if code is not None and ours is None:
            unmapped[name] = code
        found[name.removesuffix("s")] = ours
    return {**found, "unmapped": unmapped} if unmapped else found


def utc_day(at: datetime) -> str:
    """The day of a time in UTC, `2026-03-02`."""
    return at.strftime("%Y-%m-%d")


def in_order(observations: Iterable[Observation]) -> list[Observation]:
    """Canonical observations by time, then kind, call, agent, leg and items: one order for one set."""
    return sorted(observations, key=_place)


def _place(observation: Observation) -> tuple[datetime, int, str, str, str, Sequence[str]]:
    return (
        observation.at,
        KINDS.index(observation.kind),
        observation.call or "",
        observation.agent or "",
        observation.leg or "",
        observation.items,
    )


def plausible(moment: datetime) -> datetime:
    """The time in UTC. Unreadable when it lies outside this century."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise Unreadable("a time is out of range") from error
    if not _EARLIEST <= moment < _LATEST:
        raise Unreadable("a time is out of range")
    return moment


def _next(value: str, position: int) -> int:
    while position < len(value) and value[position] in " \t\r\n":
        position += 1
    return position


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name is given twice")


def _small(digits: str) -> None:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
        raise ValueError("an integer is too large")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
