"""What somebody keeps: pages as they filtered them, by names, alone or for all who see what they see.

They are documents: what is deleted is gone, and whose name stands in a filter stands in no log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from shared.clock import Clock
from shared.engine.moving import Keep
from shared.kernel import ChangedMeanwhile, Rejected
from shared.ports import Documents, Put, Refused, Stored, every
from shared.rights import Role
from shared.security import Principal

VIEWS, STARTS = "saved_views", "saved_starts"
MOST_OWN = 50
"""Views of one person."""
MOST_NAME = 60
TRIES = 5


class SavedView(msgspec.Struct, frozen=True):
    """A page as somebody filtered it. `owner` came in `by` a session or a key, and saw these `partners` as that `role`
    when they last kept it."""

    id: str
    page: str
    name: str
    query: dict[str, str]
    shared: bool
    owner: str
    by: str
    role: Role
    partners: frozenset[str] | None
    changed: datetime

    def is_of(self, viewer: Principal) -> bool:
        """Whether it is the viewer's own."""
        return owner_of(viewer) == f"{self.by}:{self.owner}" and self._fits(viewer)

    def is_for(self, viewer: Principal) -> bool:
        """Whether it is theirs to use: their own, or shared by somebody on their side who sees no more than they do."""
        return self.is_of(viewer) or (self.shared and self._fits(viewer))

    def _fits(self, viewer: Principal) -> bool:
        """A name may tell of what its owner sees."""
        within = viewer.partners is None or (self.partners is not None and self.partners <= viewer.partners)
        return within and (self.role == "partner") == (viewer.role == "partner")


class Found(NamedTuple):
    """A view, and the revision that it was read at."""

    view: SavedView
    revision: int


class _Starts(msgspec.Struct, frozen=True):
    """By page, the id of the view that somebody wants to begin with there."""

    views: dict[str, str] = {}


def owner_of(viewer: Principal) -> str:
    """Who somebody is, among those who keep views: a key is not the person whose name it has."""
    return f"{viewer.by}:{viewer.name}"


def _fields(body: bytes) -> Mapping[str, str | int | None]:
    view = msgspec.json.decode(body, type=SavedView)
    return {"owner": f"{view.by}:{view.owner}", "shared": view.page if view.shared else None}


KEPT_VIEWS = Keep(VIEWS, ("owner", "shared"), _fields)
KEPT_STARTS = Keep(STARTS)


class Shelf:
    """All that people keep. A change is written at the revision that it was read at."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def of_page(self, viewer: Principal, page: str) -> list[SavedView]:
        """Those that are theirs to use on the page, own ones first, by name."""
        shared = await self._all({"shared": page})
        own = [view for view in await self._all({"owner": owner_of(viewer)}) if view.page == page]
        found = {view.id: view for view in (*own, *shared) if view.is_for(viewer)}
        return sorted(found.values(), key=lambda view: (not view.is_of(viewer), view.name.casefold(), view.id))

    async def get(self, viewer: Principal, view_id: str) -> Found | None:
        """None where there is none that is theirs to use."""
        stored = (await self._documents.get(VIEWS, [view_id])).get(view_id)
        if stored is None:
            return None
        found = _found(stored)
        return found if found.view.is_for(viewer) else None

    async def keep(
        self, viewer: Principal, page: str, name: str, query: dict[str, str], shared: bool, by: str
    ) -> SavedView:
        """A new view; the same again for the same `by`. Rejected with `name_taken` or `too_many`."""
        view_id = f"sv_{hashlib.sha256(f'{owner_of(viewer)} {by}'.encode()).hexdigest()[:16]}"
        own = await self._all({"owner": owner_of(viewer)})
        if again := next((view for view in own if view.id == view_id), None):
            return again
        if len(own) >= MOST_OWN:
            raise Rejected("too_many", f"You keep {MOST_OWN} views; delete one first.")
        _free(own, page, name, view_id)
        view = SavedView(
            view_id, page, name, query, shared, viewer.name, viewer.by, viewer.role, viewer.partners, self._clock()
        )
        await self._put(view, 0)
        return view

    async def change(self, viewer: Principal, found: Found, name: str, query: dict[str, str], shared: bool) -> None:
        """Another name, other filters, for others or not. ChangedMeanwhile where it is not as it was read; Rejected
        with `name_taken`."""
        _free(await self._all({"owner": owner_of(viewer)}), found.view.page, name, found.view.id)
        view = msgspec.structs.replace(
            found.view,
            name=name,
            query=query,
            shared=shared,
            role=viewer.role,
            partners=viewer.partners,
            changed=self._clock(),
        )
        await self._put(view, found.revision)

    async def delete(self, view_id: str) -> None:
        """Gone, for whoever began with it too."""
        await self._documents.delete(VIEWS, [view_id])

    async def starts(self, viewer: Principal) -> dict[str, SavedView]:
        """By page, the view that they begin with there."""
        stored = (await self._documents.get(STARTS, [_place(viewer)])).get(_place(viewer))
        wanted = _Starts() if stored is None else msgspec.json.decode(stored.body, type=_Starts)
        known = await self._documents.get(VIEWS, list(wanted.views.values())) if wanted.views else {}
        views = [_found(one).view for one in known.values()]
        return {view.page: view for view in views if view.is_for(viewer) and wanted.views.get(view.page) == view.id}

    async def begin_with(self, viewer: Principal, page: str, view_id: str | None) -> None:
        """From now on they begin with this view on the page; None: with the page as it is."""
        for _try in range(TRIES):
            stored = (await self._documents.get(STARTS, [_place(viewer)])).get(_place(viewer))
            views = {} if stored is None else msgspec.json.decode(stored.body, type=_Starts).views
            views = {name: kept for name, kept in views.items() if name != page}
            body = msgspec.json.encode(_Starts(views | ({page: view_id} if view_id else {})))
            try:
                await self._documents.put(STARTS, [Put(_place(viewer), stored.revision if stored else 0, body)])
            except Refused:
                continue
            return
        raise ChangedMeanwhile

    async def _all(self, equal: Mapping[str, str | int]) -> list[SavedView]:
        return [_found(stored).view async for stored in every(self._documents, VIEWS, equal)]

    async def _put(self, view: SavedView, revision: int) -> None:
        body = msgspec.json.encode(view)
        try:
            await self._documents.put(VIEWS, [Put(view.id, revision, body, _fields(body))])
        except Refused:
            raise ChangedMeanwhile from None


def _found(stored: Stored) -> Found:
    return Found(msgspec.json.decode(stored.body, type=SavedView), stored.revision)


def _free(own: list[SavedView], page: str, name: str, view_id: str) -> None:
    if any(view.page == page and view.name.casefold() == name.casefold() and view.id != view_id for view in own):
        raise Rejected("name_taken", f"You have a view {name} of this page already.")


def _place(viewer: Principal) -> str:
    return hashlib.sha256(owner_of(viewer).encode()).hexdigest()[:32]
