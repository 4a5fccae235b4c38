"""The routes of recruitment; who a candidate is lies in the vault alone."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api.callers import NAME, Recruiter, Service
from services.training.domain.candidate import (
    CandidateId,
    EraseCandidate,
    MoveCandidate,
    RegisterCandidate,
    candidate,
)
from services.training.events.candidates import CandidateStage
from services.training.views.candidates import KnownCandidate, candidates
from shared.http import Deps, Paged, accepts, answers, body, json_response, must_see, not_found, takes

HERE = "/partners/{partner_id}/candidates"
router = APIRouter(tags=["candidates"])
STREAM = "{partner_id}:{candidate}"
_KNOWN = {
    "candidate": "c17",
    "stage": "tested",
    "languages": [{"language": "de", "level": "C1", "tested": True}],
    "skills": ["telesales"],
    "erased": False,
}

Text = Annotated[str, msgspec.Meta(max_length=300)]


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who a candidate is. `note`: what was said of them."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    email: Text = ""
    phone: Text = ""
    note: Annotated[str, msgspec.Meta(max_length=5000)] = ""


def secret_name(partner_id: str, name: CandidateId) -> str:
    """Under which the person lies in the vault."""
    return f"candidate/{partner_id}/{name}"


async def _forget(command: EraseCandidate, deps: Deps) -> None:
    """First the person is gone, then it is said: whoever is killed between the two asks again."""
    await deps.vault.delete_secret(secret_name(command.partner_id, command.candidate))


accepts(
    router,
    HERE + "/{candidate}",
    candidate,
    RegisterCandidate,
    service=NAME,
    right="recruiting.run",
    method="PUT",
    stream=STREAM,
)
accepts(
    router, HERE + "/{candidate}/stage", candidate, MoveCandidate, service=NAME, right="recruiting.run", stream=STREAM
)
accepts(
    router,
    HERE + "/{candidate}/erasure",
    candidate,
    EraseCandidate,
    service=NAME,
    right="recruiting.run",
    stream=STREAM,
    check=_forget,
)


@router.put(
    HERE + "/{candidate}/person",
    summary="Say who a candidate is",
    openapi_extra=takes(Person),
    responses=answers("Kept, in the vault alone.", {"candidate": "c17"}, 403, 404, 422),
)
async def name_candidate(request: Request, partner_id: str, candidate: str, deps: Service, who: Recruiter) -> Response:
    """In place of what was known; nothing of it stands in an event or a view."""
    must_see(who, partner_id)
    doc = await _known(deps, partner_id, candidate)
    if doc.erased:
        raise not_found("candidate")
    person = await body(request, Person)
    await deps.vault.put_secret(secret_name(partner_id, candidate), msgspec.json.encode(person).decode())
    return json_response({"candidate": candidate})


@router.get(
    HERE,
    summary="The candidates of a partner",
    responses=answers("One page, or of those of a stage.", {"items": [_KNOWN], "next": None}, 304, 404, 422),
)
async def list_candidates(
    partner_id: str,
    deps: Service,
    who: Recruiter,
    paged: Paged,
    stage: Annotated[CandidateStage | None, Query(description="Only those in it.")] = None,
    language: Annotated[str | None, Query(description="Only those who speak it.")] = None,
) -> Response:
    """What they speak and can do, and how far they are; not who they are."""
    must_see(who, partner_id)
    equal = {"partner": partner_id} | ({"stage": stage} if stage else {})
    found = [(key, _shown(doc)) for key, doc in await deps.reads.find(candidates, equal)]
    if language is not None:
        found = [(key, one) for key, one in found if language in {spoken.language for spoken in one["languages"]}]
    return json_response(paged.of(found))


@router.get(
    HERE + "/{candidate}",
    summary="A candidate",
    responses=answers("With who they are.", _KNOWN | {"person": {"name": "Ana Anić"}, "moves": []}, 403, 404),
)
async def show_candidate(partner_id: str, candidate: str, deps: Service, who: Recruiter) -> Response:
    """The stages they came to, and who they are: from the vault, for whoever may change it."""
    must_see(who, partner_id)
    doc = await _known(deps, partner_id, candidate)
    kept = None if doc.erased else await deps.vault.get_secret(secret_name(partner_id, candidate))
    person = msgspec.json.decode(kept, type=Person) if kept else None
    return json_response({**_shown(doc), "moves": doc.moves, "person": person})


async def _known(deps: Deps, partner_id: str, name: str) -> KnownCandidate:
    key = f"{partner_id}:{name}"
    doc = (await deps.reads.get(candidates, [key])).get(key)
    if doc is None:
        raise not_found("candidate")
    return doc


def _shown(doc: KnownCandidate) -> dict[str, Any]:
    registered = doc.registered
    return {
        "candidate": doc.candidate,
        "stage": doc.stage,
        "languages": registered.languages if registered else (),
        "skills": registered.skills if registered else (),
        "erased": doc.erased,
    }
