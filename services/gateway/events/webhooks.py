"""Who of other companies' systems is told of what: endpoints of webhooks, their keys, and whether they are told now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.kernel import Event

Why = Literal["gone", "failing", "by_hand"]
"""Why an endpoint is told nothing more: it said 410; it took nothing until a message was given up; somebody said so."""


class WebhookConfigured(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The endpoint at `url` is told of these classes of public events. `partners`: of these partners' alone; none:
    of all partners, and of what concerns no partner. `revision`: from 1."""

    webhook: str
    revision: int
    name: str
    url: str
    events: tuple[str, ...]
    partners: tuple[str, ...] = ()
    at: datetime
    by: str


class WebhookKeyChanged(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What is sent is signed with a new key, which lies in the vault under `key`; with the one before it too, until
    `older_until`, so that the other side can change at its leisure."""

    webhook: str
    key: str
    older_until: datetime | None = None
    at: datetime
    by: str


class WebhookStopped(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The endpoint is told nothing more, for now. `message`: the one that it did not take."""

    webhook: str
    why: Why
    message: str = ""
    at: datetime
    by: str


class WebhookResumed(Event, frozen=True, kw_only=True):
    """The endpoint is told again, of what happens from now on."""

    webhook: str
    at: datetime
    by: str


class WebhookRemoved(Event, frozen=True, kw_only=True):
    """The endpoint is gone for good, and its keys count no more."""

    webhook: str
    at: datetime
    by: str


WebhookEvent = WebhookConfigured | WebhookKeyChanged | WebhookStopped | WebhookResumed | WebhookRemoved
