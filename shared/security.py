"""Who is calling, and what they may do: API keys, sessions of the browser, sign-in links, the key of this machine."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

import msgspec

from shared.clock import Clock
from shared.engine.moving import Keep
from shared.ports import Documents, Put, Refused, StoreUnavailable, every
from shared.rights import RIGHTS, Right, Role
from shared.settings import Settings, secret_file

API_KEYS, SESSIONS, SIGN_INS = "access_keys", "access_sessions", "access_links"
SESSION_LIFE = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=2)
NOTED_EVERY = timedelta(minutes=5)
"""That a session or a key is used is written down so often at the most: not with each request."""
SIGN_IN_LIFE = timedelta(seconds=60)
FIRST_SIGN_IN_LIFE = timedelta(hours=1)
"""The link that the first start prints lies in a terminal until somebody gets to it."""

SERVICE_TOKEN_LIFE = timedelta(seconds=60)

_SWEEP = 100


KEEPS = (Keep(API_KEYS),)
"""Sessions and links are over in hours: they are not moved."""


class Principal(msgspec.Struct, frozen=True):
    """Who is calling. `partners` None: all of them. `by`: how they proved it, which decides about forgery checks and
    limits. `agent`: of an agent, the id that telephony knows them by at their one partner. `rights`: of a key that is
    narrowed, those of its role's rights that it has; None: all of them."""

    name: str
    role: Role
    partners: frozenset[str] | None = None
    by: Literal["key", "session", "machine"] = "key"
    agent: str | None = None
    rights: frozenset[Right] | None = None

    def sees(self, partner: str) -> bool:
        """Whether this partner's figures and settings are theirs to see."""
        return self.partners is None or partner in self.partners

    def may(self, right: Right) -> bool:
        """Whether they have the right, by their role and as their key has it. What they see of it: `sees`."""
        return self.role in RIGHTS[right] and (self.rights is None or right in self.rights)


OPERATOR = Principal("operator", "admin")
"""Whoever can read the folder or the terminal of the server."""


class ApiKey(msgspec.Struct, frozen=True):
    """An API key as it is kept and listed: everything but the key itself, of which there is only the digest.

    `expires` None: never. `used`: when it was last seen, to within `NOTED_EVERY`."""

    id: str
    digest: str
    name: str
    role: Role
    created: datetime
    partners: frozenset[str] | None = None
    revoked: datetime | None = None
    agent: str | None = None
    rights: frozenset[Right] | None = None
    expires: datetime | None = None
    used: datetime | None = None

    def holder(self) -> Principal:
        """Whom it stands for."""
        return Principal(self.name, self.role, self.partners, agent=self.agent, rights=self.rights)


class SessionRules(NamedTuple):
    """How long a session lasts: `life` in all, and `idle` without a request."""

    life: timedelta = SESSION_LIFE
    idle: timedelta = SESSION_IDLE


class There(NamedTuple):
    """A session at the provider: of whom, and which one. Signing in there says both, but for a provider that numbers no
    sessions; signing out there says both, or either."""

    subject: str | None
    sid: str | None


class _Session(msgspec.Struct, frozen=True):
    """`user`: of a session that a local user opened, which ends with their rights. `seen`: to within `NOTED_EVERY`;
    None in those of earlier releases. `door`: by which way they came in. `there`: what it rests on at the provider, in
    digests."""

    principal: Principal
    expires: datetime
    seen: datetime | None = None
    user: str | None = None
    door: str = ""
    there: There | None = None


class _Grant(msgspec.Struct, frozen=True):
    principal: Principal
    expires: datetime


class _Slip(msgspec.Struct, frozen=True):
    what: msgspec.Raw
    expires: datetime
    used: bool = False


T = TypeVar("T")
Tokens = Callable[[str], Awaitable[Principal | None]]
"""Whom a bearer token that is no key of ours stands for; None when it is not valid."""


def local_key(data: Path) -> str:
    """The key by which the command line on this machine proves itself, from `local.key`; made where it is missing.

    SettingError when others than its owner may read the file.
    """
    return secret_file(data / "local.key", lambda: f"tlk_local_{secrets.token_urlsafe(32)}".encode()).decode().strip()


