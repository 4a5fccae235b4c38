"""A provider says that a session there is over, or all of somebody's: the sessions here that rest on them end."""

from __future__ import annotations

import contextlib
import hashlib

from services.gateway.identity.provider import Provider
from shared.clock import Clock
from shared.kernel import Rejected
from shared.ports import Documents, Put, Refused
from shared.security import Access, Principal, swept

TAKEN = "access_endings"


class Endings:
    """By logout tokens, each of which is good once, in whatever process."""

    def __init__(self, documents: Documents, clock: Clock, provider: Provider, access: Access) -> None:
        self._documents = documents
        self._clock = clock
        self._provider = provider
        self._access = access

    async def start(self) -> None:
        """Create what is missing."""
        await self._documents.declare(TAKEN, ["expires"])

    async def take(self, token: str) -> list[Principal]:
        """Whose sessions ended. Rejected with `wrong_token`; StoreUnavailable where the provider, or we, can't say now:
        then the same token may be shown again."""
        ending = await self._provider.ending(token)
        doc_id = hashlib.sha256(ending.token.encode()).hexdigest()
        if await self._documents.get(TAKEN, [doc_id]):
            # They may have signed in again since.
            raise Rejected("wrong_token", "The token was used already.")
        ended = await self._access.close_sessions_there(ending.there)
        await swept(self._documents, TAKEN, self._clock())
        with contextlib.suppress(Refused):  # it came twice at once
            expires = int(ending.expires.timestamp())
            await self._documents.put(TAKEN, [Put(doc_id, 0, b"", {"expires": expires})])
        return ended
