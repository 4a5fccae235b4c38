"""What routes and pages do with endpoints, for those whose endpoints they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from services.gateway.domain.webhooks import (
    ChangeWebhookKey,
    ConfigureWebhook,
    RemoveWebhook,
    ResumeWebhook,
    StopWebhook,
    WebhookCommand,
    webhook,
)
from services.gateway.hooks.telling import secret_name, trial
from services.gateway.views.webhooks import KnownWebhook, webhooks
from shared.engine.again import overtaken_by
from shared.http import Accepted, Deps, Problem, invalid, not_found
from shared.kernel import Rejected
from shared.names import PartnerId
from shared.ports import Refused
from shared.security import Principal
from shared.webhooks import Delivery, Standing, Webhooks, is_public, new_secret

MOST_ENDPOINTS = 200


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the endpoint is called, where it is, which classes of public events it is told of, and of which partners'
    (none: of all, for those who see all)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s]+$(?!\n)", max_length=2000)]
    events: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=200)]
    partners: tuple[PartnerId, ...] = ()


@dataclass(frozen=True)
class Made:
    """An endpoint with the key that signs what it is told, which is shown once."""

    webhook: str
    secret: str
    accepted: Accepted


@dataclass(frozen=True)
class Glance:
    """How many messages wait, whether there are even more, and when the last one was taken."""

    waiting: int
    more: bool
    taken_at: datetime | None


def digest(text: str) -> str:
    """Sixteen digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class WebhookDesk:
    """Set as `app.state.webhook_desk`. `private`: addresses in the clear and in the own network are taken."""

    def __init__(self, deps: Deps, outgoing: Webhooks, private: bool) -> None:
        self._deps = deps
        self._outgoing = outgoing
        self._private = private

    async def all(self, who: Principal) -> list[KnownWebhook]:
        """Those that somebody may see: whoever sees some partners sees what tells of no others."""
        found = await self._deps.reads.find(webhooks, {})
        return [doc for _, doc in found if not doc.removed and _theirs(doc, who)]

    async def get(self, who: Principal, name: str) -> KnownWebhook:
        """404 where there is none that they may see."""
        doc = (await self._deps.reads.get(webhooks, [name])).get(name)
        if doc is None or doc.removed or not _theirs(doc, who):
            raise not_found("webhook")
        return doc

    async def create(self, who: Principal, wanted: Wanted, by: str) -> Made:
        """A new endpoint; the same again, with the same key, for the same `by`. 409 `too_many`."""
        self._checked(who, wanted)
        name, key = f"wh_{digest(f'{who.name} {by}')}", digest(f"key {by}")
        known = await self._deps.reads.find(webhooks, {})
        if sum(not doc.removed for _, doc in known) >= MOST_ENDPOINTS and name not in dict(known):
            raise Problem(409, "too_many", f"There are {MOST_ENDPOINTS} endpoints; remove one first.")
        secret, made = await self._secret(name, key)
        command = ConfigureWebhook(
            **msgspec.structs.asdict(wanted), webhook=name, key=key, at=self._deps.clock(), by=who.name
        )
        try:
            accepted = await self._handle(name, command, by)
        except Rejected:
            if made:
                await self._deps.vault.delete_secret(secret_name(name, key))
            raise
        return Made(name, secret, accepted)

    async def change(self, who: Principal, name: str, wanted: Wanted, by: str, expects: int | None = None) -> Accepted:
        """Another name, address or choice. `expects`: the revision that was read; 412 where it is not the last,
        once the last one is there to be read."""
        await self.get(who, name)
        self._checked(who, wanted)
        command = ConfigureWebhook(
            **msgspec.structs.asdict(wanted), webhook=name, expects=expects, at=self._deps.clock(), by=who.name
        )
        async with overtaken_by(lambda: self._changed(name, expects)):
            return await self._handle(name, command, by)

    async def change_key(self, who: Principal, name: str, at_once: bool, by: str) -> Made:
        """A new key; the one before counts for a day more, unless `at_once`."""
        doc = await self.get(who, name)
        key = digest(f"key {by}")
        secret, _ = await self._secret(name, key)
        command = ChangeWebhookKey(webhook=name, key=key, at_once=at_once, at=self._deps.clock(), by=who.name)
        accepted = await self._handle(name, command, by)
        if doc.keys[-1].key != key:  # whatever is older than the one before signs nothing more
            for old in doc.keys if at_once else doc.keys[:-1]:
                await self._deps.vault.delete_secret(secret_name(name, old.key))
        return Made(name, secret, accepted)

    async def stop(self, who: Principal, name: str, by: str) -> Accepted:
        """Told nothing more, for now."""
        await self.get(who, name)
        return await self._handle(name, StopWebhook(webhook=name, at=self._deps.clock(), by=who.name), by)

    async def resume(self, who: Principal, name: str, by: str) -> Accepted:
        """Told again."""
        await self.get(who, name)
        return await self._handle(name, ResumeWebhook(webhook=name, at=self._deps.clock(), by=who.name), by)

    async def remove(self, who: Principal, name: str, by: str) -> Accepted:
        """Gone for good, with its keys."""
        doc = await self.get(who, name)
        accepted = await self._handle(name, RemoveWebhook(webhook=name, at=self._deps.clock(), by=who.name), by)
        for known in doc.keys:
            await self._deps.vault.delete_secret(secret_name(name, known.key))
        return accepted

    async def test(self, who: Principal, name: str, by: str) -> Delivery:
        """Send a message that tells of nothing. 409 `stopped`."""
        doc = await self.get(who, name)
        if doc.configured is None or doc.stopped is not None:
            raise Problem(409, "stopped", "It is told nothing now: resume it first.")
        ident = f"msg_{digest(f'test {name} {by}')}"
        body = trial(doc.configured, ident, self._deps.base_url, self._deps.clock())
        await self._outgoing.add(ident, body, name)
        return await self._delivery(name, ident)

    async def log(
        self, who: Principal, name: str, standing: Standing, limit: int, cursor: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of what an endpoint was told, the newest first, without the texts."""
        await self.get(who, name)
        try:
            found, following = await self._outgoing.page(name, standing, limit, cursor, newest=True)
        except ValueError:
            raise invalid("cursor", "not a cursor of this list") from None
        return [shown(delivery) for delivery in found], following

    async def glance(self, name: str) -> Glance:
        """How an endpoint of the viewer's is getting on."""
        waiting, more = await self._outgoing.page(name, "waiting")
        taken, _ = await self._outgoing.page(name, "delivered", 1, newest=True)
        return Glance(len(waiting), more is not None, taken[0].attempts[-1].at if taken else None)

    async def again(self, who: Principal, name: str, message: str) -> Delivery:
        """Send a message once more. 404; 409 `no_target`, `being_sent`."""
        await self.get(who, name)
        await self._delivery(name, message)
        try:
            return await self._outgoing.again(message)
        except Refused:
            raise Problem(409, "being_sent", "It is being sent just now.") from None

    async def _delivery(self, name: str, message: str) -> Delivery:
        known = await self._outgoing.get(message)
        if known is None or known.to != name:
            raise not_found("message")
        return known

    async def _secret(self, name: str, key: str) -> tuple[str, bool]:
        """The key of that name, and whether it is new."""
        place = secret_name(name, key)
        if (held := await self._deps.vault.get_secret(place)) is not None:
            return held, False
        secret = new_secret()
        await self._deps.vault.put_secret(place, secret)
        return secret, True

    async def _handle(self, name: str, command: WebhookCommand, by: str) -> Accepted:
        return await self._deps.door.handle(webhook, name, command, command_id=by, actor=command.by)

    async def _changed(self, name: str, expects: int | None) -> bool:
        doc = (await self._deps.reads.get(webhooks, [name])).get(name)
        return doc is not None and doc.configured is not None and doc.configured.revision != expects

    def _checked(self, who: Principal, wanted: Wanted) -> None:
        if who.partners is not None and not (wanted.partners and who.partners.issuperset(wanted.partners)):
            raise Problem(403, "not_allowed", "It may be told of partners that you see: name them in `partners`.")
        if not self._private and (wrong := wrong_address(wanted.url)):
            raise invalid("url", wrong)


def wrong_address(url: str) -> str:
    """What is wrong with an address on the open internet; names are looked at whenever something is sent."""
    if not url.startswith("https://"):
        return "must begin with https://"
    try:
        host = urlsplit(url).hostname or ""
        ip_address(host)
    except ValueError:
        return ""
    return "" if is_public(host) else "must lie in the open internet"


def shown(delivery: Delivery) -> dict[str, Any]:
    """A line of the log: what was told when, not its text."""
    told = msgspec.json.decode(delivery.body)
    return {
        "id": delivery.id,
        "type": told["type"],
        "subject": told.get("subject"),
        "time": told["time"],
        "standing": delivery.standing,
        "due": delivery.due,
        "attempts": delivery.attempts,
    }


def _theirs(doc: KnownWebhook, who: Principal) -> bool:
    if who.partners is None:
        return True
    partners = doc.configured.partners if doc.configured is not None else ()
    return bool(partners) and who.partners.issuperset(partners)
