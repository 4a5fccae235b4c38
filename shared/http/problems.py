"""Everything that goes wrong, as a problem document (RFC 9457) with a stable code."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel import ChangedMeanwhile, Rejected
from shared.ports import StoreUnavailable
from shared.vault import KeyDestroyed

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
RETRY_AFTER_SECONDS = 2
DESTROYED = "The key of its month was destroyed after its time: nobody reads it again, and nothing is added to it."


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field; `field` is its path in the body (`settings.time_zone`) or the parameter's name."""

    field: str
    detail: str


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer from 400 on. `type` is `/problems/<code>`; `error_id` finds our log line."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    error_id: str | None = None


class Problem(Exception):
    """The request can't be done: answered as a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        error_id: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.error_id = error_id


def not_found(what: str) -> Problem:
    """404: there is no such thing, or none that the caller may see."""
    return Problem(404, "not_found", f"There is no such {what}.")


def invalid(field: str, detail: str) -> Problem:
    """422: one field or parameter is wrong."""
    return Problem(422, "invalid", f"{field}: {detail}", errors=[FieldError(field, detail)])


def too_large(most: int) -> Problem:
    """413: the body has, or says that it has, more than `most` bytes."""
    return Problem(413, "too_large", f"The body is larger than {most} bytes.")


def problem_for(error: Exception) -> Problem:
    """Which problem an exception is. What nobody foresaw is logged under an id, and the caller is told only the id."""
    match error:
        case Problem():
            return error
        case ChangedMeanwhile():
            return Problem(412, error.code, error.detail)
        case Rejected():
            return Problem(409, error.code, error.detail)
        case KeyDestroyed():
            return Problem(410, "key_destroyed", DESTROYED)
        case StoreUnavailable():
            headers = {"retry-after": str(RETRY_AFTER_SECONDS)}
            return Problem(503, "unavailable", "It could not be stored or read now; try again.", headers=headers)
        case RequestValidationError():
            errors = [FieldError(_path(found["loc"]), str(found["msg"])) for found in error.errors()]
            return Problem(422, "invalid", "; ".join(f"{e.field}: {e.detail}" for e in errors), errors=errors)
        case HTTPException(__cause__=Problem() as cause):
            return cause  # came up while the framework read a form, and whatever does it calls 400
        case HTTPException():
            code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_").replace("-", "_")
            return Problem(error.status_code, code, str(error.detail), headers=error.headers)
        case _:
            error_id = secrets.token_hex(6)
            # The kind and the place only: an exception's text may hold what a customer's record held.
            log.error("error %s: %s at %s", error_id, type(error).__name__, _places(error))
            return Problem(500, "unexpected", "Something went wrong on our side.", error_id=error_id)


def status_of(error: Exception) -> int:
    """The status of its answer; nothing is logged."""
    match error:
        case Problem():
            return error.status
        case ChangedMeanwhile():
            return 412
        case Rejected():
            return 409
        case KeyDestroyed():
            return 410
        case StoreUnavailable():
            return 503
        case RequestValidationError():
            return 422
        case HTTPException():
            return error.status_code
        case _:
            return 500


def problem_response(problem: Problem) -> Response:
    """The answer to a problem."""
    document = ProblemDocument(
        type=f"/problems/{problem.code}",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        errors=problem.errors,
        error_id=problem.error_id,
    )
    headers = {"cache-control": "no-store", **problem.headers}
    return Response(msgspec.json.encode(document), problem.status, headers, MEDIA_TYPE)


class Problems:
    """The outermost layer: whatever comes up from below, routes and middleware alike, becomes a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            problem = problem_for(error)
            if started:
                # Too late for an answer: only an exception makes the server cut the connection, so that the caller
                # can see that the body is not whole. It says nothing of the first one, which is logged.
                raise RuntimeError(f"answer cut short, error {problem.error_id or problem.code}") from None
            await problem_response(problem)(scope, receive, send)


def install_problems(app: FastAPI) -> None:
    """Answer everything that goes wrong in this app with a problem document. To be called after other middleware."""

    async def answer(request: Request, error: Exception) -> Response:
        problem = problem_for(error)
        if problem.status == 405:
            problem.headers = {"allow": ", ".join(allowed(request))}  # in place of the framework's own
        return problem_response(problem)

    # The framework answers these two in its own way before they reach a layer around it.
    app.add_exception_handler(HTTPException, answer)
    app.add_exception_handler(RequestValidationError, answer)
    app.add_middleware(Problems)


def allowed(request: Request) -> list[str]:
    """The methods that the path has. The framework tells of those of one route only, and a path may have several. What
    is named (`/contracts/rate`) is not what a parameter would take it for (`/contracts/{contract_id}`)."""
    taken: dict[str, int] = {}
    for method in METHODS:
        scope = {**request.scope, "method": method, "path_params": {}}
        for route in iter_route_contexts(request.app.routes):
            match, child = route.matches(scope)
            if match is Match.FULL:
                taken[method] = len(child.get("path_params") or ())
                break
    fewest = min(taken.values(), default=0)
    return [method for method, parameters in taken.items() if parameters == fewest]


def _path(place: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in (place[1:] or place))


def _places(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
