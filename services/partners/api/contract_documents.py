"""The routes of documents that belong to a contract: stored once by their content, given out as files and no more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.partners.api import contract_examples as examples
from services.partners.api.files import uploaded
from services.partners.api.rules import ReadsContracts, Service, WritesContracts, must_be_theirs
from services.partners.domain.contract import AttachDocument, contract
from services.partners.views.contracts import contracts
from shared.http import UPLOAD, command_id, file_response, json_response, not_found

router = APIRouter(prefix="/contracts", tags=["contracts"])


@router.post(
    "/{contract_id}/documents", status_code=201, summary="Attach a document", openapi_extra=UPLOAD,
    responses=examples.ATTACHED,
)  # fmt: skip
async def attach_document(
    request: Request, contract_id: str, deps: Service, who: WritesContracts, name: Annotated[str, Query(max_length=200)]
) -> Response:
    """The file is the body. What it is, its content says, not its name. 413 above 20 MB, 415 for other types."""
    must_be_theirs(who, contract_id)
    file = await uploaded(request, deps, name)
    command = AttachDocument(
        contract_id=contract_id,
        digest=file.digest,
        name=name,
        media=file.media,
        size=file.size,
        at=deps.clock(),
        by=who.name,
    )
    await deps.door.handle(contract, contract_id, command, command_id=command_id(request), actor=who.name)
    return json_response({"digest": file.digest, "name": name, "media": file.media, "size": file.size}, status=201)


@router.get(
    "/{contract_id}/documents/{digest}",
    summary="A document",
    response_class=Response,
    responses=examples.DOCUMENT,
)
async def get_document(contract_id: str, digest: str, deps: Service, who: ReadsContracts) -> Response:
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
    return file_response(content, name, media)
