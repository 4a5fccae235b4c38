"""An endpoint of another system: which events it is told of, with which key they are signed, and when it is told no
more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

import msgspec

from services.gateway.events.webhooks import (
    WebhookConfigured,
    WebhookEvent,
    WebhookKeyChanged,
    WebhookRemoved,
    WebhookResumed,
    WebhookStopped,
    Why,
)
from shared.contracts import calls, gateway, partners, reconciliation, selling, training
from shared.kernel import ChangedMeanwhile, Command, Decider, Event, Rejected, said
from shared.names import PartnerId

TOLD: dict[str, Any] = {
    calls.TOPIC: calls.PublicCallEvent | selling.PublicSellingEvent,
    partners.TOPIC: partners.PublicPartnerEvent,
    reconciliation.TOPIC: reconciliation.PublicReconciliationEvent,
    training.TOPIC: training.PublicTrainingEvent,
    gateway.TOPIC: gateway.PublicGatewayEvent,
}
"""What may be told, by topic: every public event, and nothing else."""
CLASSES: dict[str, str] = {kind.__name__: topic for topic, union in TOLD.items() for kind in get_args(union)}
"""The topic of each class that may be told."""
OVERLAP = timedelta(hours=24)
"""How long messages are signed with the key before the newest too."""

WebhookId = Annotated[str, msgspec.Meta(pattern=r"^wh_[0-9a-f]{16}$(?!\n)")]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class ConfigureWebhook(Command, frozen=True, kw_only=True):
    """Say where an endpoint is told of which classes of public events. `partners`: of these partners' alone; none: of
    all partners, and of what concerns no partner. `key`: under which the vault holds its first key; later ones come
    otherwise. `expects`: the revision that this is to replace. The same once more is no new revision.

    409 `unknown_event`, `bad_address`, `removed`, `no_key`; 412 `changed_meanwhile`.
    """

    webhook: WebhookId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s]+$(?!\n)", max_length=2000)]
    events: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=200)]
    partners: tuple[PartnerId, ...] = ()
    key: Key | None = None
    expects: int | None = None
    at: datetime
    by: str


class ChangeWebhookKey(Command, frozen=True, kw_only=True):
    """Sign with another key from now on. The one before counts for a day more, unless it is known to others:
    `at_once`. 409 `unknown_webhook`, `removed`."""

    webhook: WebhookId
    key: Key
    at_once: bool = False
    at: datetime
    by: str


class StopWebhook(Command, frozen=True, kw_only=True):
    """Tell the endpoint nothing more, for now. `message`: the one that it did not take. 409 `unknown_webhook`,
    `removed`."""

    webhook: WebhookId
    why: Why = "by_hand"
    message: str = ""
    at: datetime
    by: str


class ResumeWebhook(Command, frozen=True, kw_only=True):
    """Tell the endpoint again, of what happens from now on. 409 `unknown_webhook`, `removed`."""

    webhook: WebhookId
    at: datetime
    by: str


class RemoveWebhook(Command, frozen=True, kw_only=True):
    """Forget the endpoint for good. 409 `unknown_webhook`."""

    webhook: WebhookId
    at: datetime
    by: str


WebhookCommand = ConfigureWebhook | ChangeWebhookKey | StopWebhook | ResumeWebhook | RemoveWebhook


@dataclass(frozen=True)
class Webhook:
    """The last word on it."""

    configured: WebhookConfigured | None = None
    key: str = ""
    stopped: bool = False
    removed: bool = False


def decide(command: WebhookCommand, state: Webhook) -> list[WebhookEvent]:
    """What each command leads to."""
    match command:
        case ConfigureWebhook():
            return _configure(command, state)
        case RemoveWebhook():
            _known(command.webhook, state)
            return [] if state.removed else [said(WebhookRemoved, command)]
        case ChangeWebhookKey(key=key):
            _standing(command.webhook, state)
            if key == state.key:
                return []
            until = command.at + OVERLAP if state.key and not command.at_once else None
            return [said(WebhookKeyChanged, command, older_until=until)]
        case StopWebhook():
            _standing(command.webhook, state)
            return [] if state.stopped else [said(WebhookStopped, command)]
        case ResumeWebhook():
            _standing(command.webhook, state)
            return [said(WebhookResumed, command)] if state.stopped else []


def _configure(command: ConfigureWebhook, state: Webhook) -> list[WebhookEvent]:
    if state.removed:
        raise Rejected("removed", f"{command.webhook} was removed.")
    if unknown := sorted(set(command.events) - CLASSES.keys()):
        raise Rejected("unknown_event", f"There is no public event {unknown[0]}.")
    if not addressed(command.url):
        raise Rejected("bad_address", "An address has a host, and neither a user nor a password in it.")
    known = state.configured
    event = said(
        WebhookConfigured,
        command,
        events=tuple(sorted(set(command.events))),
        partners=tuple(sorted(set(command.partners))),
        revision=known.revision + 1 if known is not None else 1,
    )
    if known is not None and msgspec.structs.replace(event, revision=known.revision, at=known.at, by=known.by) == known:
        return []
    if command.expects is not None and command.expects != (known.revision if known is not None else 0):
        raise ChangedMeanwhile
    if known is not None:
        return [event]
    if command.key is None:
        raise Rejected("no_key", "The first time, say the key that signs.")
    return [event, WebhookKeyChanged(webhook=command.webhook, key=command.key, at=command.at, by=command.by)]


def addressed(url: str) -> bool:
    """Whether an address can be posted to. A user or password in it would lie in the log of events."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def _known(webhook: str, state: Webhook) -> None:
    if state.configured is None:
        raise Rejected("unknown_webhook", f"There is no webhook {webhook}.")


def _standing(webhook: str, state: Webhook) -> None:
    _known(webhook, state)
    if state.removed:
        raise Rejected("removed", f"{webhook} was removed.")


def evolve(state: Webhook, event: WebhookEvent) -> Webhook:
    """The last word holds."""
    match event:
        case WebhookConfigured():
            return replace(state, configured=event)
        case WebhookKeyChanged(key=key):
            return replace(state, key=key)
        case WebhookStopped():
            return replace(state, stopped=True)
        case WebhookResumed():
            return replace(state, stopped=False)
        case WebhookRemoved():
            return replace(state, removed=True)


webhook = Decider("webhook", WebhookEvent, Webhook(), decide, evolve)


def partner_of(event: Event) -> str | None:
    """The partner whom a public event concerns; None where it concerns none."""
    if isinstance(event, partners.SourceConfigured):
        return event.settings.partner
    return getattr(event, "partner_id", None) or getattr(event, "partner", None) or None


def wants(configured: WebhookConfigured, event: Event) -> bool:
    """Whether an endpoint is told of an event."""
    if type(event).__name__ not in configured.events:
        return False
    return not configured.partners or partner_of(event) in configured.partners
