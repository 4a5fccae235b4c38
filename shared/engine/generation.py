"""Which generation of topics a system is: a document of its own, which also marks an import that has not ended."""

from __future__ import annotations

import msgspec

from shared.codec import encode
from shared.ports import Documents, Put, Refused
from shared.settings import SettingError

NAMESPACE = "system"
COLLECTION = "generation"
_ID = "this"


class Generation(msgspec.Struct, frozen=True, omit_defaults=True):
    """`number` grows with each import, so that no offset of one log is taken for another's. `importing` names the
    archive that is being taken over, until all of it is there."""

    number: int = 1
    importing: str | None = None


class Generations:
    """The document."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def load(self) -> tuple[int, Generation | None]:
        """Its revision, and what it says; 0 and None in a system that was never started."""
        await self._documents.declare(COLLECTION)
        found = (await self._documents.get(COLLECTION, [_ID])).get(_ID)
        return (found.revision, msgspec.json.decode(found.body, type=Generation)) if found else (0, None)

    async def save(self, revision: int, generation: Generation) -> None:
        """Refused when the document is no longer at this revision."""
        await self._documents.put(COLLECTION, [Put(_ID, revision, encode(generation))])

    async def start(self) -> int:
        """The number; 1 in a new system. SettingError in one that holds a part of an archive only."""
        revision, found = await self.load()
        if found is None:
            try:
                await self.save(revision, Generation())
            except Refused:  # another process started at the same moment
                return await self.start()
            return Generation().number
        if found.importing is not None:
            raise SettingError("An import has not ended here. Run `tallyline import` with the same archive again.")
        return found.number
