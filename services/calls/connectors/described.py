"""The data of canonical observations from fields that have our names: checked, mapped, with flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.calls.connectors.base import Unreadable
from services.calls.connectors.fields import (
    currency_code,
    duration,
    identifier,
    minor_count,
    phone,
    placed,
    required,
    text,
    whole,
)
from shared.contracts.partners import SourceSettings

_DIRECTIONS = ("inbound", "outbound")
_PHASES = ("dialing", "ringing", "queued")
_ANSWERED_BY = ("human", "machine")
_MODES = ("blind", "warm")
_TO_KINDS = ("agent", "queue", "extension", "contact")
_REASONS = ("completed", "transferred", "abandoned", "no-answer", "busy", "failed", "canceled", "out-of-hours")
_ENDED_BY = ("customer", "agent", "system")

Described = tuple[dict[str, Any], tuple[str, ...]]
"""The data of an observation and the flags that come with them."""


def describe(kind: str, data: Mapping[str, Any], settings: SourceSettings) -> Described:
    """The data of an observation of a canonical kind. Unreadable when a field that is there is not what it must be."""
    return _READERS[kind](data, settings)


def _started(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    direction = _one_of(data, "direction", _DIRECTIONS, "unknown")
    return {
        "direction": direction,
        "phase": _one_of(data, "phase", _PHASES, "dialing" if direction == "outbound" else "ringing"),
        "our_number": phone(text(data, "our_number")),
        **placed(settings, campaigns=text(data, "campaign"), queues=text(data, "queue")),
    }, ()


def _answered(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    details: dict[str, Any] = {"answered_by": _one_of(data, "answered_by", _ANSWERED_BY, "unknown")}
    if any(text(data, name) for name in ("direction", "campaign", "customer_number")):
        details["direction"] = _one_of(data, "direction", _DIRECTIONS, "unknown")
        details |= placed(settings, campaigns=text(data, "campaign"))
    return details, ()


def _nothing(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    return {}, ()


def _transferred(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    return {
        "mode": _one_of(data, "mode", _MODES, "unknown"),
        "to": text(data, "to"),
        "to_kind": _one_of(data, "to_kind", _TO_KINDS, "unknown"),
    }, ()


def _ended(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    scope = text(data, "scope")
    if scope not in ("call", "leg"):
        raise Unreadable("scope is neither call nor leg")
    talk, talk_flags = duration(data, "talk_ms")
    hold, hold_flags = duration(data, "hold_ms")
    return {
        "scope": scope,
        "reason": _one_of(data, "reason", _REASONS, "completed"),
        "ended_by": _one_of(data, "ended_by", _ENDED_BY, "unknown"),
        "talk_ms": talk,
        "hold_ms": hold,
    }, talk_flags + hold_flags


def _dispositioned(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    native = required(data, "native")
    wrap, found = duration(data, "wrap_ms")
    return {
        "native": native,
        "canonical": settings.dispositions.get(native, "other"),
        "wrap_ms": wrap,
        "corrected": data.get("corrected") is True,
    }, found


def _sold(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    currency = currency_code(text(data, "currency"))
    amount, found = minor_count(data.get("amount_minor"), currency)
    return {
        "order_ref": identifier(data, "order_ref"),
        "sku": text(data, "sku"),
        "quantity": whole(data.get("quantity")),
        "amount_minor": amount,
        "currency": currency,
        "derived_from_disposition": data.get("derived_from_disposition") is True,
    }, found


def _state(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    native = text(data, "native") or required(data, "state")
    return {
        "state": settings.agent_states.get(native, "other"),
        "native": native,
        "reason": text(data, "reason"),
    }, ()


_READERS: dict[str, Callable[[Mapping[str, Any], SourceSettings], Described]] = {
    "CallStarted": _started,
    "CallAnswered": _answered,
    "CallHeld": _nothing,
    "CallResumed": _nothing,
    "CallTransferred": _transferred,
    "CallEnded": _ended,
    "CallDispositioned": _dispositioned,
    "SaleRecorded": _sold,
    "AgentStateChanged": _state,
}


def _one_of(data: Mapping[str, Any], name: str, known: Sequence[str], otherwise: str) -> str:
    value = text(data, name)
    return value if value is not None and value in known else otherwise
