"""The routes of saved views: pages as somebody filtered them, by names, and which of them somebody begins with."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api import saved_view_examples as examples
from services.gateway.api.gateway import Door
from services.gateway.identity.shelf import MOST_NAME, TRIES, Found, SavedView, Shelf
from services.gateway.views.saved import FILTERED, address, wrong_filter
from shared.http import (
    Problem,
    as_read_now,
    body,
    command_id,
    invalid,
    json_response,
    limited,
    not_found,
    require,
    takes,
)
from shared.http import page as part_of
from shared.kernel import ChangedMeanwhile
from shared.security import Principal

router = APIRouter(prefix="/api/v1/saved-views", tags=["saved views"])
Keeper = Annotated[Principal, Depends(require("partners.read"))]
"""Whoever has pages that are filtered: everybody but agents."""
MOST = 16 << 10
MOST_PER_PAGE = 200
MOST_FILTERS = 20


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a view is called, by what it filters (parameters of the page's address), and whether it is `shared`: with
    those on the same side who see what you see, or more."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME)]
    query: Annotated[dict[str, str], msgspec.Meta(max_length=MOST_FILTERS)] = {}
    shared: bool = False


class NewView(Kept, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`page`: the path of the page that it is a view of."""

    page: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


def shown(view: SavedView, viewer: Principal, starts: dict[str, SavedView]) -> dict[str, Any]:
    """A view as it is listed for somebody."""
    begins = starts.get(view.page)
    return {
        "view": view.id,
        "page": view.page,
        "name": view.name,
        "query": view.query,
        "href": address(view.page, view.query),
        "shared": view.shared,
        "owner": view.owner,
        "mine": view.is_of(viewer),
        "start": begins is not None and begins.id == view.id,
        "changed": view.changed,
    }


def checked(who: Principal, page: str, wanted: Kept) -> str:
    """The name without space around it. 422 where the page is not filtered like this, 403 where it is not theirs."""
    if wrong := wrong_filter(page, wanted.query):
        raise invalid(*wrong)
    if not who.may(FILTERED[page].right):
        raise Problem(403, "not_allowed", "This page is not among those that you may see.")
    name = wanted.name.strip()
    if not name or len(name) > MOST_NAME or not name.isprintable():
        raise invalid("name", f"1 to {MOST_NAME} printable characters")
    return name


async def listed(shelf: Shelf, who: Principal, page: str = "") -> list[SavedView]:
    """Those of a page, or of all pages, that are theirs to use."""
    pages = [one for one, filtered in FILTERED.items() if who.may(filtered.right) and page in ("", one)]
    return [view for one in pages for view in await shelf.of_page(who, one)]


async def make(shelf: Shelf, who: Principal, wanted: NewView, by: str) -> SavedView:
    """A new view. 403, 422 as `checked` says; 409 `name_taken`, `too_many`."""
    name = checked(who, wanted.page, wanted)
    return await shelf.keep(who, wanted.page, name, wanted.query, wanted.shared, by)


async def found(shelf: Shelf, who: Principal, view_id: str) -> Found:
    """404 where there is none that is theirs to use, or of a page that they may not see."""
    one = await shelf.get(who, view_id)
    if one is None or not who.may(FILTERED[one.view.page].right):
        raise not_found("saved view")
    return one


async def own(shelf: Shelf, who: Principal, view_id: str) -> Found:
    """403 where it is somebody else's."""
    one = await found(shelf, who, view_id)
    if not one.view.is_of(who):
        raise Problem(403, "not_allowed", "Only whoever saved a view changes it.")
    return one


async def delete(shelf: Shelf, who: Principal, view_id: str) -> None:
    """Gone. Administrators clear away what others left behind."""
    one = await found(shelf, who, view_id)
    if not one.view.is_of(who) and not who.may("administration"):
        raise Problem(403, "not_allowed", "Only whoever saved a view deletes it.")
    await shelf.delete(view_id)


@router.get("", summary="Saved views", responses=examples.VIEWS)
async def list_views(
    gateway: Door,
    who: Keeper,
    page: Annotated[str, Query(max_length=100, description="Of this page alone, by its path.")] = "",
    limit: int = 50,
    cursor: str | None = None,
) -> Response:
    """The caller's own, and those that others share who are on the same side and see no more."""
    starts = await gateway.shelf.starts(who)
    views = sorted((view.id, shown(view, who, starts)) for view in await listed(gateway.shelf, who, page))
    return json_response(part_of(views, limited(limit, MOST_PER_PAGE), cursor))


@router.post("", status_code=201, summary="Save a view", openapi_extra=takes(NewView), responses=examples.CREATED)
async def create_view(request: Request, gateway: Door, who: Keeper) -> Response:
    """409 `name_taken`: the caller has one of this name on the page; `too_many`."""
    view = await make(gateway.shelf, who, await body(request, NewView, MOST), command_id(request))
    return json_response(shown(view, who, await gateway.shelf.starts(who)), status=201)


@router.get("/{saved_view}", summary="A saved view", responses=examples.VIEW)
async def show_view(saved_view: str, gateway: Door, who: Keeper) -> Response:
    """With the address of the page, so filtered."""
    one = await found(gateway.shelf, who, saved_view)
    return json_response(shown(one.view, who, await gateway.shelf.starts(who)))


@router.put("/{saved_view}", summary="Change a saved view", openapi_extra=takes(Kept), responses=examples.CHANGED)
async def change_view(request: Request, saved_view: str, gateway: Door, who: Keeper) -> Response:
    """Another name, other filters, shared or not; it stays a view of its page. 409 `name_taken`."""
    wanted = await body(request, Kept, MOST)
    for _try in range(TRIES):
        one = await own(gateway.shelf, who, saved_view)
        name = checked(who, one.view.page, wanted)
        await as_read_now(request)
        try:
            await gateway.shelf.change(who, one, name, wanted.query, wanted.shared)
        except ChangedMeanwhile:
            continue
        one = await found(gateway.shelf, who, saved_view)
        return json_response(shown(one.view, who, await gateway.shelf.starts(who)))
    raise ChangedMeanwhile


@router.delete("/{saved_view}", status_code=204, summary="Delete a saved view", responses=examples.GONE)
async def delete_view(saved_view: str, gateway: Door, who: Keeper) -> Response:
    """For those who began with it too. Administrators may delete what others share."""
    await delete(gateway.shelf, who, saved_view)
    return Response(status_code=204)


@router.put("/{saved_view}/start", status_code=204, summary="Begin with a saved view", responses=examples.BEGUN)
async def begin_with(saved_view: str, gateway: Door, who: Keeper) -> Response:
    """The menu leads the caller to the page as this view filters it."""
    one = await found(gateway.shelf, who, saved_view)
    await gateway.shelf.begin_with(who, one.view.page, saved_view)
    return Response(status_code=204)


@router.delete("/{saved_view}/start", status_code=204, summary="Begin with the page as it is", responses=examples.BEGUN)
async def begin_without(saved_view: str, gateway: Door, who: Keeper) -> Response:
    """Where the caller began with this view; else nothing changes."""
    one = await found(gateway.shelf, who, saved_view)
    begins = (await gateway.shelf.starts(who)).get(one.view.page)
    if begins is not None and begins.id == saved_view:
        await gateway.shelf.begin_with(who, one.view.page, None)
    return Response(status_code=204)
