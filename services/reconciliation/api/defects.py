"""The routes of defects of our own: what a developer needs of them, and the replay that closes them."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.reconciliation.api import defect_examples as examples
from services.reconciliation.api.desk import NAME, Anyone, AtDesk, Reconciles, Service
from services.reconciliation.domain.defect import AcknowledgeDefect, ReopenDefect, defect
from services.reconciliation.matching.defect_words import as_markdown
from services.reconciliation.running.mending import RELEASE, Asked
from services.reconciliation.views.defects import KnownDefect, defects
from shared.http import Deps, accepts, command_id, file_response, json_response, limited, must_see, not_found, page
from shared.security import Principal

router = APIRouter(prefix="/defects", tags=["defects"])
MOST = 500

accepts(router, "/{defect_id}/acknowledgement", defect, AcknowledgeDefect, service=NAME, right="reconciliation.run")
accepts(router, "/{defect_id}/reopening", defect, ReopenDefect, service=NAME, right="reconciliation.run")


@router.get("", summary="Defects of our own", responses=examples.DEFECTS)
async def list_defects(
    deps: Service,
    who: Anyone,
    partner: str | None = None,
    month: str | None = None,
    stage: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """Those that the caller may see, with their partner, where they were found in a month, and how far they are."""
    limited(limit, MOST)
    asked = {"partner": partner, "stage": stage}
    found = await deps.reads.find(defects, {name: value for name, value in asked.items() if value is not None})
    seen = [
        (key, _summary(doc))
        for key, doc in found
        if who.sees(doc.partner_id) and (month is None or month in doc.months)
    ]
    return json_response(page(seen, limit, cursor))


@router.get("/{defect_id}", summary="A defect", responses=examples.DEFECT)
async def show_defect(defect_id: str, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """Its specification, the ticket, the replays of its fixture and its history."""
    doc = await _known(deps, who, defect_id)
    _, fixture = await desk.mending.fixture(doc)
    told = msgspec.to_builtins(fixture.specification)
    return json_response({**msgspec.structs.asdict(doc), "specification": told})


@router.get(
    "/{defect_id}/specification.md",
    summary="A defect's specification as a page",
    response_class=Response,
    responses=examples.PAGE,
)
async def show_specification(defect_id: str, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """Predicate, the first call that fails with its events, what is expected and what is shown, in Markdown."""
    doc = await _known(deps, who, defect_id)
    _, fixture = await desk.mending.fixture(doc)
    text = await asyncio.to_thread(as_markdown, defect_id, fixture)
    return file_response(text.encode(), f"{_name(defect_id)}.md", "text/markdown; charset=utf-8")


@router.get("/{defect_id}/fixture", summary="A defect's fixture", response_class=Response, responses=examples.FIXTURE)
async def show_fixture(defect_id: str, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """Calls that fail and calls that are right, with words for ids, as `tallyline reconcile replay` takes them."""
    doc = await _known(deps, who, defect_id)
    content, _ = await desk.mending.fixture(doc)
    return file_response(content, f"{_name(defect_id)}.json", "application/json")


@router.post("/{defect_id}/replay", summary="Replay a defect's fixture now", responses=examples.REPLAYED)
async def replay_defect(request: Request, defect_id: str, deps: Service, desk: AtDesk, who: Reconciles) -> Response:
    """The fixture goes through the release that runs. Where it passes, the defect's months are replayed as well, and it
    is closed if they show it no more; a closed one whose fixture fails is open again. 409 as an audit of the month."""
    doc = await _known(deps, who, defect_id)
    fixture, differences = await desk.mending.replay(doc, Asked(who.name, command_id(request)))
    told = {
        "defect_id": defect_id,
        "release": RELEASE,
        "passes": not differences,
        "calls": len(fixture.cases),
        "differences": differences,
    }
    return json_response(told)


async def _known(deps: Deps, who: Principal, defect_id: str) -> KnownDefect:
    must_see(who, defect_id.partition(":")[0])
    doc = (await deps.reads.get(defects, [defect_id])).get(defect_id)
    if doc is None:
        raise not_found("defect")
    return doc


def _name(defect_id: str) -> str:
    return f"defect-{defect_id.replace(':', '-')}"


def _summary(doc: KnownDefect) -> dict[str, Any]:
    found, last = doc.found, doc.replays[-1] if doc.replays else None
    return {
        "defect_id": doc.defect_id,
        "partner_id": doc.partner_id,
        "months": doc.months,
        "stage": doc.stage,
        "kind": found.kind,
        "predicate": found.predicate,
        "calls": found.calls,
        "moved": found.moved,
        "ticket": doc.ticket,
        "passes": None if last is None else last.differing == 0,
    }
