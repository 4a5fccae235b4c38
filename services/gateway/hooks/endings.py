"""An endpoint that is gone, or takes nothing for days, is told nothing more, and the people here see why."""

from __future__ import annotations

import logging

from services.gateway.domain.webhooks import StopWebhook, webhook
from services.gateway.events.webhooks import WebhookResumed, Why
from services.gateway.views.webhooks import KnownWebhook, webhooks
from shared.http import Deps
from shared.kernel import Rejected
from shared.webhooks import Attempt, Delivery, Standing, Webhooks

log = logging.getLogger(__name__)
ACTOR = "gateway.webhooks"
TRIES = 20
"""Attempts before a message is given up: over two to four days."""


def first_failure(delivery: Delivery) -> Attempt:
    """The first attempt of those that failed since the message was last asked for."""
    return delivery.attempts[-max(1, delivery.failures)]


class Endings:
    """Looks at what endpoints took. What it says twice is heard once."""

    def __init__(self, deps: Deps, outgoing: Webhooks) -> None:
        self._deps = deps
        self._outgoing = outgoing

    async def step(self) -> None:
        """One look at every endpoint."""
        for name, doc in await self._deps.reads.find(webhooks, {}):
            if doc.stopped is None and not doc.removed and (found := await self._dead(name, doc)) is not None:
                await self._stop(name, *found)

    async def _dead(self, name: str, doc: KnownWebhook) -> tuple[Why, Delivery] | None:
        """Why an endpoint is not to be told more, and the message that says so."""
        gone, given_up, taken = [await self._last(name, one) for one in ("ended", "given_up", "delivered")]
        back = doc.standing[-1] if doc.standing else None
        # What it failed before somebody said that it is back is forgiven.
        since = [word.at for word in [back] if isinstance(word, WebhookResumed)]
        since += [taken.attempts[-1].at] if taken is not None else []
        if gone is not None and all(gone.attempts[-1].at > at for at in since):
            return "gone", gone
        # A message that it does not like, while it takes others, is no reason.
        if given_up is not None and all(first_failure(given_up).at > at for at in since):
            return "failing", given_up
        return None

    async def _last(self, name: str, standing: Standing) -> Delivery | None:
        found, _ = await self._outgoing.page(name, standing, 1, newest=True)
        return found[0] if found else None

    async def _stop(self, name: str, why: Why, delivery: Delivery) -> None:
        command = StopWebhook(webhook=name, why=why, message=delivery.id, at=self._deps.clock(), by=ACTOR)
        by = f"{ACTOR}:{delivery.id}:{len(delivery.attempts)}"
        try:
            await self._deps.door.handle(webhook, name, command, command_id=by, actor=ACTOR)
        except Rejected as refused:  # somebody removed it just now
            log.info("webhook %s is not stopped: %s", name, refused.code)
        else:
            log.warning("webhook %s is told nothing more: %s", name, why)
