"""Who is calling, and what they may do: API keys, sessions of the browser, sign-in links, the key of this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import msgspec

from shared.clock import Clock
from shared.engine.moving import Keep
from shared.ports import Documents, Put, Refused, every
from shared.rights import RIGHTS, Right, Role
from shared.settings import secret_file

API_KEYS, SESSIONS, SIGN_INS = "access_keys", "access_sessions", "access_sign_ins"
SESSION_LIFE = timedelta(hours=12)
SIGN_IN_LIFE = timedelta(seconds=60)
FIRST_SIGN_IN_LIFE = timedelta(hours=1)
"""The link that the first start prints lies in a terminal until somebody gets to it."""

SERVICE_TOKEN_LIFE = timedelta(seconds=60)

_SWEEP = 100


KEEPS = (Keep(API_KEYS),)
"""Sessions and links are over in hours: they are not moved."""


class Principal(msgspec.Struct, frozen=True):
    """Who is calling. `partners` None: all of them. `by`: how they proved it, which decides about forgery checks.
    `agent`: of an agent, the id that telephony knows them by at their one partner."""

    name: str
    role: Role
    partners: frozenset[str] | None = None
    by: Literal["key", "session"] = "key"
    agent: str | None = None

    def sees(self, partner: str) -> bool:
        """Whether this partner's figures and settings are theirs to see."""
        return self.partners is None or partner in self.partners

    def may(self, right: Right) -> bool:
        """Whether their role has the right. What they may see of it is another matter: `sees`."""
        return self.role in RIGHTS[right]


OPERATOR = Principal("operator", "admin")
"""Whoever can read the folder or the terminal of the server."""


class ApiKey(msgspec.Struct, frozen=True):
    """An API key as it is kept and listed: everything but the key itself, of which there is only the digest."""

    id: str
    digest: str
    name: str
    role: Role
    created: datetime
    partners: frozenset[str] | None = None
    revoked: datetime | None = None
    agent: str | None = None


class _Grant(msgspec.Struct, frozen=True):
    principal: Principal
    expires: datetime


class _SignIn(msgspec.Struct, frozen=True):
    principal: Principal
    expires: datetime
    used: bool = False


T = TypeVar("T")


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


class Access:
    """Keys, sessions and sign-in links. Only digests are stored: who reads the documents can't call with them."""

    def __init__(self, documents: Documents, clock: Clock, local: str | None = None) -> None:
        self._documents = documents
        self._clock = clock
        self._local = _digest(local) if local else None

    async def start(self) -> None:
        """Create what is missing."""
        await self._documents.declare(API_KEYS)
        await self._documents.declare(SESSIONS, ["expires"])
        await self._documents.declare(SIGN_INS, ["expires"])

    # API keys

    async def create_key(
        self, name: str, role: Role, partners: frozenset[str] | None = None, agent: str | None = None
    ) -> tuple[ApiKey, str]:
        """A new key, and its text, which can't be had again."""
        key_id = secrets.token_hex(8)
        text = f"tlk_{key_id}_{secrets.token_urlsafe(32)}"
        key = ApiKey(key_id, _digest(text), name, role, self._clock(), partners, agent=agent)
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
            return Principal("local", "admin")
        prefix, _, rest = text.partition("_")
        key_id = rest.partition("_")[0]
        if prefix != "tlk" or not key_id:
            return None
        key = await self._read(API_KEYS, key_id, ApiKey)
        if key is None or not hmac.compare_digest(key.digest, digest) or key.revoked is not None:
            return None
        return Principal(key.name, key.role, key.partners, agent=key.agent)

    # Sessions

    async def open_session(self, principal: Principal, life: timedelta = SESSION_LIFE) -> str:
        """A new session; the opaque text for the browser's cookie. Expired ones are swept away on the occasion."""
        text = secrets.token_urlsafe(32)
        session = _Grant(msgspec.structs.replace(principal, by="session"), self._clock() + life)
        await self._keep(SESSIONS, text, session, session.expires)
        return text

    async def of_session(self, text: str) -> Principal | None:
        """Whom a session's cookie stands for; None when it is unknown or over."""
        session = await self._read(SESSIONS, _digest(text), _Grant)
        return session.principal if session and self._clock() < session.expires else None

    async def close_session(self, text: str) -> None:
        """Sign out."""
        await self._documents.delete(SESSIONS, [_digest(text)])

    # Sign-in links

    async def create_sign_in(self, principal: Principal, life: timedelta = SIGN_IN_LIFE) -> str:
        """A token that opens one session, once, within `life`."""
        token = secrets.token_urlsafe(32)
        sign_in = _SignIn(principal, self._clock() + life)
        await self._keep(SIGN_INS, token, sign_in, sign_in.expires)
        return token

    async def first_link(self, base_url: str) -> str:
        """A link that opens a session as the operator, once."""
        return f"{base_url}/?token={await self.create_sign_in(OPERATOR, FIRST_SIGN_IN_LIFE)}"

    async def sign_in(self, token: str) -> str | None:
        """Use a token up; the text of the new session's cookie. None when it is unknown, over, or was used already."""
        doc_id = _digest(token)
        stored = (await self._documents.get(SIGN_INS, [doc_id])).get(doc_id)
        if stored is None:
            return None
        sign_in = msgspec.json.decode(stored.body, type=_SignIn)
        if sign_in.used or self._clock() >= sign_in.expires:
            return None
        used = msgspec.json.encode(msgspec.structs.replace(sign_in, used=True))
        expires = {"expires": _seconds(sign_in.expires)}
        try:
            await self._documents.put(SIGN_INS, [Put(doc_id, stored.revision, used, expires)])
        except Refused:
            return None  # another request with the same token was first
        return await self.open_session(sign_in.principal)

    async def _keep(self, collection: str, text: str, doc: object, expires: datetime) -> None:
        over = await self._documents.find(collection, order="expires", high=_seconds(self._clock()), limit=_SWEEP)
        if over.items:
            await self._documents.delete(collection, [stored.id for stored in over.items])
        fields = {"expires": _seconds(expires)}
        await self._documents.put(collection, [Put(_digest(text), 0, msgspec.json.encode(doc), fields)])

    async def _read(self, collection: str, doc_id: str, doc: type[T]) -> T | None:
        stored = (await self._documents.get(collection, [doc_id])).get(doc_id)
        return msgspec.json.decode(stored.body, type=doc) if stored else None


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


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
