"""The lists of those who may not be called: one document a number and scope, found by the number's mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from services.calls.domain.do_not_call import Barred, Ground, entry_id, scopes, with_ground, without_ground
from services.calls.domain.numbers import country_of
from shared.codec import encode
from shared.engine.moving import Keep
from shared.ports import Documents, Put, Refused
from shared.vault import Vault

DO_NOT_CALL = "do_not_call"
KEEP = Keep(DO_NOT_CALL)
PURPOSE = "do not call"
CHUNK = 500
_decode = msgspec.json.Decoder(Barred).decode


class DoNotCall:
    """Numbers come in, and nothing of them is kept but their marks. Every change is conditional on what was read."""

    def __init__(self, documents: Documents, vault: Vault) -> None:
        self._documents = documents
        self._vault = vault

    async def of(self, number: str, country: str | None = None) -> list[Barred]:
        """Why the number may not be called: the entries of everywhere, of its own country and of `country`. None: it
        may."""
        mark = self._mark(number)
        ids = [entry_id(scope, mark) for scope in scopes((country, country_of(number)))]
        found = await self._documents.get(DO_NOT_CALL, ids)
        entries = [_decode(found[id_].body) for id_ in ids if id_ in found]
        return [entry for entry in entries if entry.grounds]

    async def add(self, numbers: Collection[str], scope: str, name: str, ground: Ground) -> int:
        """Put the numbers on the list of the scope, on a ground of this name; how many did not stand there on it."""
        ids = sorted({entry_id(scope, self._mark(number)) for number in numbers})
        added = 0
        for start in range(0, len(ids), CHUNK):
            left = ids[start : start + CHUNK]
            while left:
                stored = await self._documents.get(DO_NOT_CALL, left)
                puts = []
                for id_ in left:
                    known = _decode(stored[id_].body) if id_ in stored else None
                    entry = with_ground(known, scope, name, ground)
                    if known is None or entry.grounds != known.grounds:
                        puts.append(Put(id_, stored[id_].revision if id_ in stored else 0, encode(entry)))
                left = await self._put(puts)
                added += len(puts) - len(left)
        return added

    async def remove(self, number: str, scope: str, name: str | None = None) -> bool:
        """Take a ground back, or all of the scope. False when there was none."""
        id_ = entry_id(scope, self._mark(number))
        while True:
            stored = (await self._documents.get(DO_NOT_CALL, [id_])).get(id_)
            known = _decode(stored.body) if stored else None
            if stored is None or known is None or not known.grounds or (name is not None and name not in known.grounds):
                return False
            rest = None if name is None else without_ground(known, name)
            # An entry without grounds stays: a deletion knows no condition, and could take somebody's new ground along.
            emptied = rest or Barred(scope=scope, grounds={})
            if not await self._put([Put(id_, stored.revision, encode(emptied))]):
                return True

    async def _put(self, puts: list[Put]) -> list[str]:
        """Those that somebody else has changed meanwhile."""
        try:
            if puts:
                await self._documents.put(DO_NOT_CALL, puts)
        except Refused as refused:
            return list(refused.ids)
        return []

    def _mark(self, number: str) -> str:
        return self._vault.mark(PURPOSE, number)


def told(entries: Collection[Barred]) -> list[Mapping[str, object]]:
    """What is said of entries: the scope, and each ground."""
    return [
        {"scope": entry.scope, "ground": name, "reason": ground.reason, "at": ground.at, "by": ground.by}
        for entry in entries
        for name, ground in sorted(entry.grounds.items())
    ]
