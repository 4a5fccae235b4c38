"""The routes of documents in a partner's file: proofs and evidence, stored once by their content."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.partners.api import contract_examples as examples
from services.partners.api.files import uploaded
from services.partners.api.rules import Anyone, Manages, Service
from services.partners.domain.partner import FileDocument, partner
from services.partners.views.partners import partners
from shared.http import UPLOAD, command_id, file_response, json_response, must_see, not_found

router = APIRouter(tags=["partners"])


@router.post(
    "/partners/{partner_id}/documents",
    status_code=201,
    summary="Lay a document into the partner's file",
    openapi_extra=UPLOAD,
    responses=examples.ATTACHED,
)
async def file_document(
    request: Request, partner_id: str, deps: Service, who: Manages, name: Annotated[str, Query(max_length=200)]
) -> Response:
    """The file is the body; what it is, its content says. Its digest is the proof that facts, scores and checks name.
    413 above 20 MB, 415 for other types, 409 `unknown_partner`."""
    must_see(who, partner_id)
    file = await uploaded(request, deps, name)
    command = FileDocument(
        partner_id=partner_id,
        digest=file.digest,
        name=name,
        media=file.media,
        size=file.size,
        at=deps.clock(),
        by=who.name,
    )
    await deps.door.handle(partner, partner_id, command, command_id=command_id(request), actor=who.name)
    return json_response({"digest": file.digest, "name": name, "media": file.media, "size": file.size}, status=201)


@router.get(
    "/partners/{partner_id}/documents/{digest}",
    summary="A document of the partner's file",
    response_class=Response,
    responses=examples.DOCUMENT,
)
async def get_document(partner_id: str, digest: str, deps: Service, who: Anyone) -> Response:
    """The file as it was laid in."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(partners, [partner_id])).get(partner_id)
    filed = doc.documents.get(digest) if doc else None
    content = await deps.blobs.get(digest) if filed else None
    if filed is None or content is None:
        raise not_found("document")
    return file_response(content, filed.name, filed.media)
