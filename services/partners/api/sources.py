"""The routes of telephony sources and their credentials. Of secrets, only those that we made are shown, and once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.partners.api import examples
from services.partners.api.credentials import Credential, Issued, id_of, issue, made, of_source
from services.partners.api.rules import MOST_PER_PAGE, Connected, Connects, Service
from services.partners.api.settings import address_of, checked, must_be_codes
from services.partners.domain.integration import (
    ConfigureSource,
    LimitCredential,
    MapCodes,
    OpenSandbox,
    RevokeCredential,
    Scheme,
    SourceId,
    integration,
)
from services.partners.views.sources import KnownSource, sources
from shared.contracts.conformance import checklist
from shared.contracts.partners import SANDBOX, Clock, SourceSettings, sandbox_of
from shared.http import (
    Deps,
    Problem,
    body,
    command_id,
    command_of,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.kernel import Rejected
from shared.security import Principal
from shared.vault import Vault

Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]

router = APIRouter(prefix="/sources", tags=["sources"])
FETCHED = ("kafka", "ami")
"""Options that name where we go to, instead of waiting for deliveries."""


class SourceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to set up or to change: its settings, and by scheme the secrets that are to count from now on."""

    id: SourceId
    settings: SourceSettings
    secrets: dict[Scheme, tuple[Secret, ...]] = {}


class CredentialBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further secret of a scheme; without one, we make it where the scheme leaves it to us."""

    scheme: Scheme
    secret: Secret | None = None


class RotationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the secret counts that is replaced; the new one, or none where the scheme leaves it to us."""

    until: Annotated[datetime, msgspec.Meta(tz=True)]
    secret: Secret | None = None


class SandboxBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sandbox to set up: its clock, and by scheme its own secrets."""

    clock: Clock = "live"
    secrets: dict[Scheme, tuple[Secret, ...]] = {}


class SourceReady(msgspec.Struct, frozen=True):
    """A source is set up: where the platform delivers to, and the credentials that this request issued."""

    id: str
    version: int
    ingest_url: str
    credentials: list[Issued]


class ShownSource(msgspec.Struct, frozen=True):
    """A source as it is now. Of its credentials there are the ids, by scheme, and of some until when they count.

    `sandbox_of`: it is the sandbox of that source. `conformant_since`: since when its own sandbox has shown all that
    its platform must deliver.
    """

    id: str
    partner: str
    revision: int
    ingest_url: str
    settings: SourceSettings
    credentials: dict[str, list[str]]
    until: dict[str, datetime]
    sandbox_of: str | None
    conformant_since: datetime | None


@router.post(
    "",
    status_code=201,
    summary="Set up a telephony source, or change it",
    openapi_extra=takes(SourceBody),
    responses=examples.SOURCE_READY,
)
async def configure_source(request: Request, deps: Service, who: Connects) -> Response:
    """Items are read by the settings that they meet. 409 `source_of_another_partner`, `not_a_demo`.

    Without a secret of its platform it gets a `bearer` key, a replay source a `replay` key: shown once. 403 for a
    partner that says where we go to fetch what its platform tells.
    """
    asked = await body(request, SourceBody)
    must_see(who, asked.settings.partner)
    settings = checked(asked.id, asked.settings, deps)
    by = command_id(request)
    known = (await deps.reads.get(sources, [asked.id])).get(asked.id)
    _must_not_send_us(who, settings, known)
    replayed = settings.clock == "replay"
    credentials = await of_source(deps.vault, by, asked.id, replayed, asked.secrets, known)
    first = ConfigureSource(source_id=asked.id, settings=settings)
    version, issued = await issue(deps, asked.id, credentials, by=by, actor=who.name, first=first)
    return _secret_response(SourceReady(asked.id, version, settings.public_url, issued))


def _must_not_send_us(who: Principal, settings: SourceSettings, known: KnownSource | None) -> None:
    """403 where a partner names an address that we connect to from within: it may be one of our own network, as that of
    the brokers on which everybody's events lie. What the company's people have said of it may stay, or go."""
    before = known.settings.options if known is not None and known.revision else {}
    for name in FETCHED:
        said = settings.options.get(name)
        if who.role == "partner" and said is not None and said != before.get(name):
            detail = f"Where we fetch from (options.{name}) is said by the company's own people: ask them."
            raise Problem(403, "not_allowed", detail)


@router.get("", summary="All telephony sources", responses=examples.SOURCES)
async def list_sources(
    deps: Service,
    who: Connected,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """The sources that the caller may see, by id."""
    wanted = {} if of_partner is None else {"partner": of_partner}
    found = [(key, _shown(doc)) for key, doc in await deps.reads.find(sources, wanted) if who.sees(doc.partner)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{source_id}", summary="One telephony source", responses=examples.SOURCE)
async def get_source(source_id: str, deps: Service, who: Connected) -> Response:
    """Of its secrets, only the ids of the credentials."""
    return json_response(_shown(await _known(deps, who, source_id)))


@router.post(
    "/{source_id}/maps",
    status_code=202,
    summary="Decide what codes of the platform mean",
    openapi_extra=takes(MapCodes, without=["source_id"]),
    responses=examples.CODES_MAPPED,
)
async def map_codes(request: Request, source_id: str, deps: Service, who: Connects) -> Response:
    """A new revision of the settings; what waited for the decision is read again by it, and its figures are corrected.

    409 `unknown_source`, `a_sandbox`; 422 for a code that is none of ours.
    """
    await _must_be_theirs(deps, who, source_id)
    command = await command_of(request, MapCodes, {"source_id": source_id})
    must_be_codes(command.map, command.codes, "codes")
    by = command_id(request)
    return json_response(
        await deps.door.handle(integration, source_id, command, command_id=by, actor=who.name), status=202
    )


@router.post(
    "/{source_id}/sandbox",
    status_code=201,
    summary="Set up the sandbox of a source",
    openapi_extra=takes(SandboxBody),
    responses=examples.SANDBOX_READY,
)
async def open_sandbox(request: Request, source_id: str, deps: Service, who: Connects) -> Response:
    """A source beside it, read in the same way, with credentials of its own, and counted as a test.

    When all that the platform must deliver has come there, the source is conformant. 409 `a_sandbox`.
    """
    asked = await body(request, SandboxBody)
    doc = await _known(deps, who, source_id)
    if sandbox_of(source_id) is not None:
        raise Rejected("a_sandbox", "A sandbox has none itself.")
    sandbox, by = source_id + SANDBOX, command_id(request)
    known = (await deps.reads.get(sources, [sandbox])).get(sandbox)
    credentials = await of_source(deps.vault, by, sandbox, asked.clock == "replay", asked.secrets, known)
    address = address_of(sandbox, deps)
    first = OpenSandbox(source_id=sandbox, settings=doc.settings, public_url=address, clock=asked.clock)
    version, issued = await issue(deps, sandbox, credentials, by=by, actor=who.name, first=first)
    return _secret_response(SourceReady(sandbox, version, address, issued))


@router.get("/{source_id}/conformance", summary="What a source's sandbox has shown", responses=examples.CONFORMANCE)
async def show_conformance(source_id: str, deps: Service, who: Connected) -> Response:
    """The checklist of its platform; asked of the source or of its sandbox. Required checks make it conformant."""
    doc = await _known(deps, who, sandbox_of(source_id) or source_id)
    connector = doc.settings.connector
    checks = checklist(connector, doc.passed)
    return json_response(
        {
            "source": doc.source_id,
            "connector": connector,
            "conformant_since": doc.conformant_since,
            "missing": [check["check"] for check in checks if check["required"] and not check["passed"]],
            "checks": checks,
        },
    )


@router.post(
    "/{source_id}/credentials",
    status_code=201,
    summary="Issue a further credential",
    openapi_extra=takes(CredentialBody),
    responses=examples.CREDENTIAL_ISSUED,
)
async def issue_credential(request: Request, source_id: str, deps: Service, who: Connects) -> Response:
    """Those before it go on counting until they are revoked. 409 `unknown_source`."""
    asked = await body(request, CredentialBody)
    await _must_be_theirs(deps, who, source_id)
    by = command_id(request)
    credential = await _further(deps, by, source_id, asked.scheme, asked.secret)
    _, (issued,) = await issue(deps, source_id, [credential], by=by, actor=who.name)
    return _secret_response(issued)


@router.post(
    "/{source_id}/credentials/{credential_id}/rotate",
    status_code=201,
    summary="Replace a credential, with an overlap",
    openapi_extra=takes(RotationBody),
    responses=examples.CREDENTIAL_ISSUED,
)
async def rotate_credential(
    request: Request, source_id: str, credential_id: str, deps: Service, who: Connects
) -> Response:
    """A new one of the same scheme counts from now on; the old one until the time given, by the clock of the source.

    409 `unknown_credential`.
    """
    asked = await body(request, RotationBody)
    doc = await _known(deps, who, source_id)
    scheme = next((scheme for scheme, ids in doc.credentials.items() if credential_id in ids), None)
    if scheme is None:
        raise Rejected("unknown_credential", f"The source {source_id} has no credential {credential_id}.")
    by = command_id(request)
    _, (issued,) = await issue(
        deps, source_id, [await _further(deps, by, source_id, scheme, asked.secret)], by=by, actor=who.name
    )
    command = LimitCredential(source_id=source_id, credential_id=credential_id, until=asked.until)
    await deps.door.handle(integration, source_id, command, command_id=f"limit:{by}", actor=who.name)
    return _secret_response(issued)


@router.delete(
    "/{source_id}/credentials/{credential_id}",
    status_code=204,
    summary="Revoke a credential",
    responses=examples.CREDENTIAL_REVOKED,
)
async def revoke_credential(
    request: Request, source_id: str, credential_id: str, deps: Service, who: Connects
) -> Response:
    """It counts no longer, and its secret is deleted. 409 `unknown_credential`."""
    await _must_be_theirs(deps, who, source_id)
    command = RevokeCredential(source_id=source_id, credential_id=credential_id)
    await deps.door.handle(integration, source_id, command, command_id=command_id(request), actor=who.name)
    await deps.vault.delete_secret(Vault.credential_name(source_id, credential_id))
    return Response(status_code=204)


async def _further(deps: Deps, by: str, source_id: str, scheme: str, secret: str | None) -> Credential:
    """With the secret that was given, or one that we make."""
    if secret is None:
        return await made(deps.vault, by, source_id, scheme)
    return Credential(id_of(by, source_id, scheme, "0"), scheme, secret)


async def _known(deps: Deps, who: Principal, source_id: str) -> KnownSource:
    """The source, where the caller may see it; 404 otherwise."""
    doc = (await deps.reads.get(sources, [source_id])).get(source_id)
    if doc is None or not doc.revision or not who.sees(doc.partner):
        raise not_found("source")
    return doc


async def _must_be_theirs(deps: Deps, who: Principal, source_id: str) -> None:
    """For an admin of some partners only. Others need no look at the view, which follows the events a little later."""
    if who.partners is not None:
        await _known(deps, who, source_id)


def _shown(doc: KnownSource) -> ShownSource:
    settings = doc.settings
    return ShownSource(
        doc.source_id,
        doc.partner,
        doc.revision,
        settings.public_url,
        settings,
        doc.credentials,
        doc.until,
        sandbox_of(doc.source_id),
        doc.conformant_since,
    )


def _secret_response(content: SourceReady | Issued) -> Response:
    response = json_response(content, status=201)
    response.headers["cache-control"] = "no-store"
    return response
