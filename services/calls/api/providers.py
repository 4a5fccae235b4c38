"""The routes of providers: how their messages are read, their keys, and what they were told."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.calls.api import order_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, NAME, RunsProviders, SeesProviders, Service
from services.calls.domain.provider import ConfigureProvider, RetireProvider, provider
from services.calls.orders.hooks import PREFIX, secret_name
from services.calls.views.providers import KnownProvider, providers
from shared.http import (
    Deps,
    Problem,
    accepts,
    body,
    invalid,
    json_response,
    limited,
    not_found,
    takes,
)
from shared.ports import Refused
from shared.webhooks import Webhooks

router = APIRouter(prefix="/api/v1/providers", tags=["providers"])

accepts(
    router,
    "/{provider}",
    provider,
    ConfigureProvider,
    service=NAME,
    right="providers.run",
    method="PUT",
    of_partner=False,
)
accepts(
    router, "/{provider}/retirement", provider, RetireProvider, service=NAME, right="providers.run", of_partner=False
)


class ProviderSecrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys of a provider; what is not said stays. `incoming` signs its messages (with Standard Webhooks `whsec_` and
    base64), `outgoing` ours, always `whsec_` and base64. They go to the vault and are never shown."""

    incoming: Annotated[str, msgspec.Meta(min_length=16, max_length=500)] | None = None
    outgoing: Annotated[str, msgspec.Meta(min_length=16, max_length=500)] | None = None


async def _outgoing(request: Request) -> Webhooks:
    found: Webhooks = request.app.state.provider_webhooks
    return found


Outgoing = Annotated[Webhooks, Depends(_outgoing)]


@router.get("", summary="All providers", responses=examples.PROVIDERS)
async def list_providers(deps: Service, who: SeesProviders) -> Response:
    """Each as it is configured now, with the address for its messages."""
    found = await deps.reads.find(providers, {})
    return json_response({"items": [_shown(deps, doc) for _, doc in found], "next": None})


@router.get("/{provider}", summary="A provider", responses=examples.PROVIDER)
async def show_provider(provider: str, deps: Service, who: SeesProviders) -> Response:
    """As it is configured now, with the address for its messages."""
    return json_response(_shown(deps, await _known(deps, provider)))


@router.put(
    "/{provider_id}/secrets",
    summary="Give a provider's keys",
    openapi_extra=takes(ProviderSecrets),
    responses=examples.SECRETS,
)
async def put_secrets(request: Request, provider_id: str, deps: Service, who: RunsProviders) -> Response:
    """Keep the keys that sign its messages and ours; those before count no more. Says which there are now. 422 where
    Standard Webhooks asks for another form."""
    given = await body(request, ProviderSecrets)
    doc = await _known(deps, provider_id)
    standard = doc.configured is not None and doc.configured.signing == "standard-webhooks"
    keys: list[tuple[Literal["incoming", "outgoing"], str | None, bool]] = [
        ("incoming", given.incoming, standard),
        ("outgoing", given.outgoing, True),
    ]
    for name, secret, webhook in keys:
        if secret is not None and webhook and not _is_webhook_key(secret):
            raise invalid(name, "must be `whsec_` and 24 to 64 bytes in base64")
    for name, secret, _ in keys:
        if secret is not None:
            await deps.vault.put_secret(secret_name(provider_id, name), secret)
    held = await deps.vault.get_secrets([secret_name(provider_id, name) for name, _, _ in keys])
    return json_response({name: secret_name(provider_id, name) in held for name, _, _ in keys})


def _is_webhook_key(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith("whsec_") and 24 <= len(key) <= 64


@router.get("/{provider_id}/deliveries", summary="What a provider was told", responses=examples.DELIVERIES)
async def list_deliveries(
    provider_id: str,
    deps: Service,
    outgoing: Outgoing,
    who: SeesProviders,
    standing: Annotated[
        Literal["waiting", "delivered", "ended", "given_up", "unsent"],
        Query(description="`given_up` and `unsent` are the dead letters."),
    ] = "given_up",
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """The messages that stand so, in the order in which they were due, each with every attempt."""
    await _known(deps, provider_id)
    try:
        items, following = await outgoing.page(provider_id, standing, limited(limit, MOST_PER_PAGE), cursor)
    except ValueError:
        raise invalid("cursor", "not a cursor of this list") from None
    return json_response({"items": items, "next": following})


@router.post(
    "/{provider_id}/deliveries/{message}/again",
    status_code=202,
    summary="Tell a provider once more",
    responses=examples.DELIVERED_AGAIN,
)
async def again(provider_id: str, message: str, outgoing: Outgoing, who: RunsProviders) -> Response:
    """From now on, as often as a new message. 409 `no_target` where there is no address or key, `being_sent`."""
    known = await outgoing.get(message)
    if known is None or known.to != provider_id:
        raise not_found("message")
    try:
        return json_response(await outgoing.again(message), status=202)
    except Refused:
        raise Problem(409, "being_sent", "It is being sent just now.") from None


async def _known(deps: Deps, provider_id: str) -> KnownProvider:
    found: KnownProvider | None = (await deps.reads.get(providers, [provider_id])).get(provider_id)
    if found is None:
        raise not_found("provider")
    return found


def _shown(deps: Deps, doc: KnownProvider) -> dict[str, object]:
    return {
        "provider": doc.provider,
        "address": f"{deps.base_url}{PREFIX}{doc.provider}",
        "configured": doc.configured,
        "retired": doc.retired,
    }
