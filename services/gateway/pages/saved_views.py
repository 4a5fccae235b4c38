"""Saved views: the menu that every filtered page has, and the page on which somebody names, shares and deletes them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.api import saved_views as api
from services.gateway.api.gateway import Door, Gateway
from services.gateway.api.saved_views import Keeper, Kept, NewView
from services.gateway.identity.shelf import MOST_NAME, Found, SavedView
from services.gateway.pages.acting import OVER, Fields, Form, back
from services.gateway.pages.filter_words import told
from services.gateway.pages.meanwhile import Field, asked_again
from services.gateway.pages.site import home_of, page
from services.gateway.views.saved import FILTERED, address, filters_of
from services.gateway.views.words import _
from shared.http import Problem, not_found
from shared.kernel import ChangedMeanwhile, Rejected
from shared.security import Principal

router = APIRouter()
HERE = "/saved-views"
SAID = {
    "changed": _("The view is changed."),
    "deleted": _("The view is gone."),
    "start": _("The menu leads there now."),
    "no-start": _("The menu leads to the whole page again."),
}
SHARED = {"": _("for me alone"), "1": _("shared")}
FIELDS = {"name": Field(_("Name")), "shared": Field(_("For others"), SHARED)}


class Entry(NamedTuple):
    """A view in the menu of its page. `owner`: of somebody else's, whose."""

    name: str
    target: str
    owner: str
    here: bool
    start: bool


class Saved(NamedTuple):
    """What a page knows of the reader's views: where they begin, by page, and on a filtered page its menu. `query`:
    how it is filtered now."""

    starts: dict[str, str]
    page: str = ""
    query: str = ""
    views: Sequence[Entry] = ()


async def with_saved(request: Request) -> None:
    """The dependency of every page, which puts what `Saved` says into the request's state."""
    viewer: Principal | None = getattr(request.state, "principal", None)
    gateway = request.app.state.gateway
    if request.method != "GET" or viewer is None or not isinstance(gateway, Gateway):
        return
    starts = await gateway.shelf.starts(viewer)
    targets = {name: address(name, view.query) for name, view in starts.items()}
    path = request.url.path
    if path not in FILTERED or not viewer.may(FILTERED[path].right):
        request.state.saved = Saved(targets)
        return
    asked = filters_of(path, request.query_params)
    begins = starts.get(path)
    views = [
        Entry(
            view.name,
            address(path, view.query),
            "" if view.is_of(viewer) else view.owner,
            filters_of(path, view.query) == asked,
            begins is not None and begins.id == view.id,
        )
        for view in await gateway.shelf.of_page(viewer, path)
    ]
    request.state.saved = Saved(targets, path, urlencode(asked), views)


async def first_of(gateway: Gateway, viewer: Principal) -> str:
    """Where somebody begins: the first of their pages, by the view that they begin with there."""
    home = home_of(viewer)
    view = (await gateway.shelf.starts(viewer)).get(home)
    return home if view is None else address(home, view.query)


