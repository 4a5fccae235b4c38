"""The routes of imports: how far a file is taken in, and which lines of it were not."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import Anyone, Manages
from services.calls.api.lead_desk import AtLeads, import_of, told_import
from shared.http import file_response, json_response

router = APIRouter(prefix="/api/v1/imports", tags=["leads"])


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
