"""Who takes the payments and ships the goods of orders, and how their messages are read."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from services.calls.events.orders import Matter
from shared.kernel import Event

Signing = Literal["standard-webhooks", "hmac-sha256"]
Hears = Literal["OrderPlaced", "OrderCancelled", "OrderReturned", "PaymentMoved", "FulfilmentMoved"]


class Mapping(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a provider's JSON says what we need, as paths (`data.object.id`; a number is a place in a list), and what
    its states mean to us. A state that means nothing stands with the empty text.

    `message`: the id of the message, by which a repeat is known; empty: the header `webhook-id`, else a hash of the
    body. `at`: its time, as RFC 3339 text or epoch seconds; empty: the time at which it came.
    """

    order: str
    state: str
    states: dict[str, str]
    message: str = ""
    at: str = ""
    reference: str = ""


class ProviderConfigured(Event, frozen=True, kw_only=True, omit_defaults=True):
    """How the provider's messages are known and read, and what it is told where. Its secrets lie in the vault.

    `header`: that of the signature, with `hmac-sha256`. `notify_url`: where it hears of orders in `countries` (none:
    all); empty: nowhere. `revision`: from 1.
    """

    provider: str
    revision: int
    name: str
    matter: Matter
    signing: Signing
    mapping: Mapping
    header: str = ""
    notify_url: str = ""
    hears: tuple[Hears, ...] = ()
    countries: tuple[str, ...] = ()
    at: datetime
    by: str


class ProviderRetired(Event, frozen=True, kw_only=True):
    """It is heard no more, and told nothing more."""

    provider: str
    reason: str
    at: datetime
    by: str


ProviderEvent = ProviderConfigured | ProviderRetired