class Callers(Protocol):
    """Who is calling, by what they show."""

    async def of_key(self, text: str) -> Principal | None:
        """By a bearer token; None when it is not valid."""
        ...

    async def of_session(self, text: str) -> Principal | None:
        """By a session's cookie; None when it is unknown or over."""
        ...


class Once(Generic[T]):
    """Texts that are good for one thing, once, within their life. Only their digests are stored."""

    def __init__(self, documents: Documents, clock: Clock, collection: str, kind: type[T]) -> None:
        self._documents = documents
        self._clock = clock
        self._collection = collection
        self._kind = kind

    async def start(self) -> None:
        """Create what is missing."""
        await self._documents.declare(self._collection, ["expires"])

    async def give(self, what: T, life: timedelta) -> str:
        """A new text that stands for `what`."""
        text, expires = secrets.token_urlsafe(32), self._clock() + life
        await swept(self._documents, self._collection, self._clock())
        slip = msgspec.json.encode(_Slip(msgspec.Raw(msgspec.json.encode(what)), expires))
        await self._documents.put(self._collection, [Put(_digest(text), 0, slip, _expiring(expires))])
        return text

    async def take(self, text: str) -> T | None:
        """Use a text up: what it stands for. None when it is unknown, over, or was used already."""
        doc_id = _digest(text)
        stored = (await self._documents.get(self._collection, [doc_id])).get(doc_id)
        if stored is None:
            return None
        slip = msgspec.json.decode(stored.body, type=_Slip)
        if slip.used or self._clock() >= slip.expires:
            return None
        used = msgspec.json.encode(msgspec.structs.replace(slip, used=True))
        try:
            await self._documents.put(self._collection, [Put(doc_id, stored.revision, used, _expiring(slip.expires))])
        except Refused:
            return None  # another request with the same text was first
        return msgspec.json.decode(slip.what, type=self._kind)