@router.get(HERE)
async def saved_views(
    request: Request, gateway: Door, viewer: Keeper, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All that are the reader's to use, page by page."""
    return await _shown(request, gateway, viewer, said=str(SAID[said]) if said in SAID else "")


@router.post(HERE)
async def keep(request: Request, gateway: Door, viewer: Keeper, form: Form) -> Response:
    """Save a page as it is filtered, and go back to it. Where there is one of the name, it can be given these
    filters."""
    of, name = form.text("page"), form.text("name")
    wanted = NewView(page=of, name=name, query=_query(form, of), shared="shared" in form)
    try:
        view = await api.make(gateway.shelf, viewer, wanted, str(uuid.uuid4()))
    except (Problem, Rejected) as refused:
        return await _refused(request, gateway, viewer, refused, form)
    return RedirectResponse(address(view.page, view.query), 303)


@router.post(HERE + "/{saved_view}")
async def change(request: Request, gateway: Door, viewer: Keeper, saved_view: str, form: Form) -> Response:
    """Another name, shared or not, and where the form has some, other filters."""
    one = await api.own(gateway.shelf, viewer, saved_view)
    if form.text(OVER) not in ("", str(one.revision)):
        return _asked_again(request, form, one)
    wanted = Kept(
        name=form.text("name"),
        query=_query(form, one.view.page) if "query" in form else one.view.query,
        shared="shared" in form,
    )
    try:
        name = api.checked(viewer, one.view.page, wanted)
        await gateway.shelf.change(viewer, one, name, wanted.query, wanted.shared)
    except ChangedMeanwhile:
        return _asked_again(request, form, await api.own(gateway.shelf, viewer, saved_view))
    except (Problem, Rejected) as refused:
        return await _refused(request, gateway, viewer, refused)
    return back(HERE, "changed")


@router.post(HERE + "/{saved_view}/{what}")
async def act(gateway: Door, viewer: Keeper, saved_view: str, what: str) -> Response:
    """Delete it, begin with it, or begin with the whole page."""
    if what not in ("deletion", "start", "no-start"):
        raise not_found("action")
    if what == "deletion":
        await api.delete(gateway.shelf, viewer, saved_view)
        return back(HERE, "deleted")
    one = await api.found(gateway.shelf, viewer, saved_view)
    await gateway.shelf.begin_with(viewer, one.view.page, saved_view if what == "start" else None)
    return back(HERE, what)


def _query(form: Fields, of: str) -> dict[str, str]:
    """What the address asked for that is a filter of the page; of no page of ours, nothing."""
    return filters_of(of, dict(parse_qsl(form.text("query")))) if of in FILTERED else {}


def _asked_again(request: Request, form: Fields, one: Found) -> Response:
    theirs = {"name": one.view.name, "shared": "1" if one.view.shared else ""}
    return asked_again(request, form, FIELDS, theirs, str(one.revision), HERE, one.view.owner, one.view.changed)


async def _refused(
    request: Request, gateway: Gateway, viewer: Principal, refused: Problem | Rejected, form: Fields | None = None
) -> Response:
    """The page again, with why. `form`: what was to be saved, which can be named otherwise, or given to the view that
    has the name."""
    status = refused.status if isinstance(refused, Problem) else 409
    asked: dict[str, Any] = {}
    if form is not None and form.text("page") in FILTERED:
        of = form.text("page")
        asked = {"page": of, "query": form.text("query"), "name": form.text("name")[:MOST_NAME]}
        own = [one for one in await api.listed(gateway.shelf, viewer, of) if one.is_of(viewer)]
        same = next((one for one in own if one.name.casefold() == form.text("name").casefold()), None)
        asked["taken"] = await api.own(gateway.shelf, viewer, same.id) if same else None
        asked["shared"] = "shared" in form
    return await _shown(request, gateway, viewer, wrong=refused.detail, status=status, asked=asked)


async def _shown(
    request: Request,
    gateway: Gateway,
    viewer: Principal,
    said: str = "",
    wrong: str = "",
    status: int = 200,
    asked: dict[str, Any] | None = None,
) -> Response:
    starts = await gateway.shelf.starts(viewer)
    views = await api.listed(gateway.shelf, viewer)
    rows = [await _row(gateway, viewer, view, starts) for view in views]
    names = (await gateway.calls.names()).of_partners(viewer.sees)
    return page(
        request,
        "saved_views.html",
        status,
        rows=rows,
        filters=lambda one: told(one["page"], one["query"], names),
        pages={path: filtered.name for path, filtered in FILTERED.items()},
        clears=viewer.may("administration"),
        asked=asked or {},
        most_name=MOST_NAME,
        said=said,
        wrong=wrong,
    )


async def _row(
    gateway: Gateway, viewer: Principal, view: SavedView, starts: dict[str, SavedView]
) -> tuple[dict[str, Any], int]:
    """A view as it is listed, and of one's own the revision that its form is filled from."""
    mine = await gateway.shelf.get(viewer, view.id) if view.is_of(viewer) else None
    return api.shown(mine.view if mine else view, viewer, starts), mine.revision if mine else 0
