"""Outgoing webhooks, signed by the Standard Webhooks rules: each is kept until it is taken, or given up after days.

A delivery may come twice, with the same `webhook-id`; it never comes under two.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM
from ssl import SSLContext
from typing import Literal

import httpx
import msgspec

from shared import metrics, tracing
from shared.clock import Clock
from shared.engine.moving import Keep
from shared.kernel import Rejected
from shared.ports import Documents, Put, Refused, StoreUnavailable

log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses, which may hold a password

WEBHOOKS = "webhooks"
ATTEMPT_S = 15.0
"""How long the other side may take for one answer, from the question for its address on."""
LEASE_S = 60
"""How long a delivery that somebody tries is left to them; after that they are taken for dead."""
TRIES = 10
"""As often as a message is sent before it is given up: for 10 to 20 hours."""
LIFE = timedelta(days=30)
"""For how long a message that waits no more is remembered, where nothing else is said."""
FORGET_EVERY_S = 600.0
LANE_S = 1.0
FIRST_WAIT_S, TIMES, LONGEST_WAIT_S = 5, 4, 6 * 3600
BATCH = 100
GONE = 410
UNICAST = IPv6Network("2000::/3")
_CHANCE = secrets.SystemRandom()

Standing = Literal["waiting", "delivered", "ended", "given_up", "unsent"]
ENDED: tuple[Standing, ...] = ("delivered", "ended", "given_up", "unsent")


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One time that it was sent: when, for how many seconds, and the status of the answer or why there was none
    (`timeout`, `private_target`, `unresolved`, or the class of the failure)."""

    at: datetime
    seconds: float
    status: int | None = None
    cause: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message and what became of it. `due`: when it is tried next, or was tried last where it waits no more, epoch
    second; `failures`: since it was last asked for. `ended`: the other side said 410; `unsent`: there was no target
    when it came up. `to` names the target where there are several. `trace` is the context of what it tells of."""

    id: str
    body: str
    to: str = ""
    standing: Standing = "waiting"
    due: int
    failures: int = 0
    attempts: tuple[Attempt, ...] = ()
    trace: str = ""


def delivery_fields(body: bytes) -> Mapping[str, str | int | None]:
    """Found by target and standing, in the order in which they are due."""
    delivery = msgspec.json.decode(body, type=Delivery)
    return {"to": delivery.to, "standing": delivery.standing, "due": delivery.due}


KEEP = Keep(WEBHOOKS, ("to", "standing", "due"), delivery_fields)


@dataclass(frozen=True)
class Target:
    """Where to, and the key that both sides know (`whsec_` and base64). `private`: it may lie in our own network.
    `older`: keys that still count on the other side, so that each message is signed with them too."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    private: bool = False
    older: tuple[str, ...] = field(default=(), repr=False)


def signature(secret: str, ident: str, second: int, body: bytes) -> str:
    """The `webhook-signature`, version 1: HMAC-SHA256 over id, epoch second and body, with dots between."""
    key = b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = b".".join((ident.encode(), str(second).encode(), body))
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()


def message_id(*of: str | int) -> str:
    """The `webhook-id` of what is told of this: the same whenever it is told. It has no dot, which parts the signed
    text."""
    return "msg_" + hashlib.sha256(" ".join(map(str, of)).encode()).hexdigest()[:32]


def new_secret() -> str:
    """A key as both sides write it."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def wait_s(failures: int, chance: float) -> int:
    """Seconds until the next attempt, after so many failures: four times as many each time, up to six hours. `chance`
    (from 0 to below 1) takes off up to half, so that what failed together does not come back together."""
    whole: int = min(FIRST_WAIT_S * TIMES ** (failures - 1), LONGEST_WAIT_S)
    return max(1, round(whole * (1 - chance / 2)))


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet: no loopback, private, link-local, shared or multicast one, and
    none that carries another one inside."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        tunnel = address.sixtofour is not None or address.teredo is not None
        return address in UNICAST and address.is_global and not tunnel
    return address.is_global and not address.is_multicast


class PrivateTarget(Exception):
    """No address of the target is one of the open internet."""


async def addresses_of(host: str, port: int, private: bool) -> list[str]:
    """The addresses that may be connected to. PrivateTarget when there is none; OSError, UnicodeError: unresolved."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    allowed = addresses if private else [address for address in addresses if is_public(address)]
    if not allowed:
        raise PrivateTarget
    return allowed


Sending = Callable[[Target, str, int, bytes], Awaitable[int]]
"""Sends a message by its id, at an epoch second: the status of the answer."""

Targets = Callable[[str], Awaitable[Target | None]]
"""The target of a name, as it is now; None: there is none."""


