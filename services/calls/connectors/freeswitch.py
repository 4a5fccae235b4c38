"""FreeSWITCH: call detail records of mod_json_cdr, in the three forms in which it posts them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import msgspec

from services.calls.connectors.base import Connector, Delivery, Reading, Slice, Split, Unreadable
from services.calls.connectors.fields import (
    MAX_IDENTIFIER,
    currency_code,
    decode_json,
    derived_sale,
    epoch_number,
    flags,
    form,
    identifier,
    in_order,
    json_object,
    milliseconds,
    minor_units,
    not_negative,
    phone,
    placed,
    required,
    skew,
    text,
    whole,
)
from services.calls.connectors.signatures import basic
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MAX_STEPS = 1000
"""Holds, transfers and profiles of one record."""

_FORMS = {"application/x-www-form-urlencoded": "form", "application/x-www-form-base64-encoded": "base64"}
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_UNENCODED = re.compile(r"[ \"<>@:]|%(?![0-9A-Fa-f]{2})")
_HOLD = re.compile(r"\{([0-9]{1,16}),([0-9]{1,16})\}")
_MICROSECOND = timedelta(microseconds=1)
_DIRECTIONS = ("inbound", "outbound")
_TRANSFERS = {"bl_xfer": "blind", "att_xfer": "warm"}
_UNANSWERED = {
    "NO_ANSWER": "no-answer",
    "NO_USER_RESPONSE": "no-answer",
    "ALLOTTED_TIMEOUT": "no-answer",
    "PROGRESS_TIMEOUT": "no-answer",
    "USER_BUSY": "busy",
    "ORIGINATOR_CANCEL": "canceled",
}

Fields = Mapping[str, Any]


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a record, as sent, with the form in which it came."""
    media_type = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    sent_as = _FORMS.get(media_type, "json")
    item = Slice(delivery.body, "", {"form": sent_as})
    values = _variables(_record(item))
    return Split((msgspec.structs.replace(item, correlation=f"call:{_call(values)}"),))


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """A record under its `variables.uuid`."""
    record = _record(item)
    values = _variables(record)
    key = required(values, "uuid")
    if text(values, "cc_side") == "agent" or _call(values) != key:
        return Reading(key=key, verdict="ignored", reason="a further leg of a call that its first leg tells")
    notes = _Leg(record, values, key, settings).notes()
    if not notes:
        raise Unreadable("the record has no time")
    told = [
        msgspec.structs.replace(note, flags=flags(note.flags, skew(note.at, received_at)), items=(key,))
        for note in notes
    ]
    return Reading(key=key, notes=tuple(told))


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """A record tells the whole call."""
    return in_order(notes)


def _record(item: Slice) -> dict[str, Any]:
    return json_object(decode_json(_unwrapped(item.raw, str(item.context["form"]))), "the record")


def _unwrapped(body: bytes, sent_as: str) -> bytes:
    """The JSON text of a body."""
    if sent_as == "json":
        return body
    if sent_as == "form":
        fields = dict(form(body))
        if "cdr" not in fields:
            raise Unreadable("the form has no field cdr")
        return fields["cdr"].encode()
    name, _, value = body.strip().partition(b"=")
    try:
        if name != b"cdr":
            raise Unreadable("the form has no field cdr")
        return base64.b64decode(unquote(value.decode("ascii")), validate=True)
    except ValueError as error:
        raise Unreadable("cdr is not base64") from error


def _variables(record: Fields) -> dict[str, Any]:
    """The variables, their percent-encoding taken away where the record has one.

    A record is encoded as a whole or not at all: a plain one has a time or an address that would have been encoded.
    """
    values = json_object(record.get("variables"), "variables")
    texts = [value for value in values.values() if isinstance(value, str)]
    if not any(map(_ENCODED.search, texts)) or any(map(_UNENCODED.search, texts)):
        return values
    try:
        return {
            name: unquote(value, errors="strict") if isinstance(value, str) else value for name, value in values.items()
        }
    except UnicodeDecodeError as error:
        raise Unreadable("a value is not percent-encoded UTF-8") from error


def _call(values: Fields) -> str:
    return identifier(values, "call_uuid") or required(values, "uuid")


