"""The routes of webhooks: which other systems are told of which public events, with which key, and what they took."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api import webhook_examples as examples
from services.gateway.domain.webhooks import TOLD
from services.gateway.hooks.desk import Made, Wanted, WebhookDesk, shown
from services.gateway.views.webhooks import KnownWebhook
from shared.codec import classes_of
from shared.http import body, command_id, content_of, json_response, limited, page, require, takes
from shared.http.requests import parsed
from shared.security import Principal

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
MOST_PER_PAGE = 200
Runs = Annotated[Principal, Depends(require("webhooks.run"))]


async def _desk(request: Request) -> WebhookDesk:
    found: WebhookDesk = request.app.state.webhook_desk
    return found


Desk = Annotated[WebhookDesk, Depends(_desk)]


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`at_once`: the key before counts no more from now on, because others know it; else it does for a day."""

    at_once: bool = False


def endpoint(doc: KnownWebhook) -> dict[str, Any]:
    """An endpoint as it is shown: never its key."""
    return {
        "webhook": doc.webhook,
        "configured": doc.configured,
        "stopped": doc.stopped,
        "key_changed_at": doc.keys[-1].at if doc.keys else None,
        "older_key_until": doc.keys[-1].older_until if doc.keys else None,
    }


def public_classes() -> list[dict[str, str]]:
    """Every class that may be told, with its meaning and its topic."""
    return [
        {"event": kind.__name__, "type": f"{topic}.{kind.__name__}", "meaning": " ".join((kind.__doc__ or "").split())}
        for topic, union in TOLD.items()
        for kind in classes_of(union)
    ]


@router.get("", summary="The endpoints that are told of events", responses=examples.WEBHOOKS)
async def list_webhooks(desk: Desk, who: Runs, limit: int = 50, cursor: str | None = None) -> Response:
    """Those that tell of no partner whom the caller doesn't see, by id."""
    found = sorted((doc.webhook, endpoint(doc)) for doc in await desk.all(who))
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.post(
    "",
    status_code=201,
    summary="Tell another system of events",
    openapi_extra=takes(Wanted),
    responses=examples.CREATED,
)
async def create_webhook(request: Request, desk: Desk, who: Runs) -> Response:
    """`secret` is the key that signs what is sent (Standard Webhooks). It is shown here, again to a repeat with the
    same Idempotency-Key, and else never. 409 `unknown_event`, `bad_address`, `too_many`."""
    made = await desk.create(who, await body(request, Wanted), command_id(request))
    return json_response(_made(made), status=201)


@router.get("/events", summary="The events that may be told", responses=examples.EVENTS)
async def list_events(who: Runs) -> Response:
    """Every class of public events with its meaning; the AsyncAPI document has the schemas."""
    return json_response({"items": public_classes(), "next": None})


@router.get("/{webhook}", summary="An endpoint", responses=examples.WEBHOOK)
async def show_webhook(webhook: str, desk: Desk, who: Runs) -> Response:
    """As it is configured now, and why it is told nothing, where that is so."""
    return json_response(endpoint(await desk.get(who, webhook)))


@router.put(
    "/{webhook}",
    status_code=202,
    summary="Configure an endpoint anew",
    openapi_extra=takes(Wanted),
    responses=examples.REPLACED,
)
async def configure_webhook(request: Request, webhook: str, desk: Desk, who: Runs) -> Response:
    """What waits already goes to the new address too. 409 `unknown_event`, `bad_address`."""
    wanted = await body(request, Wanted)
    return json_response(await desk.change(who, webhook, wanted, command_id(request)), status=202)


@router.post(
    "/{webhook}/key",
    status_code=201,
    summary="Sign with a new key",
    openapi_extra=takes(NewKey),
    responses=examples.CREATED,
)
async def change_key(request: Request, webhook: str, desk: Desk, who: Runs) -> Response:
    """The answer shows the key, as for a new endpoint. For a day messages carry two signatures, with the key before
    too, unless `at_once`."""
    content = await content_of(request)
    asked = parsed(content, NewKey) if content else NewKey()
    made = await desk.change_key(who, webhook, asked.at_once, command_id(request))
    return json_response(_made(made), status=201)


@router.post("/{webhook}/stop", status_code=202, summary="Tell an endpoint no more", responses=examples.DONE)
async def stop_webhook(request: Request, webhook: str, desk: Desk, who: Runs) -> Response:
    """What waits is not sent, nor what happens until it is resumed."""
    return json_response(await desk.stop(who, webhook, command_id(request)), status=202)


@router.post("/{webhook}/resumption", status_code=202, summary="Tell an endpoint again", responses=examples.DONE)
async def resume_webhook(request: Request, webhook: str, desk: Desk, who: Runs) -> Response:
    """Of what happens from now on; what was not sent before can be sent again message by message."""
    return json_response(await desk.resume(who, webhook, command_id(request)), status=202)


@router.delete("/{webhook}", status_code=202, summary="Remove an endpoint", responses=examples.DONE)
async def remove_webhook(request: Request, webhook: str, desk: Desk, who: Runs) -> Response:
    """For good, with its keys and its log."""
    return json_response(await desk.remove(who, webhook, command_id(request)), status=202)


@router.post("/{webhook}/test", status_code=202, summary="Send a test message", responses=examples.AGAIN)
async def test_webhook(request: Request, webhook: str, desk: Desk, who: Runs) -> Response:
    """Of the type `tallyline.gateway.WebhookTested`. 409 `stopped`."""
    return json_response(shown(await desk.test(who, webhook, command_id(request))), status=202)


@router.get("/{webhook}/deliveries", summary="What an endpoint was told", responses=examples.DELIVERIES)
async def list_deliveries(
    webhook: str,
    desk: Desk,
    who: Runs,
    standing: Annotated[
        Literal["waiting", "delivered", "ended", "given_up", "unsent"],
        Query(description="`given_up`, `ended` and `unsent` were not taken."),
    ] = "delivered",
    limit: int = 50,
    cursor: str | None = None,
) -> Response:
    """The newest first, each with every attempt: when, how long it took, and the status of the answer or why there
    was none. What waits no more is known for 30 days."""
    items, following = await desk.log(who, webhook, standing, limited(limit, MOST_PER_PAGE), cursor)
    return json_response({"items": items, "next": following})


@router.post(
    "/{webhook}/deliveries/{message}/again", status_code=202, summary="Send a message again", responses=examples.AGAIN
)
async def deliver_again(webhook: str, message: str, desk: Desk, who: Runs) -> Response:
    """From now on, as often as a new one, under the same `webhook-id`. 409 `no_target` while it is stopped,
    `being_sent`."""
    return json_response(shown(await desk.again(who, webhook, message)), status=202)


def _made(made: Made) -> dict[str, Any]:
    return {
        "webhook": made.webhook,
        "secret": made.secret,
        "stream": made.accepted.stream,
        "version": made.accepted.version,
    }
