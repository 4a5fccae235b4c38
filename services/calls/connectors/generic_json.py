"""Any webhook with a JSON body, by the source's settings: which of its kinds tells what, and where each field stands.

`options.json` is a `Setup`; `options.proof` names how a delivery is known to be authentic (a bearer key if it names
nothing), with `options.header` or `options.parameter` where the key stands elsewhere than usual.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from services.calls.connectors.base import Connector, Delivery, NotAuthentic, Reading, Secrets, Slice, Split, Unreadable
from services.calls.connectors.configured import TimeForm, moment, observation, plain, setup_of, together
from services.calls.connectors.fields import decode_json, flags, skew, utc_day
from services.calls.connectors.local_times import LAYOUT
from services.calls.connectors.signatures import (
    basic,
    bearer,
    body_hmac,
    key_header,
    key_in_query,
    standard_webhooks,
    token_header,
    token_in_body,
)
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MAX_ITEMS = 1000
"""Items of one delivery."""

_PROOFS: Mapping[str, Callable[[Delivery, SourceSettings, Secrets], None]] = {
    "bearer": bearer,
    "api-key-header": key_header,
    "header-token": token_header,
    "query-key": key_in_query,
    "basic": basic,
    "body-token": token_in_body,
    "hmac-sha256": body_hmac,
    "standard-webhooks": standard_webhooks,
}
_TEXTS = (
    *("call", "leg", "agent", "customer_number", "direction", "phase", "our_number", "campaign", "queue"),
    *("answered_by", "mode", "to", "to_kind", "scope", "reason", "ended_by", "native", "state"),
    *("order_ref", "sku", "currency"),
)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one kind of item tells. `fields` are paths by our names, `fixed` values that always hold; it tells it only
    where every path of `when` has one of the values named, and where `time`, if it is given, has a time."""

    tells: Literal[
        "CallStarted", "CallAnswered", "CallHeld", "CallResumed", "CallTransferred", "CallEnded",
        "CallDispositioned", "SaleRecorded", "AgentStateChanged",
    ]  # fmt: skip
    fields: dict[str, str] = {}
    fixed: dict[str, str] = {}
    when: dict[str, list[str | int | bool | None]] = {}
    time: str | None = None


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the bodies of a source are read. Paths are JSON pointers (RFC 6901) within an item, such as `/call/id`.

    `items` leads to the list of items in the body; without it the body is the only one. `kind` leads to the name under
    which `kinds` has the item's rules (one kind only, named by the empty text, without it). `ignored` are kinds that
    tell nothing. `key` leads to the platform's id of the item, `time` to its time, written in the form `times`.
    `fields` hold for all rules; `values` are, by our name of a field, our words for the platform's.
    """

    kinds: dict[str, tuple[Rule, ...]]
    items: str | None = None
    kind: str | None = None
    ignored: tuple[str, ...] = ()
    key: str | None = None
    time: str | None = None
    times: TimeForm = "iso"
    layout: str = LAYOUT
    fields: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}


def authenticate(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """By the proof that the source's options name."""
    proof = _PROOFS.get(str(settings.options.get("proof") or "bearer"))
    if proof is None:
        raise NotAuthentic("the source's options name no proof that there is")
    proof(delivery, settings, secrets)


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice an item, or two where it tells of a call and of an agent's state."""
    setup = setup_of(settings, "json", Setup)
    body = decode_json(delivery.body)
    if setup.items is None:
        return Split(tuple(_slices(delivery.body, body, setup, settings, delivery.received_at)))
    items = at_path(body, setup.items)
    if not isinstance(items, list) or len(items) > MAX_ITEMS:
        raise Unreadable(f"there is no list of at most {MAX_ITEMS} items")
    slices = []
    for item in items:
        raw = msgspec.json.encode(item)
        try:
            slices += _slices(raw, item, setup, settings, delivery.received_at)
        except Unreadable:  # left to `read`, which says so of this item alone
            slices.append(Slice(raw, _other(raw)))
    return Split(tuple(slices))


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """An item under its key, else the digest of its content."""
    setup = setup_of(settings, "json", Setup)
    content = decode_json(item.raw)
    kind = _kind(content, setup)
    key = _key(item.raw, content, kind, setup)
    if kind in setup.ignored:
        return Reading(key=key, verdict="ignored", reason="a kind that tells nothing")
    if kind not in setup.kinds:
        return Reading(key=key, verdict="unknown", reason="a kind that the source's options do not name")
    notes = _notes(content, kind, key, setup, settings, received_at)
    of_agent = item.correlation.startswith("agent:")
    mine = [note for note in notes if (note.call is None) == of_agent]
    if not mine:
        return Reading(key=key, verdict="ignored", reason="nothing canonical in this item")
    return Reading(key=key, notes=tuple(mine))


def at_path(value: Any, pointer: str) -> Any:
    """What a JSON pointer leads to; None where there is nothing."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return None
    return value


def _slices(raw: bytes, content: Any, setup: Setup, settings: SourceSettings, received_at: datetime) -> list[Slice]:
    kind = _kind(content, setup)
    if kind in setup.ignored or kind not in setup.kinds:
        return [Slice(raw, _other(raw))]
    notes = _notes(content, kind, "", setup, settings, received_at)
    names = {f"call:{note.call}" if note.call else f"agent:{note.agent}:{utc_day(note.at)}": None for note in notes}
    return [Slice(raw, name) for name in names] or [Slice(raw, _other(raw))]


def _other(raw: bytes) -> str:
    return f"other:{hashlib.sha256(raw).hexdigest()[:32]}"


def _kind(content: Any, setup: Setup) -> str:
    if not isinstance(content, dict):
        raise Unreadable("an item is not an object")
    return (plain(at_path(content, setup.kind)) or "") if setup.kind is not None else ""


def _key(raw: bytes, content: Any, kind: str, setup: Setup) -> str:
    named = plain(at_path(content, setup.key)) if setup.key is not None else None
    return f"{kind}/{named}" if named else f"{kind}/{hashlib.sha256(raw).hexdigest()[:32]}"


def _notes(
    content: Any, kind: str, key: str, setup: Setup, settings: SourceSettings, received_at: datetime
) -> list[Observation]:
    notes = []
    for rule in setup.kinds[kind]:
        if not all(_is_one_of(at_path(content, path), known) for path, known in rule.when.items()):
            continue
        path = rule.time or setup.time
        at, found = moment(at_path(content, path) if path else None, setup.times, setup.layout, settings)
        if at is None and rule.time is not None:
            continue  # it has not happened yet
        found = flags(found, skew(at, received_at)) if at else ("no_vendor_time",)
        values = rule.fixed | {
            name: value
            for name, place in (setup.fields | rule.fields).items()
            if (value := _value(name, at_path(content, place), setup)) is not None
        }
        note = observation(rule.tells, values, at or received_at, found, key, settings)
        if (note.agent if rule.tells == "AgentStateChanged" else note.call) is None:
            raise Unreadable("the item names neither its call nor its agent")
        notes.append(note)
    return notes


def _is_one_of(value: Any, known: Sequence[Any]) -> bool:
    """Of the same type too: 1 is not true."""
    return any(type(value) is type(one) and value == one for one in known)


def _value(name: str, value: Any, setup: Setup) -> Any:
    if name in setup.values or name in _TEXTS:
        named = plain(value)
        return setup.values.get(name, {}).get(named, named) if named is not None else None
    return f"{value:.10g}" if isinstance(value, float) else value


generic_json = Connector("generic-json", authenticate, split, read, together)