class _Leg:
    """One record as it is turned into observations. `names` are the variables that the source uses for what
    FreeSWITCH itself knows nothing of; each is `tallyline_<what>` where the source does not say otherwise."""

    def __init__(self, record: Fields, values: Fields, key: str, settings: SourceSettings) -> None:
        self._record = record
        self._values = values
        self._key = key
        self._settings = settings
        self._names = json_object(settings.options.get("variables"), "variables")
        self._queue = identifier(values, "cc_queue")
        self._joined = epoch_number(values.get("cc_queue_joined_epoch"))
        self._agent = identifier(values, "cc_agent") or self._own_identifier("agent")
        self._answered = self._answer()

    def notes(self) -> list[Observation]:
        """All that the record tells."""
        found = [*self._start(), *self._answers(), *self._holds(), *self._transfers()]
        ended = self._time("end")
        if ended is not None:
            found += [self._end(ended), *self._results(ended)]
        return found

    def _own(self, what: str) -> str | None:
        return text(self._values, str(self._names.get(what) or f"tallyline_{what}"))

    def _own_identifier(self, what: str) -> str | None:
        return identifier(self._values, str(self._names.get(what) or f"tallyline_{what}"))

    def _time(self, name: str) -> datetime | None:
        precise = epoch_number(self._values.get(f"{name}_uepoch"), _MICROSECOND)
        return precise or epoch_number(self._values.get(f"{name}_epoch"))

    def _answer(self) -> datetime | None:
        """When an agent answered. In a queue FreeSWITCH itself answers first, which is nobody's answer."""
        if self._queue is None and self._joined is None:
            return self._time("answer")
        if text(self._values, "cc_cause") == "cancel":
            return None
        return epoch_number(self._values.get("cc_queue_answered_epoch"))

    def _note(self, kind: str, at: datetime, data: dict[str, Any], found: tuple[str, ...] = ()) -> Observation:
        return Observation(
            kind=kind, at=at, call=_call(self._values), leg=self._key, agent=self._agent, flags=found, data=data
        )

    def _start(self) -> list[Observation]:
        at = self._joined or self._time("start")
        if at is None:
            return []
        way = text(self._values, "direction")
        direction = way if way in _DIRECTIONS else "unknown"
        profile = self._profile()
        caller = phone(identifier(profile, "caller_id_number"))
        called = phone(identifier(profile, "destination_number"))
        # Where the direction is not known, neither: ours may be shown to everybody.
        customer, ours = {"inbound": (caller, called), "outbound": (called, caller)}.get(direction, (None, None))
        data = {
            "direction": direction,
            "phase": "queued" if self._joined else "dialing" if direction == "outbound" else "ringing",
            "our_number": ours,
            **placed(self._settings, campaigns=self._own("campaign"), queues=self._queue),
        }
        start = self._note("CallStarted", at, data)
        return [msgspec.structs.replace(start, customer=customer, leg=None, agent=None)]

    def _profile(self) -> dict[str, Any]:
        """The caller's profile as the call came in: each transfer puts another one before it."""
        flow = self._record.get("callflow") or []
        if not isinstance(flow, list) or len(flow) > MAX_STEPS:
            raise Unreadable("callflow is not a list of profiles")
        profiles = [json_object(step, "a step of the callflow") for step in flow]
        first = min(reversed(profiles), key=lambda step: whole(step.get("profile_index")) or 0, default=None)
        return json_object(first.get("caller_profile"), "caller_profile") if first else {}

    def _answers(self) -> list[Observation]:
        return [self._note("CallAnswered", self._answered, {"answered_by": "human"})] if self._answered else []

    def _holds(self) -> list[Observation]:
        found = []
        for held, resumed in _HOLD.findall(text(self._values, "hold_events") or "")[:MAX_STEPS]:
            if began := epoch_number(held, _MICROSECOND):
                found.append(self._note("CallHeld", began, {}))
            if over := epoch_number(resumed, _MICROSECOND):
                found.append(self._note("CallResumed", over, {}))
        return found

    def _transfers(self) -> list[Observation]:
        found = []
        history = (text(self._values, "transfer_history") or "").removeprefix("ARRAY::")
        for entry in history.split("|:")[:MAX_STEPS] if history else ():
            moment, _, rest = entry.partition(":")
            _, _, rest = rest.partition(":")
            kind, _, target = rest.partition(":")
            to = target.partition("/")[0].strip()[:MAX_IDENTIFIER] or None
            if (at := epoch_number(moment.strip())) is not None:
                data = {
                    "mode": _TRANSFERS.get(kind, "unknown"),
                    "to": to,
                    "to_kind": "extension" if to else "unknown",
                }
                found.append(self._note("CallTransferred", at, data))
        return found

    def _end(self, at: datetime) -> Observation:
        held = whole(self._values.get("hold_accum_ms"))
        if held is None:
            hold, found = milliseconds(self._values.get("hold_accum_seconds"))
        else:
            hold, found = not_negative(held)
        data = {
            "scope": "call",
            "reason": self._reason(),
            "ended_by": self._ended_by(),
            "talk_ms": None,
            "hold_ms": hold if self._answered else None,
        }
        return msgspec.structs.replace(self._note("CallEnded", at, data, found if self._answered else ()), agent=None)

    def _reason(self) -> str:
        if self._answered:
            return "completed"
        if text(self._values, "cc_cause") == "cancel":
            return "abandoned"
        return _UNANSWERED.get(text(self._values, "hangup_cause") or "", "failed")

    def _ended_by(self) -> str:
        how = text(self._values, "sip_hangup_disposition") or ""
        if how.startswith("recv_"):
            return "customer"
        if how.startswith("send_"):
            return "agent" if self._answered else "system"
        return "unknown"

    def _results(self, at: datetime) -> list[Observation]:
        found = []
        native, canonical = self._own("disposition"), None
        if native:
            canonical = self._settings.dispositions.get(native, "other")
            result = {"native": native, "canonical": canonical, "wrap_ms": None, "corrected": False}
            found.append(self._note("CallDispositioned", at, result))
        currency = currency_code(self._own("order_currency"))
        amount, wrong = minor_units(self._own("order_amount"), currency)
        order = {
            "order_ref": self._own_identifier("order_ref"),
            "sku": self._own("order_sku"),
            "quantity": whole(self._own("order_quantity")),
            "amount_minor": amount,
            "currency": currency,
            "derived_from_disposition": False,
        }
        if order["order_ref"] or order["sku"] or self._own("order_amount"):
            found.append(self._note("SaleRecorded", at, order, wrong))
        elif canonical in self._settings.sale_on:
            found.append(self._note("SaleRecorded", at, derived_sale()))
        return found


freeswitch = Connector("freeswitch", basic, split, read, translate)
