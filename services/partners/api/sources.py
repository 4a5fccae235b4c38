"""The routes of telephony sources and their credentials. Of secrets, only those that we made are shown, and once."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.partners.api import examples
from services.partners.api.credentials import Credential, Issued, id_of, issue, made, of_source
from services.partners.api.rules import MOST_PER_PAGE, Admin, Anyone, Service, must_be_zone
from services.partners.domain.integration import ConfigureSource, RevokeCredential, Scheme, SourceId, integration
from services.partners.views.sources import KnownSource, sources
from shared.contracts.partners import SourceSettings
from shared.http import (
    Deps,
    Problem,
    body,
    command_id,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.security import Principal
from shared.vault import Vault

Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]

router = APIRouter(prefix="/sources", tags=["sources"])


class SourceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to set up or to change: its settings, and by scheme the secrets that are to count from now on."""

    id: SourceId
    settings: SourceSettings
    secrets: dict[Scheme, tuple[Secret, ...]] = {}


class CredentialBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further secret of a scheme; without one, we make it where the scheme leaves it to us."""

    scheme: Scheme
    secret: Secret | None = None


class SourceReady(msgspec.Struct, frozen=True):
    """A source is set up: where the platform delivers to, and the credentials that this request issued."""

    id: str
    version: int
    ingest_url: str
    credentials: list[Issued]


class ShownSource(msgspec.Struct, frozen=True):
    """A source as it is now. Of its credentials there are the ids, by scheme."""

    id: str
    partner: str
    revision: int
    ingest_url: str
    settings: SourceSettings
    credentials: dict[str, list[str]]


@router.post(
    "",
    status_code=201,
    summary="Set up a telephony source, or change it",
    openapi_extra=takes(SourceBody),
    responses=examples.SOURCE_READY,
)
async def configure_source(request: Request, deps: Service, who: Admin) -> Response:
    """Items are read by the settings that they meet. 409 `source_of_another_partner`, `not_a_demo`.

    Without a secret of its platform it gets a `bearer` key, a replay source a `replay` key: shown once.
    """
    asked = await body(request, SourceBody)
    must_see(who, asked.settings.partner)
    settings = _checked(asked.id, asked.settings, deps)
    by = command_id(request)
    known = (await deps.reads.get(sources, [asked.id])).get(asked.id)
    replayed = settings.clock == "replay"
    credentials = await of_source(deps.vault, by, asked.id, replayed, asked.secrets, known)
    first = ConfigureSource(source_id=asked.id, settings=settings)
    version, issued = await issue(deps, asked.id, credentials, by=by, actor=who.name, first=first)
    return _secret_response(SourceReady(asked.id, version, settings.public_url, issued))


@router.get("", summary="All telephony sources", responses=examples.SOURCES)
async def list_sources(
    request: Request,
    deps: Service,
    who: Anyone,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """The sources that the caller may see, by id."""
    wanted = {} if of_partner is None else {"partner": of_partner}
    found = [(key, _shown(doc)) for key, doc in await deps.reads.find(sources, wanted) if who.sees(doc.partner)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor), request)


@router.get("/{source_id}", summary="One telephony source", responses=examples.SOURCE)
async def get_source(request: Request, source_id: str, deps: Service, who: Anyone) -> Response:
    """Of its secrets, only the ids of the credentials."""
    doc = (await deps.reads.get(sources, [source_id])).get(source_id)
    if doc is None or not who.sees(doc.partner):
        raise not_found("source")
    return json_response(_shown(doc), request)


@router.post(
    "/{source_id}/credentials",
    status_code=201,
    summary="Issue a further credential",
    openapi_extra=takes(CredentialBody),
    responses=examples.CREDENTIAL_ISSUED,
)
async def issue_credential(request: Request, source_id: str, deps: Service, who: Admin) -> Response:
    """Those before it go on counting until they are revoked. 409 `unknown_source`."""
    asked = await body(request, CredentialBody)
    await _must_be_theirs(deps, who, source_id)
    by = command_id(request)
    if asked.secret is not None:
        credential = Credential(id_of(by, source_id, asked.scheme, "0"), asked.scheme, asked.secret)
    else:
        credential = await made(deps.vault, by, source_id, asked.scheme)
    _, (issued,) = await issue(deps, source_id, [credential], by=by, actor=who.name)
    return _secret_response(issued)


@router.delete(
    "/{source_id}/credentials/{credential_id}",
    status_code=204,
    summary="Revoke a credential",
    responses=examples.CREDENTIAL_REVOKED,
)
async def revoke_credential(
    request: Request, source_id: str, credential_id: str, deps: Service, who: Admin
) -> Response:
    """It counts no longer, and its secret is deleted. 409 `unknown_credential`."""
    await _must_be_theirs(deps, who, source_id)
    command = RevokeCredential(source_id=source_id, credential_id=credential_id)
    await deps.door.handle(integration, source_id, command, command_id=command_id(request), actor=who.name)
    await deps.vault.delete_secret(Vault.credential_name(source_id, credential_id))
    return Response(status_code=204)


def _checked(source_id: str, settings: SourceSettings, deps: Deps) -> SourceSettings:
    """The settings with the address that they will be delivered to; 422 and 409 where they can't be right."""
    must_be_zone("settings.time_zone", settings.time_zone)
    must_be_zone("settings.day_zone", settings.day_zone)
    if not settings.connector:
        raise invalid("settings.connector", "the name of a telephony platform")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", settings.partner):
        raise invalid("settings.partner", "the id of a partner")
    for number, name in settings.test_numbers.items():
        if not re.fullmatch(r"\+?[0-9]{2,15}", number):
            raise invalid("settings.test_numbers", f"{number} is not a number as the platform sends it: + and digits")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
            raise invalid("settings.test_numbers", f"the name of {number} is not a short word in lower case")
    if settings.clock == "replay" and settings.counts == "production" and not deps.demo:
        raise Problem(409, "not_a_demo", "A replay source counts as production only in a data folder marked as a demo.")
    if not settings.public_url:
        return msgspec.structs.replace(settings, public_url=f"{deps.base_url}/v1/in/{source_id}")
    if not settings.public_url.startswith(("https://", "http://")):
        raise invalid("settings.public_url", "an address that begins with https:// or http://")
    return settings


async def _must_be_theirs(deps: Deps, who: Principal, source_id: str) -> None:
    """For an admin of some partners only. Others need no look at the view, which follows the events a little later."""
    if who.partners is None:
        return
    doc = (await deps.reads.get(sources, [source_id])).get(source_id)
    if doc is None or not who.sees(doc.partner):
        raise not_found("source")


def _shown(doc: KnownSource) -> ShownSource:
    settings = doc.settings
    return ShownSource(doc.source_id, doc.partner, doc.revision, settings.public_url, settings, doc.credentials)


def _secret_response(content: SourceReady | Issued) -> Response:
    response = json_response(content, status=201)
    response.headers["cache-control"] = "no-store"
    return response
