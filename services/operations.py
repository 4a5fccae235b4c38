"""What operators do with views and dead letters, over HTTP; the command line goes through the same routes.

They concern all partners, so they are for administrators who may see all of them.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from shared.engine.dead_letters import DeadLetter, Dismissal, Settled
from shared.engine.views import AnyView
from shared.http import Problem, answers, body, invalid, json_response, limited, not_found, require, takes
from shared.kernel import Rejected
from shared.masking import masked
from shared.runtime import Runtime
from shared.security import Principal
from shared.vault import KeyDestroyed, Unopenable

router = APIRouter(prefix="/api/v1/operations", tags=["operations"])
Operator = Annotated[Principal, Depends(require("operations.run", "company"))]


_LETTER = {
    "id": "item:3:1841",
    "kind": "item",
    "source": "adria-twilio",
    "at": "2026-03-02T09:05:00Z",
    "cause": "Unreadable: CallSid is missing",
    "context": {"partition": 3, "offset": 1841, "document": "adria-twilio:call:CA0001"},
    "retries": 0,
    "state": "waiting",
    "retried_at": None,
    "dismissal": None,
    "bytes": 412,
}
_VIEW = {
    "view": "performance",
    "service": "calls",
    "version": 1,
    "declared_version": 1,
    "collection": "performance_v1",
    "as_of": "18233.18102.17990.18341",
    "lag": 0,
    "building": None,
    "done": 0,
    "total": 0,
    "failed": None,
    "broken": None,
}


async def _runtime(request: Request) -> Runtime:
    found: Runtime = request.app.state.runtime
    return found


Running = Annotated[Runtime, Depends(_runtime)]


def _views(runtime: Runtime) -> dict[str, tuple[str, AnyView]]:
    return {view.name: (service.name, view) for service in runtime.services for view in service.views}


@router.get(
    "/views",
    summary="All views, with how far each has been applied",
    responses=answers("The views.", {"items": [_VIEW], "next": None}, 403),
)
async def list_views(runtime: Running, who: Operator) -> Response:
    """Service, version, live collection, offsets by partition, and what is being built beside it. `failed`: why it
    could not be built anew; `broken`: the first event that it could not take, until it is built anew."""
    items = []
    for name, (service, view) in sorted(_views(runtime).items()):
        kit = runtime.kits[service]
        pointer = kit.views.pointer(view)
        ends = await kit.bus.ends(view.topic)
        as_of = await kit.views.as_of(view)
        items.append(
            {
                "view": name,
                "service": service,
                "version": pointer.version,
                "declared_version": view.version,
                "collection": pointer.collection,
                "as_of": as_of,
                "lag": sum(ends.values()) - sum(int(offset) for offset in as_of.split(".")),
                "building": pointer.building,
                "done": pointer.done,
                "total": pointer.total,
                "failed": pointer.failed,
                "broken": pointer.broken,
            }
        )
    return json_response({"items": items, "next": None})


@router.post(
    "/views/{name}/rebuild",
    summary="Build a view anew beside the live one, then switch",
    responses=answers("Switched.", {"view": "performance", "collection": "performance_v1_2"}, 403, 404, 409, 503),
)
async def rebuild_view(name: str, runtime: Running, who: Operator) -> Response:
    """A worker builds it, in this process or another one; the answer comes when it has switched. Traffic goes on
    meanwhile. 409 `rebuild_failed` when an event can't be taken: the live one stays, and the view's `failed` says why
    until it is built again. 503 when nothing happens for half a minute: it stays asked for."""
    service, view = _found(runtime, name)
    collection = await runtime.kits[service].views.rebuilt(view)
    return json_response({"view": name, "collection": collection})


@router.post(
    "/views/{name}/verify",
    summary="Compare a view with a fold of its log",
    responses=answers("Compared.", {"view": "performance", "identical": True, "differences": [], "count": 0}, 403, 404),
)
async def verify_view(name: str, runtime: Running, who: Operator) -> Response:
    """`differences` is empty when the stored documents are what the log says."""
    service, view = _found(runtime, name)
    wrong = await runtime.kits[service].views.verify(view)
    return json_response({"view": name, "identical": not wrong, "differences": wrong[:100], "count": len(wrong)})


def _found(runtime: Runtime, name: str) -> tuple[str, AnyView]:
    views = _views(runtime)
    if name not in views:
        raise not_found("view")
    return views[name]


@router.get(
    "/dead-letters",
    summary="What could not be handled, newest first",
    responses=answers("One page of dead letters.", {"items": [_LETTER], "next": None}, 403, 404, 422),
)
async def list_letters(
    runtime: Running,
    who: Operator,
    service: str = "calls",
    state: str = "waiting",
    source: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Response:
    """Without payloads: those are opened one by one."""
    letters = _kit(runtime, service).letters
    try:
        found, following = await letters.list(state or None, source, limited(limit, 500), cursor)
    except ValueError:
        raise invalid("cursor", "not a cursor of this list") from None
    return json_response({"items": [_listed(letter) for letter in found], "next": following})


def _kit(runtime: Runtime, service: str) -> Any:
    if service not in runtime.kits:
        raise not_found("service")
    return runtime.kits[service]


def _listed(letter: DeadLetter) -> dict[str, Any]:
    shown = msgspec.structs.asdict(letter)
    del shown["payload"]
    return shown | {"bytes": len(letter.payload)}


@router.get(
    "/dead-letters/{service}/{letter_id:path}/payload",
    summary="What a dead letter holds, opened",
    response_class=Response,
    responses={
        200: {"description": "The bytes.", "content": {"application/octet-stream": {"example": "CallStatus=ringing"}}},
        404: {"description": "There is no such dead letter."},
        410: {"description": "Its month's key is destroyed."},
    },
)
async def show_letter(service: str, letter_id: str, runtime: Running, who: Operator) -> Response:
    """The bytes as they were sent. 410 when their month's key was destroyed."""
    kit = _kit(runtime, service)
    letter = await kit.letters.get(letter_id)
    if letter is None:
        raise not_found("dead letter")
    if letter.kind == "event":
        return Response(letter.payload, media_type="application/json")
    opened = runtime.parts[service].opened
    if opened is None:
        raise not_found("payload")
    try:
        return Response(await opened(letter), media_type="application/octet-stream")
    except Unopenable as wrong:
        raise _unopenable() from wrong


