"""Local users: people who sign in with a name and a password, where there is no provider or beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import msgspec

from services.gateway.identity.attempts import Attempts
from services.gateway.identity.passwords import Passwords, acceptable, generated
from shared.clock import Clock
from shared.engine.moving import Keep
from shared.kernel import Rejected
from shared.ports import Documents, Put, Refused, every
from shared.rights import Role
from shared.security import Access, Principal

USERS = "access_users"
KEPT = Keep(USERS)
NAME = r"[a-z0-9][a-z0-9._@\-]{0,99}"
"""What a user may be called: it stands beside all that they do."""


class User(msgspec.Struct, frozen=True):
    """Somebody who may sign in here. `password` is a hash; `once`: it was given to them, and they must choose their own
    before anything else. `used`: when they last signed in."""

    name: str
    role: Role
    password: str
    created: datetime
    by: str
    partners: frozenset[str] | None = None
    agent: str | None = None
    once: bool = True
    disabled: datetime | None = None
    used: datetime | None = None

    def principal(self) -> Principal:
        """As whom they act."""
        return Principal(self.name, self.role, self.partners, by="session", agent=self.agent)


class Users:
    """The users, as documents: a change holds from the next request on. Rights that change end their sessions."""

    def __init__(self, documents: Documents, clock: Clock, access: Access) -> None:
        self._documents = documents
        self._clock = clock
        self._access = access
        self._passwords = Passwords()
        self._attempts = Attempts(documents, clock)

    async def start(self) -> None:
        """Create what is missing."""
        await self._documents.declare(USERS)
        await self._attempts.start()

    async def all(self) -> list[User]:
        """Disabled ones too, by name."""
        found = [msgspec.json.decode(stored.body, type=User) async for stored in every(self._documents, USERS)]
        return sorted(found, key=lambda user: user.name)

    async def add(
        self, name: str, role: Role, partners: frozenset[str] | None, agent: str | None, by: str
    ) -> tuple[User, str]:
        """A new user, and the password for their first sign-in. Rejected with `name_taken` or `wrong_name`."""
        if not re.fullmatch(NAME, name):
            raise Rejected("wrong_name", "A name is of lower-case letters, digits and . _ @ -.")
        password = generated()
        hashed = await self._passwords.hashed(password)
        user = User(name, role, hashed, self._clock(), by, partners, agent)
        try:
            await self._documents.put(USERS, [Put(name, 0, msgspec.json.encode(user))])
        except Refused:
            raise Rejected("name_taken", f"There is a user {name} already.") from None
        return user, password

    async def of(self, name: str) -> User | None:
        """By name."""
        stored = await self._stored(name)
        return None if stored is None else stored[0]

    async def change(self, name: str, role: Role, partners: frozenset[str] | None, agent: str | None) -> User | None:
        """Give them another role; None where there is no such user."""
        return await self._changed(
            name, lambda user: msgspec.structs.replace(user, role=role, partners=partners, agent=agent)
        )

    async def disable(self, name: str) -> User | None:
        """Let them in no more, and end what they have open; None where there is no such user."""
        now = self._clock()
        return await self._changed(name, lambda user: msgspec.structs.replace(user, disabled=user.disabled or now))

    async def enable(self, name: str) -> User | None:
        """Let them in again; None where there is no such user."""
        return await self._changed(name, lambda user: msgspec.structs.replace(user, disabled=None))

    async def reset(self, name: str) -> str | None:
        """A new password for the next sign-in; None where there is no such user."""
        password = generated()
        hashed = await self._passwords.hashed(password)
        user = await self._changed(name, lambda user: msgspec.structs.replace(user, password=hashed, once=True))
        return None if user is None else password

    async def sign_in(self, name: str, password: str, address: str) -> str:
        """The cookie's text of a new session. TooSoon, or Rejected with `wrong_password`, which says of names that
        nobody has the same in the same time, or `choose_password` where theirs was good for this once."""
        user = await self._proved(name, password, address)
        if user.once:
            raise Rejected("choose_password", "Choose a password of your own.")
        return await self._opened(user)

    async def choose_password(self, name: str, password: str, chosen: str, address: str) -> str:
        """Change one's password, and sign in; all sessions before are ended. TooSoon, or Rejected with
        `wrong_password`, `weak_password` or `same_password`."""
        acceptable(chosen, name)
        user = await self._proved(name, password, address)
        if chosen == password:
            raise Rejected("same_password", "This is the password that you have.")
        hashed = await self._passwords.hashed(chosen)
        known = user.password

        def new(user: User) -> User:
            if user.password != known or user.disabled is not None:
                raise Rejected("wrong_password", WRONG)
            return msgspec.structs.replace(user, password=hashed, once=False)

        changed = await self._changed(name, new)
        if changed is None:
            raise Rejected("wrong_password", WRONG)
        return await self._opened(changed)

    async def _proved(self, name: str, password: str, address: str) -> User:
        name = name.strip().lower()[:100]
        await self._attempts.begin(name, address)
        user = await self.of(name)
        kept = user.password if user is not None and user.disabled is None else None
        if not await self._passwords.fits(password[:1000], kept) or user is None:
            raise Rejected("wrong_password", WRONG)
        await self._attempts.succeeded(name, address)
        return user

    async def _opened(self, user: User) -> str:
        """A session, unless their rights were changed while it was opened."""
        session = await self._access.open_session(user.principal(), user.name, "password")
        now = self._clock()

        def noted(found: User) -> User:
            if (found.password, found.disabled) != (user.password, None) or found.principal() != user.principal():
                raise Rejected("wrong_password", WRONG)
            return msgspec.structs.replace(found, used=now)

        try:
            await self._changed(user.name, noted, close=False)
        except Rejected:
            await self._access.close_session(session)
            raise
        return session

    async def _changed(self, name: str, change: Callable[[User], User], *, close: bool = True) -> User | None:
        while True:
            found = await self._stored(name)
            if found is None:
                return None
            before, revision = found
            after = change(before)
            try:
                if after != before:
                    await self._documents.put(USERS, [Put(name, revision, msgspec.json.encode(after))])
            except Refused:
                continue
            if close:
                await self._access.close_sessions_of(name)
            return after

    async def _stored(self, name: str) -> tuple[User, int] | None:
        stored = (await self._documents.get(USERS, [name])).get(name)
        return None if stored is None else (msgspec.json.decode(stored.body, type=User), stored.revision)


WRONG = "Name or password are not right."
"""The same for whoever is not known."""