class Access:
    """Keys, sessions and sign-in links. Only digests are stored: who reads the documents can't call with them.

    `tokens` None: there are no bearers but keys of ours.
    """

    def __init__(
        self,
        documents: Documents,
        clock: Clock,
        local: str | None = None,
        rules: SessionRules = SessionRules(),  # noqa: B008 - it is frozen
        tokens: Tokens | None = None,
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._local = _digest(local) if local else None
        self.rules = rules
        self._tokens = tokens
        self._links = Once(documents, clock, SIGN_INS, Principal)

    async def start(self) -> None:
        """Create what is missing."""
        await self._documents.declare(API_KEYS)
        await self._documents.declare(SESSIONS, ["expires", "user", "subject", "sid"])
        await self._links.start()

    # API keys

    async def create_key(
        self,
        name: str,
        role: Role,
        partners: frozenset[str] | None = None,
        agent: str | None = None,
        *,
        rights: frozenset[Right] | None = None,
        expires: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key, and its text, which can't be had again."""
        key_id = secrets.token_hex(8)
        text = f"tlk_{key_id}_{secrets.token_urlsafe(32)}"
        key = ApiKey(
            key_id, _digest(text), name, role, self._clock(), partners, agent=agent, rights=rights, expires=expires
        )
        await self._documents.put(API_KEYS, [Put(key_id, 0, msgspec.json.encode(key))])
        return key, text

    async def revoke_key(self, key_id: str) -> bool:
        """From now on the key is not accepted. False when there is no such key."""
        while True:
            stored = (await self._documents.get(API_KEYS, [key_id])).get(key_id)
            if stored is None:
                return False
            key = msgspec.json.decode(stored.body, type=ApiKey)
            if key.revoked is not None:
                return True
            revoked = msgspec.structs.replace(key, revoked=self._clock())
            try:
                await self._documents.put(API_KEYS, [Put(key_id, stored.revision, msgspec.json.encode(revoked))])
            except Refused:
                continue
            return True

    async def keys(self) -> list[ApiKey]:
        """All keys, revoked ones too, oldest first."""
        found = [msgspec.json.decode(stored.body, type=ApiKey) async for stored in every(self._documents, API_KEYS)]
        return sorted(found, key=lambda key: (key.created, key.id))

    async def of_key(self, text: str) -> Principal | None:
        """Whom an API key, or the key of this machine, stands for; None when it is not valid."""
        digest = _digest(text)
        if self._local and hmac.compare_digest(self._local, digest):
            return Principal("local", "admin", by="machine")
        prefix, _, rest = text.partition("_")
        key_id = rest.partition("_")[0]
        if prefix != "tlk" or not key_id:
            return await self._tokens(text) if self._tokens is not None and text.count(".") == 2 else None
        stored = (await self._documents.get(API_KEYS, [key_id])).get(key_id)
        if stored is None:
            return None
        key, now = msgspec.json.decode(stored.body, type=ApiKey), self._clock()
        over = key.revoked is not None or (key.expires is not None and now >= key.expires)
        if not hmac.compare_digest(key.digest, digest) or over:
            return None
        if key.used is None or now >= key.used + NOTED_EVERY:
            noted = msgspec.json.encode(msgspec.structs.replace(key, used=now))
            await self._note(API_KEYS, Put(key_id, stored.revision, noted))
        return key.holder()

    # Sessions

    async def open_session(
        self, principal: Principal, user: str | None = None, door: str = "", there: There | None = None
    ) -> str:
        """A new session, a local `user`'s or somebody else's, who came in by this `door`; the opaque text for the
        browser's cookie. `there`: the session at the provider that it rests on. Expired ones are swept away on the
        occasion."""
        text, now = secrets.token_urlsafe(32), self._clock()
        whose = msgspec.structs.replace(principal, by="session")
        session = _Session(whose, now + self.rules.life, now, user, door, there and _digested(there))
        await swept(self._documents, SESSIONS, now)
        await self._documents.put(SESSIONS, [_kept(_digest(text), 0, session)])
        return text

    async def of_session(self, text: str) -> Principal | None:
        """Whom a session's cookie stands for; None when it is unknown, over, or was not used for too long."""
        doc_id, now = _digest(text), self._clock()
        stored = (await self._documents.get(SESSIONS, [doc_id])).get(doc_id)
        if stored is None:
            return None
        session = msgspec.json.decode(stored.body, type=_Session)
        seen = session.seen or session.expires - self.rules.life
        if now >= min(session.expires, seen + self.rules.idle):
            return None
        if now >= seen + min(NOTED_EVERY, self.rules.idle / 4):
            await self._note(SESSIONS, _kept(doc_id, stored.revision, msgspec.structs.replace(session, seen=now)))
        return session.principal

    async def close_session(self, text: str) -> str:
        """Sign out; by which door they had come in, empty when there is no such session."""
        session = await self._read(SESSIONS, _digest(text), _Session)
        await self._documents.delete(SESSIONS, [_digest(text)])
        return session.door if session else ""

    async def close_sessions_of(self, user: str) -> None:
        """End every session of a local user."""
        ids = [stored.id async for stored in every(self._documents, SESSIONS, {"user": user})]
        await self._documents.delete(SESSIONS, ids)

    async def close_sessions_there(self, there: There) -> list[Principal]:
        """End every session that rests on this one at the provider; whose they were."""
        named = _digested(there)
        equal: dict[str, str | int] = {name: value for name, value in named._asdict().items() if value is not None}
        if not equal:
            raise ValueError("of nobody, and no session")
        found = [stored async for stored in every(self._documents, SESSIONS, equal)]
        await self._documents.delete(SESSIONS, [stored.id for stored in found])
        return [msgspec.json.decode(stored.body, type=_Session).principal for stored in found]

    # Sign-in links

    async def create_sign_in(self, principal: Principal, life: timedelta = SIGN_IN_LIFE) -> str:
        """A token that opens one session, once, within `life`."""
        return await self._links.give(principal, life)

    async def first_link(self, base_url: str) -> str:
        """A link that opens a session as the operator, once."""
        return f"{base_url}/?token={await self.create_sign_in(OPERATOR, FIRST_SIGN_IN_LIFE)}"

    async def sign_in(self, token: str) -> str | None:
        """Use a token up; the text of the new session's cookie. None when it is unknown, over, or was used already."""
        principal = await self._links.take(token)
        return None if principal is None else await self.open_session(principal)

    async def _read(self, collection: str, doc_id: str, doc: type[T]) -> T | None:
        stored = (await self._documents.get(collection, [doc_id])).get(doc_id)
        return msgspec.json.decode(stored.body, type=doc) if stored else None

    async def _note(self, collection: str, put: Put) -> None:
        """Write down that it is in use. What could not be noted now, is the next time."""
        with contextlib.suppress(Refused, StoreUnavailable):
            await self._documents.put(collection, [put])


class ServiceTokens:
    """How services prove themselves to each other, and say for whom they ask: signed, short-lived, nothing stored."""

    PREFIX = "tls_"

    def __init__(self, master_key: bytes, clock: Clock) -> None:
        self._key = hmac.digest(master_key, b"tallyline service tokens", "sha256")
        self._clock = clock

    def issue(self, principal: Principal) -> str:
        """A token for one request, or a few."""
        said = _Grant(principal, self._clock() + SERVICE_TOKEN_LIFE)
        body = base64.urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")
        return f"{self.PREFIX}{body}.{self._signature(body)}"

    def of(self, text: str) -> Principal | None:
        """For whom the token was issued; None when it is not ours, was changed, or is over."""
        body, _, signature = text.removeprefix(self.PREFIX).partition(".")
        signed = hmac.compare_digest(self._signature(body).encode(), signature.encode())
        if not text.startswith(self.PREFIX) or not signed:
            return None
        claim = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=_Grant)
        return claim.principal if self._clock() < claim.expires else None

    def _signature(self, body: str) -> str:
        return hmac.digest(self._key, body.encode(), "sha256").hex()


class ServiceAccess:
    """Who may call a service that stands behind the gateway: other services, and nobody else."""

    def __init__(self, tokens: ServiceTokens) -> None:
        self._tokens = tokens

    async def of_key(self, text: str) -> Principal | None:
        """For whom another service asks."""
        return self._tokens.of(text)

    async def of_session(self, text: str) -> Principal | None:
        """Sessions are the gateway's."""
        return None


def rules_of(settings: Settings) -> SessionRules:
    """How long sessions last here."""
    return SessionRules(timedelta(hours=settings.session_hours), timedelta(minutes=settings.session_idle_minutes))


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a request comes from our own pages. Header names are lower-case.

    Other sites can make a browser send our cookie, but not these headers. The scheme is left out of the comparison:
    behind a proxy that ends TLS we do not know it.
    """
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    host = headers.get("origin", "").partition("://")[2]
    return host != "" and host == headers.get("host")


def _digest(text: str) -> str:
    # These texts carry 256 random bits: a slow hash, as for passwords, would protect nothing more.
    return hashlib.sha256(text.encode()).hexdigest()


def _expiring(expires: datetime) -> dict[str, str | int | None]:
    return {"expires": int(expires.timestamp())}


def _digested(there: There) -> There:
    # How a provider calls people, and in how many letters, is its own affair: it is compared and never read.
    return There(*(None if text is None else _digest(text) for text in there))


def _kept(doc_id: str, revision: int, session: _Session) -> Put:
    there = session.there or There(None, None)
    fields = _expiring(session.expires) | {"user": session.user, "subject": there.subject, "sid": there.sid}
    return Put(doc_id, revision, msgspec.json.encode(session), fields)


async def swept(documents: Documents, collection: str, now: datetime) -> None:
    """Whoever puts something in takes out some of what is over, by its index `expires`."""
    over = await documents.find(collection, order="expires", high=int(now.timestamp()), limit=_SWEEP)
    if over.items:
        await documents.delete(collection, [stored.id for stored in over.items])
