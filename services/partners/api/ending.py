"""The routes of ending a co-operation: what is still open, what can be closed in one request, and the archive."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import APIRouter, Request, Response

from services.partners.api import examples
from services.partners.api.packs import known_partner, material_of
from services.partners.api.papers import MARKDOWN, wanted
from services.partners.api.rules import Anyone, Everything, Manages, Service
from services.partners.domain.ending import ENDED, ENDING, steps
from services.partners.domain.integration import RevokeCredential, integration
from services.partners.domain.lifecycle import MOVES
from services.partners.domain.partner import ArchivePartner, must_be_archivable, partner
from services.partners.papers.packs import HANDOVER, Pack, filled, handover_paper
from services.partners.papers.paper import as_markdown
from services.partners.views.sources import sources
from shared.http import command_id, json_response, must_see, not_found
from shared.vault import Vault

router = APIRouter(prefix="/partners/{partner_id}", tags=["ending"])


class File(msgspec.Struct, frozen=True):
    """A partner's file as archived: the handover pack as it was then, as data and as Markdown."""

    partner_id: str
    at: datetime
    by: str
    pack: Pack
    markdown: str


@router.get("/ending", summary="What is still open of the ending", responses=examples.ENDING)
async def show_ending(partner_id: str, deps: Service, who: Anyone) -> Response:
    """Every step in order, whether it holds, what is open, and who closes it how. `ready`: nothing holds the end up;
    of a co-operation that was taken in while it ended, the notice was never seen."""
    doc = await known_partner(deps, who, partner_id)
    facts = doc.words()
    ready = doc.stage == ENDING and not MOVES[(ENDING, ENDED)].unmet(facts)
    return json_response({"stage": doc.stage, "ready": ready, "steps": steps(partner_id, facts)})


@router.post(
    "/credentials/revoke-all",
    status_code=202,
    summary="Revoke every credential of a partner",
    responses=examples.ALL_REVOKED,
)
async def revoke_all(request: Request, partner_id: str, deps: Service, who: Manages) -> Response:
    """Each with its own command, so that a repeat goes on where it stopped; their secrets are deleted."""
    must_see(who, partner_id)
    by = command_id(request)
    revoked = []
    for source_id, doc in await deps.reads.find(sources, {"partner": partner_id}):
        for credential in (name for names in doc.credentials.values() for name in names):
            command = RevokeCredential(source_id=source_id, credential_id=credential)
            await deps.door.handle(integration, source_id, command, command_id=f"{by}:{credential}", actor=who.name)
            await deps.vault.delete_secret(Vault.credential_name(source_id, credential))
            revoked.append({"source": source_id, "credential": credential})
    return json_response({"items": revoked, "next": None}, status=202)


@router.post("/archive", status_code=202, summary="Archive a partner's file", responses=examples.ARCHIVED)
async def archive(request: Request, partner_id: str, deps: Service, who: Manages) -> Response:
    """The last step of an ending: the handover pack is kept under its content hash. 409 `not_ending`, and the name of
    whatever of the ending does not hold yet, with what is open."""
    doc = await known_partner(deps, who, partner_id)
    must_be_archivable(doc.stage, doc.words())
    material = await material_of(deps, doc)
    now = deps.clock()
    paper = as_markdown(handover_paper(material))
    content = msgspec.json.encode(File(partner_id, now, who.name, filled(HANDOVER, material), paper))
    digest = await deps.blobs.put(content)
    command = ArchivePartner(partner_id=partner_id, digest=digest, at=now, by=who.name)
    accepted = await deps.door.handle(partner, partner_id, command, command_id=command_id(request), actor=who.name)
    answer = {"digest": digest, "stream": accepted.stream, "version": accepted.version}
    return json_response(answer, status=202)


@router.get("/archive", summary="A partner's archived file", responses=examples.ARCHIVE)
async def show_archive(request: Request, partner_id: str, deps: Service, who: Everything) -> Response:
    """The last one that was made, byte for byte as it was stored; its Markdown for who accepts that more."""
    doc = await known_partner(deps, who, partner_id)
    digest = next(reversed(doc.facts.get("archive", {})), None)
    content = await deps.blobs.get(digest) if digest is not None else None
    if content is None:
        raise not_found("archived file")
    headers = {"etag": f'"{digest}"', "cache-control": "private, no-cache", "vary": "accept, authorization, cookie"}
    if wanted(request, "application/json", MARKDOWN) == MARKDOWN:
        text = msgspec.json.decode(content, type=File).markdown
        return Response(text, 200, headers | {"etag": f'"{digest}-md"'}, f"{MARKDOWN}; charset=utf-8")
    return Response(content, 200, headers, "application/json")
