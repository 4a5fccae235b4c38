"""Routes of commands, one call each: the body is the command, and what a caller may not say comes from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from shared.http.answers import json_response
from shared.http.described import answers
from shared.http.door import Deps, deps_of
from shared.http.gate import require
from shared.http.problems import invalid, not_found
from shared.http.requests import command_id, content_of, parsed, place_of, takes
from shared.kernel import Command, Decider
from shared.rights import Right
from shared.security import Principal

C = TypeVar("C", bound=Command)
TIME, ACTOR = "at", "by"
"""Fields of a command that are filled here: the time of the request, and the name of whoever sent it."""
_PARAMETER = re.compile(r"{(\w+)}")
_EXAMPLES = {"partner_id": "adria", "month": "2026-03"}


def accepts(
    router: APIRouter,
    path: str,
    decider: Decider[Any, Any, Any],
    kind: type[C],
    *,
    service: str,
    method: str = "POST",
    right: Right = "administration",
    allowed: Callable[[Request], Awaitable[Principal]] | None = None,
    of_partner: bool = True,
    check: Callable[[C, Deps], Awaitable[None] | None] | None = None,
    fills: Mapping[str, Callable[[Principal, str], Any]] | None = None,
    stream: str | None = None,
) -> None:
    """Declare the route of a command; its docstring is the route's.

    The path's first parameter is the stream's id, or `stream` says how parameters make it; parameters fill the
    command's fields of the same names. With `of_partner` the stream belongs to the partner whose id stands in its id
    before the first colon, and is not there for those who don't see the partner; without, it concerns all partners.
    `check` refuses with a Problem what the decider, being pure, can't look up, and may wait for it. `right`: what the
    caller must have; or `allowed` says who may, and answers whoever may not. `fills` are further fields that no caller
    says, worked out from who asks and from the command's id. 202 with stream and version; a repeat with the same
    Idempotency-Key is answered again.
    """
    parameters = _PARAMETER.findall(path)
    stream = stream or f"{{{parameters[0]}}}"
    fills = fills or {}
    filled = [name for name in (*parameters, TIME, ACTOR, *fills) if name in kind.__struct_fields__]
    allowed = allowed or require(right, "partner" if of_partner else "company")
    of_service, of_caller = Depends(deps_of(service)), Depends(allowed)

    async def route(request: Request, deps: Deps = of_service, who: Principal = of_caller) -> Response:
        stream_id = stream.format(**request.path_params)
        if of_partner:
            must_see(who, stream_id.partition(":")[0])
        by = command_id(request)
        worked_out = {name: fill(who, by) for name, fill in fills.items()}
        known = {**request.path_params, TIME: deps.clock(), ACTOR: who.name, **worked_out}
        command = await command_of(request, kind, {name: known[name] for name in filled})
        if check is not None and (checking := check(command, deps)) is not None:
            await checking
        accepted = await deps.door.handle(decider, stream_id, command, command_id=by, actor=who.name)
        return json_response(accepted, status=202)

    text = " ".join((kind.__doc__ or "").split())
    described = takes(kind, without=filled) | {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in parameters
        ]
    }
    router.add_api_route(
        path,
        route,
        methods=[method],
        status_code=202,
        name=kind.__name__,
        operation_id=f"{service}_{kind.__name__}",
        summary=_words(kind.__name__),
        description=text,
        openapi_extra=described,
        responses=answers(
            "Carried out.",
            {"stream": f"{decider.name}-{_PARAMETER.sub(_example, stream)}", "version": 3},
            403,
            404,
            409,
            422,
            status=202,
        ),
    )


async def command_of(request: Request, kind: type[C], known: Mapping[str, Any]) -> C:
    """The command that the body is, with the fields that we know better. 422 naming the field when it says one of
    those, or is not what is asked for. A command without further fields needs no body."""
    content = await content_of(request)
    given = parsed(content, dict[str, Any]) if content else {}
    for name in known:
        if name in given:
            raise invalid(name, "is not said in the body")
    try:
        return msgspec.convert({**given, **known}, kind)
    except msgspec.ValidationError as error:
        field, reason = place_of(error)
        raise invalid(field, reason) from None


def must_see(who: Principal, partner_id: str) -> None:
    """404 when the partner is not theirs: whether it exists is not theirs to know either."""
    if not who.sees(partner_id):
        raise not_found("partner")


def must_see_agent(who: Principal, partner_id: str, agent: str) -> None:
    """404 when the partner is not theirs, or they are another agent."""
    must_see(who, partner_id)
    if who.role == "agent" and who.agent != agent:
        raise not_found("agent")


def _words(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return words[0].upper() + words[1:]


def _example(parameter: re.Match[str]) -> str:
    return _EXAMPLES.get(parameter[1], f"adria:{parameter[1].removesuffix('_id')}-1")
