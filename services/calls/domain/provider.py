"""A provider of payments or shipping: how its messages are known, and what they say in our words."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import msgspec

from services.calls.events.orders import Matter
from services.calls.events.providers import (
    Hears,
    Mapping,
    ProviderConfigured,
    ProviderEvent,
    ProviderRetired,
    Signing,
)
from shared.contracts.selling import FulfilmentState, PaymentState
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Country, Slug

STATES: Dict[Matter, tuple[str, ...]] = {"payment": get_args(PaymentState), "fulfilment": get_args(FulfilmentState)}
LONGEST_WORD = 200
"""Characters of an id or a state."""
ProviderId = Slug
Path = Annotated[str, msgspec.Meta(pattern=r"^[^.\s]+(\.[^.\s]+)*$(?!\n)", max_length=200)]
OptionalPath = Annotated[str, msgspec.Meta(pattern=r"^([^.\s]+(\.[^.\s]+)*)?$(?!\n)", max_length=200)]


class AskedMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping as it is asked for; see `Mapping`."""

    order: Path
    state: Path
    states: Annotated[dict[str, str], msgspec.Meta(min_length=1, max_length=200)]
    message: OptionalPath = ""
    at: OptionalPath = ""
    reference: OptionalPath = ""


class ConfigureProvider(Command, frozen=True, kw_only=True):
    """Say how a provider's messages are signed and read, and where it hears of which events of orders. The same once
    more is no new revision.

    `states` maps its states to ours: of a payment `pending`, `authorised`, `paid`, `failed`, `refunded`,
    `charged_back`; of goods `pending`, `accepted`, `packed`, `shipped`, `delivered`, `returned`, `lost`; or to the
    empty text, where it means nothing to us. 409 `unknown_state`, `other_matter`, `no_header`, `nothing_heard`.
    """

    provider: ProviderId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    matter: Matter
    signing: Signing
    mapping: AskedMapping
    header: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{0,60}$(?!\n)")] = ""
    notify_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s]+)?$(?!\n)", max_length=2000)] = ""
    hears: tuple[Hears, ...] = ()
    countries: tuple[Country, ...] = ()
    at: datetime
    by: str


class RetireProvider(Command, frozen=True, kw_only=True):
    """Hear it no more. 409 `unknown_provider`."""

    provider: ProviderId
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    at: datetime
    by: str


ProviderCommand = ConfigureProvider | RetireProvider


@dataclass(frozen=True)
class Provider:
    """The last word on it."""

    configured: ProviderConfigured | None = None
    retired: bool = False


def decide(command: ProviderCommand, state: Provider) -> list[ProviderEvent]:
    """What each command leads to."""
    known = state.configured
    match command:
        case ConfigureProvider():
            _checked(command, known)
            mapping = Mapping(**msgspec.structs.asdict(command.mapping))
            revision = known.revision + 1 if known is not None else 1
            event = said(ProviderConfigured, command, mapping=mapping, revision=revision)
            if known is not None and not state.retired:
                same = msgspec.structs.replace(event, revision=known.revision, at=known.at, by=known.by)
                if same == known:
                    return []
            return [event]
        case RetireProvider():
            if known is None:
                raise Rejected("unknown_provider", f"There is no provider {command.provider}.")
            return [] if state.retired else [said(ProviderRetired, command)]


def _checked(command: ConfigureProvider, known: ProviderConfigured | None) -> None:
    allowed = STATES[command.matter]
    for theirs, ours in command.mapping.states.items():
        if ours and ours not in allowed:
            raise Rejected("unknown_state", f"{theirs} is mapped to {ours}; there are {', '.join(allowed)}.")
    if known is not None and known.matter != command.matter:
        raise Rejected("other_matter", f"{command.provider} is a provider of {known.matter}.")
    if command.signing == "hmac-sha256" and not command.header:
        raise Rejected("no_header", "Say in which header the signature stands.")
    if bool(command.notify_url) != bool(command.hears):
        raise Rejected("nothing_heard", "An address and what is told there belong together.")


def evolve(state: Provider, event: ProviderEvent) -> Provider:
    """The last word holds."""
    match event:
        case ProviderConfigured():
            return Provider(event)
        case ProviderRetired():
            return replace(state, retired=True)


provider = Decider("provider", ProviderEvent, Provider(), decide, evolve)


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says in our words. `state` is empty where it means nothing to us."""

    order: str
    state: str
    message: str
    at: datetime
    reference: str | None = None


def word_of(mapping: Mapping, document: object, message: str, came_at: datetime) -> Word:
    """Read a provider's message. `message` is its id where the mapping names none.

    Rejected: `unreadable` (what is missing or of the wrong kind is named, never quoted), `unknown_state`.
    """
    told = _needed(document, mapping.state, "state")
    state = mapping.states.get(told)
    if state is None:
        raise Rejected("unknown_state", f"The mapping does not say what the state {told[:100]} means.")
    reference = text_at(document, mapping.reference) if mapping.reference else None
    return Word(
        order=_needed(document, mapping.order, "order"),
        state=state,
        message=_needed(document, mapping.message, "message") if mapping.message else message,
        at=_time(document, mapping.at) if mapping.at else came_at,
        reference=reference,
    )


def _needed(document: object, path: str, what: str) -> str:
    found = text_at(document, path)
    if not found or len(found) > LONGEST_WORD:
        raise Rejected("unreadable", f"There is no {what} at {path}.")
    return found


def text_at(document: object, path: str) -> str | None:
    """The text or whole number at a path, as text; None where there is none."""
    place: Any = document
    for step in path.split("."):
        if isinstance(place, dict):
            place = place.get(step)
        elif isinstance(place, list) and step.isascii() and step.isdecimal() and int(step) < len(place):
            place = place[int(step)]
        else:
            return None
    if isinstance(place, bool) or not isinstance(place, str | int):
        return None
    return str(place)


def _time(document: object, path: str) -> datetime:
    text = _needed(document, path, "time")
    try:
        if text.isascii() and text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise Rejected("unreadable", f"The time at {path} has no distance from UTC.")
        return at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Rejected("unreadable", f"There is no time at {path}.") from None