@router.post(
    "/dead-letters/{service}/{letter_id:path}/retry",
    summary="Send a dead letter again, after the fix",
    responses=answers("Sent.", {"id": "item:3:1841", "sent": 1}, 403, 404, 409, 410),
)
async def retry_letter(service: str, letter_id: str, runtime: Running, who: Operator) -> Response:
    """409 when it still can't be done. 410 when its month's key was destroyed: then it waits no more."""
    kit = _kit(runtime, service)
    letter = await kit.letters.get(letter_id)
    if letter is None:
        raise not_found("dead letter")
    if letter.state == "destroyed":
        raise KeyDestroyed(letter_id)
    claimed = await kit.letters.claim(letter_id, runtime.now())
    if claimed is None:
        raise Rejected("already_retried", "It was sent again or dismissed already, or is being sent now.")
    became: Settled = "waiting"
    try:
        count = await _send_again(runtime, service, claimed)
        became = "retried"
    except KeyDestroyed:
        became = "destroyed"
        raise
    finally:
        await kit.letters.settle(claimed, became)
    return json_response({"id": letter_id, "sent": count})


class Dismiss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is not to be sent again, without anything of a customer's."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


@router.post(
    "/dead-letters/{service}/{letter_id:path}/dismissal",
    summary="Close a dead letter that is not to be sent again",
    openapi_extra=takes(Dismiss),
    responses=answers(
        "Dismissed.",
        {"id": "record:3:1841", "by": "nora", "at": "2026-03-02T10:00:00Z", "reason": "Nobody's: a test of ours."},
        403, 404, 409, 422,
    ),
)  # fmt: skip
async def dismiss_letter(service: str, letter_id: str, request: Request, runtime: Running, who: Operator) -> Response:
    """It stays, with who said so and why, and what it holds is never counted. 409 `not_waiting` when it was sent again
    or dismissed already, or is being sent now."""
    letters = _kit(runtime, service).letters
    letter = await letters.get(letter_id)
    if letter is None:
        raise not_found("dead letter")
    asked = await body(request, Dismiss)
    said = Dismissal(who.name, runtime.now(), masked(asked.reason.strip()))
    known = letter.dismissal
    if known is not None and (known.by, known.reason) == (said.by, said.reason):
        said = known
    elif await letters.dismiss(letter_id, said) is None:
        raise Rejected("not_waiting", "It does not wait: it was sent again or dismissed, or is being sent now.")
    return json_response({"id": letter_id} | msgspec.structs.asdict(said))


async def _send_again(runtime: Runtime, service: str, letter: DeadLetter) -> int:
    if letter.kind == "event":
        managers = (one for one in runtime.managers[service] if letter.id.startswith(f"{one.name}:"))
        manager = next(managers, None)
        if manager is None:
            raise Rejected("no_manager", "The process manager of this event is gone.")
        return await manager.retry(letter.payload)
    again = runtime.parts[service].retry
    if again is None:
        raise Rejected("no_retry", "This service can't send its dead letters again.")
    try:
        return await again(letter)
    except Unopenable as wrong:
        raise _unopenable() from wrong


def _unopenable() -> Problem:
    return Problem(410, "unopenable", "It was not sealed by this system, or was changed since: nobody can open it.")
