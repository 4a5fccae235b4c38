"""The routes of documents that belong to a contract: stored once by their content, given out as files and no more."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from services.partners.api import contract_examples as examples
from services.partners.api.rules import Admin, Anyone, Service, must_be_theirs
from services.partners.domain.attachments import TYPES, media_of
from services.partners.domain.contract import AttachDocument, contract
from services.partners.views.contracts import contracts
from shared.http import MAX_FILE_BYTES, Problem, command_id, content_of, invalid, json_response, not_found

router = APIRouter(prefix="/contracts", tags=["contracts"])

UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/{contract_id}/documents", status_code=201, summary="Attach a document", openapi_extra=UPLOAD,
    responses=examples.ATTACHED,
)  # fmt: skip
async def attach_document(
    request: Request, contract_id: str, deps: Service, who: Admin, name: Annotated[str, Query(max_length=200)]
) -> Response:
    """The file is the body. What it is, its content says, not its name. 413 above 20 MB, 415 for other types."""
    must_be_theirs(who, contract_id)
    if not name.strip() or not name.isprintable():
        raise invalid("name", "the name of the file")
    content = await content_of(request, MAX_FILE_BYTES)
    media = await asyncio.to_thread(media_of, content)
    if media is None:
        raise Problem(415, "unknown_type", f"The file must be one of: {TYPES}.")
    digest = await deps.blobs.put(content)
    command = AttachDocument(
        contract_id=contract_id,
        digest=digest,
        name=name,
        media=media,
        size=len(content),
        at=deps.clock(),
        by=who.name,
    )
    await deps.door.handle(contract, contract_id, command, command_id=command_id(request), actor=who.name)
    return json_response({"digest": digest, "name": name, "media": media, "size": len(content)}, status=201)


@router.get(
    "/{contract_id}/documents/{digest}",
    summary="A document",
    response_class=Response,
    responses=examples.DOCUMENT,
)
async def get_document(contract_id: str, digest: str, deps: Service, who: Anyone) -> Response:
    """The file as it was attached; also the file in which a draft came."""
    doc = (await deps.reads.get(contracts, [contract_id])).get(contract_id)
    if doc is None or not who.sees(doc.partner_id):
        raise not_found("contract")
    known = {one.digest: (one.name, one.media) for one in doc.documents}
    known |= {one.source: (f"draft-{one.draft}.txt", "text/plain; charset=utf-8") for one in doc.drafts}
    content = await deps.blobs.get(digest) if digest in known else None
    if content is None:
        raise not_found("document")
    name, media = known[digest]
    return Response(
        content,
        media_type=media,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, no-store",
        },
    )