class Webhooks:
    """The deliveries to one target, or to several by name. Any number of processes may take steps: a delivery is tried
    by one at a time."""

    def __init__(
        self,
        documents: Documents,
        target: Target | Targets | None,
        now: Clock,
        chance: Callable[[], float] = _CHANCE.random,
        attempt_s: float = ATTEMPT_S,
        tries: int = TRIES,
        post: Sending | None = None,
        collection: str = WEBHOOKS,
        life: timedelta | None = LIFE,
    ) -> None:
        """`post`: how a message is sent, where not over HTTP; `collection`: where messages are kept; `life`: for how
        long what waits no more is remembered, None: for ever."""
        self._documents = documents
        self._target = target
        self._now = now
        self._chance = chance
        self._attempt_s = attempt_s
        self._tries = tries
        self._post = post or _post
        self._collection = collection
        self._life = life
        for standing in ("delivered", "waiting", "ended", "given_up"):
            metrics.WEBHOOKS.labels(standing)

    async def add(
        self, ident: str, body: bytes, to: str = "", trace: str = "", recorded_at: datetime | None = None
    ) -> None:
        """Keep a message to be sent; one that is known stays as it is. Durable on return. `trace`: the context of what
        it tells of; empty: the current one. `recorded_at`: of what it tells of; what is older than our memory was told
        and forgotten, and a log that is read once more does not have it told again."""
        if recorded_at is not None and self._life is not None and recorded_at < self._now() - self._life:
            return
        standing: Standing = "waiting" if await self._of(to) is not None else "unsent"
        new = Delivery(
            id=ident, body=body.decode(), to=to, standing=standing, due=self._second(), trace=trace or tracing.context()
        )
        try:
            await self._put(0, new)
        except Refused:
            log.debug("the webhook %s is known", ident)

    async def get(self, ident: str) -> Delivery | None:
        """What became of a message."""
        found = await self._found(ident)
        return None if found is None else found[1]

    async def page(
        self, to: str, standing: Standing, limit: int = BATCH, cursor: str | None = None, newest: bool = False
    ) -> tuple[list[Delivery], str | None]:
        """A page of the messages for a target that stand so, in the order in which they are or were due, and the cursor
        of the page after. ValueError for a cursor that is not one of these."""
        wanted = {"to": to, "standing": standing}
        found = await self._documents.find(
            self._collection, wanted, order="due", descending=newest, limit=limit, cursor=cursor
        )
        return [msgspec.json.decode(stored.body, type=Delivery) for stored in found.items], found.next

    async def forget(self) -> None:
        """Drop what has waited no more for as long as it is remembered."""
        if self._life is None:
            return
        before = self._second() - int(self._life.total_seconds())
        for standing in ENDED:
            while old := await self._over(standing, before):
                await self._documents.delete(self._collection, old)

    async def _over(self, standing: Standing, before: int) -> list[str]:
        wanted = {"standing": standing}
        page = await self._documents.find(self._collection, wanted, order="due", high=before, limit=BATCH)
        return [stored.id for stored in page.items]

    async def again(self, ident: str) -> Delivery:
        """Send it once more, from now on, as often as a new one; to ask twice is to ask once.

        Rejected: `no_target`; `unknown_delivery`. Refused: it was being tried just now.
        """
        if self._target is None:
            raise Rejected("no_target", "The settings name no address to send it to.")
        found = await self._found(ident)
        if found is None:
            raise Rejected("unknown_delivery", "There is no such message.")
        revision, delivery = found
        if await self._of(delivery.to) is None:
            raise Rejected("no_target", "There is no address to send it to.")
        asked = msgspec.structs.replace(delivery, standing="waiting", due=self._second(), failures=0)
        await self._put(revision, asked)
        return asked

    async def step(self) -> None:
        """Try each that is due, one after the other."""
        if self._target is not None:
            await self._due({"standing": "waiting"})

    async def turn(self, to: str) -> None:
        """Try those for one target that are due, until one is not taken: who is away is not asked for each of them."""
        await self._due({"standing": "waiting", "to": to}, while_taken=True)

    async def _due(self, wanted: Mapping[str, str], while_taken: bool = False) -> None:
        page = await self._documents.find(self._collection, wanted, order="due", high=self._second() + 1, limit=BATCH)
        for stored in page.items:
            try:
                taken = await self._try(stored.revision, msgspec.json.decode(stored.body, type=Delivery))
            except Refused:
                log.info("the webhook %s is tried by somebody else", stored.id)
                continue
            if while_taken and not taken:
                return

    async def _of(self, to: str) -> Target | None:
        return await self._target(to) if callable(self._target) else self._target

    async def _try(self, revision: int, delivery: Delivery) -> bool:
        """False: it was sent and not taken."""
        target = await self._of(delivery.to)
        if target is None:
            await self._put(revision, msgspec.structs.replace(delivery, standing="unsent"))
            return True
        # Its next turn stands in the store before it is sent: whoever dies over it delays it, and loses nothing.
        await self._put(revision, msgspec.structs.replace(delivery, due=self._second() + LEASE_S))
        attempt = await self._attempt(delivery, target)
        after = self._after(delivery, attempt)
        await self._put(revision + 1, after)
        metrics.WEBHOOKS.labels(after.standing).inc()
        say = log.error if after.standing in ("ended", "given_up") else log.info
        say("webhook %s: %s (%s)", after.id, after.standing, attempt.status or attempt.cause)
        return after.standing == "delivered"

    def _after(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        now, attempts = self._second(), (*delivery.attempts, attempt)
        if attempt.status is not None and httpx.codes.is_success(attempt.status):
            return msgspec.structs.replace(delivery, standing="delivered", due=now, attempts=attempts)
        failures = delivery.failures + 1
        standing: Standing = "waiting"
        if attempt.status == GONE:
            standing = "ended"
        elif failures >= self._tries:
            standing = "given_up"
        due = now + wait_s(failures, self._chance()) if standing == "waiting" else now
        return msgspec.structs.replace(delivery, standing=standing, due=due, failures=failures, attempts=attempts)

    async def _attempt(self, delivery: Delivery, target: Target) -> Attempt:
        at, began, status, cause = self._now(), asyncio.get_running_loop().time(), None, ""
        with tracing.span(f"send {self._collection}", "client", parent=delivery.trace) as span:
            try:
                async with asyncio.timeout(self._attempt_s):
                    status = await self._post(target, delivery.id, int(at.timestamp()), delivery.body.encode())
                span.note("http.response.status_code", status)
            except TimeoutError:
                cause = "timeout"
            except PrivateTarget:
                cause = "private_target"
            except (OSError, UnicodeError):
                cause = "unresolved"
            except (httpx.HTTPError, httpx.InvalidURL) as wrong:
                cause = type(wrong).__name__  # its text may hold the address, and that a password
            if cause or not httpx.codes.is_success(status or 0):
                span.failed(cause or str(status))
        seconds = round(asyncio.get_running_loop().time() - began, 3)
        return Attempt(at=at, seconds=seconds, status=status, cause=cause)

    async def _found(self, ident: str) -> tuple[int, Delivery] | None:
        stored = (await self._documents.get(self._collection, [ident])).get(ident)
        return None if stored is None else (stored.revision, msgspec.json.decode(stored.body, type=Delivery))

    async def _put(self, revision: int, delivery: Delivery) -> None:
        body = msgspec.json.encode(delivery)
        await self._documents.put(self._collection, [Put(delivery.id, revision, body, delivery_fields(body))])

    def _second(self) -> int:
        return int(self._now().timestamp())


@cache
def _tls() -> SSLContext:
    """The certificates that are trusted, read once: that takes longer than a message."""
    return httpx.create_ssl_context(trust_env=False)


async def _post(target: Target, ident: str, second: int, body: bytes) -> int:
    """The status of the answer; its body is not read, and redirects are not followed."""
    url = httpx.URL(target.url)
    headers = {
        "host": url.netloc.decode(),
        "content-type": "application/cloudevents+json",
        "webhook-id": ident,
        "webhook-timestamp": str(second),
        "webhook-signature": " ".join(signature(key, ident, second, body) for key in (target.secret, *target.older)),
        **tracing.sent(),
    }
    host = url.raw_host.decode()
    addresses = await addresses_of(host, url.port or (443 if url.scheme == "https" else 80), target.private)
    # The name is asked for once, and the connection goes to an address that was looked at: a name that answers
    # otherwise the second time leads nowhere. Proxies of the environment would ask for it again.
    async with httpx.AsyncClient(verify=_tls(), trust_env=False, follow_redirects=False, timeout=None) as client:  # noqa: S113
        for address in addresses:
            request = client.build_request(
                "POST",
                url.copy_with(host=address),
                headers=headers,
                content=body,
                extensions={"sni_hostname": host},
            )
            try:
                answer = await client.send(request, stream=True)
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
                continue
            await answer.aclose()
            return answer.status_code
    raise PrivateTarget


class Lanes:
    """Sends to several targets side by side, each in a lane of its own: one that hangs holds up no other."""

    def __init__(
        self, webhooks: Webhooks, names: Callable[[], Awaitable[Iterable[str]]], seconds: float = LANE_S
    ) -> None:
        """`names`: of all targets, also of those that are told nothing more: what waits for them is let go."""
        self._webhooks = webhooks
        self._names = names
        self._seconds = seconds

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop; what is being sent just then is sent again, by its lease."""
        lanes: dict[str, asyncio.Task[None]] = {}
        try:
            while not stopping.is_set():
                try:
                    for name in await self._names():
                        if name not in lanes:
                            lanes[name] = asyncio.create_task(self._webhooks.turn(name))
                except StoreUnavailable:
                    log.warning("the targets of webhooks can't be read")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), self._seconds)
                for name in [name for name, lane in lanes.items() if lane.done()]:
                    try:
                        lanes.pop(name).result()
                    except (Refused, StoreUnavailable) as cause:
                        log.warning("webhooks for %s: %s", name, type(cause).__name__)
        finally:
            for lane in lanes.values():
                lane.cancel()
            await asyncio.gather(*lanes.values(), return_exceptions=True)
