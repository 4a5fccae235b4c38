"""The routes of imports: which files were taken in, how far each is, and which lines of it were not."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, Anyone, Manages
from services.calls.api.lead_desk import AtLeads, import_of, sees_import, told_import
from services.calls.api.paging import cursor_of, place_of
from services.calls.leads.lines import Kind
from shared.http import file_response, json_response, limited

router = APIRouter(prefix="/api/v1/imports", tags=["leads"])


@router.get("", summary="Imports", responses=examples.IMPORTS)
async def show_imports(
    desk: AtLeads, who: Anyone, kind: Kind | None = None, limit: int = 100, cursor: str | None = None
) -> Response:
    """One page of them, or of those of a kind, the newest first. Those of the company are for those who see all."""
    most, before = limited(limit, MOST_PER_PAGE), None if cursor is None else place_of(cursor, str)
    found = [
        (place, one)
        for place, one in await desk.imports.all(kind)
        if sees_import(who, one) and (before is None or place < before)
    ]
    following = cursor_of(found[most - 1][0]) if len(found) > most else None
    return json_response({"items": [told_import(one) for _, one in found[:most]], "next": following})


@router.get("/{import_id}", summary="An import", responses=examples.IMPORT)
async def show_import(import_id: str, desk: AtLeads, who: Anyone) -> Response:
    """How far it is, and what its lines came to."""
    _, one = await import_of(desk, who, import_id)
    return json_response(told_import(one))


@router.get(
    "/{import_id}/rejects",
    summary="The lines that were not taken in",
    response_class=Response,
    responses=examples.REJECTS,
)
async def show_rejects(import_id: str, desk: AtLeads, who: Manages) -> Response:
    """CSV: line, column, reason, and what stood there, written so that no spreadsheet computes it. 409 `destroyed`
    when the key of its month is gone."""
    _, one = await import_of(desk, who, import_id)
    return file_response(await desk.imports.rejects(one), f"rejects-{one.id}.csv", "text/csv")


@router.get("/{import_id}/reasons", summary="Why lines were not taken in", responses=examples.REASONS)
async def show_reasons(import_id: str, desk: AtLeads, who: Manages) -> Response:
    """By column and reason: how many lines, and the first of them. What stood there is in the file of rejects alone.
    409 `destroyed` when the key of its month is gone."""
    _, one = await import_of(desk, who, import_id)
    return json_response({"items": await desk.imports.reasons(one), "next": None})
