"""The routes of those who may not be called: put a number on a list, ask for one, take a register in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import Manages, Service, Staff
from services.calls.api.lead_desk import (
    AtLeads,
    Encoding,
    LeadDesk,
    asked,
    columns_of,
    file_of,
    head_asked,
    told_import,
)
from services.calls.domain.do_not_call import AddDoNotCall, CheckDoNotCall, Ground, RemoveDoNotCall, is_scope
from services.calls.domain.numbers import e164
from services.calls.leads.barred import told
from shared.http import UPLOAD, Deps, body, command_id, invalid, json_response, takes

ZONE = "UTC"

router = APIRouter(prefix="/api/v1/do-not-call", tags=["do not call"])


@router.post("", status_code=202, summary="Do not call a number", openapi_extra=takes(AddDoNotCall),
             responses=examples.BARRED_NOW)  # fmt: skip
async def add(request: Request, deps: Service, desk: AtLeads, who: Manages) -> Response:
    """In one country, or anywhere: from the moment of the answer it is given out no more. A repeat with the same
    Idempotency-Key changes nothing."""
    said = await body(request, AddDoNotCall)
    number, now = _number(said.number), deps.clock()
    ground = Ground(reason=said.reason, at=now, by=who.name)
    await desk.barred.add([number], said.scope, f"said:{command_id(request)}", ground)
    await _follow(desk, deps, number)
    return json_response({"listed": told(await desk.barred.of(number))}, status=202)


@router.post("/removal", status_code=202, summary="Take a number off a list", openapi_extra=takes(RemoveDoNotCall),
             responses=examples.NOT_BARRED)  # fmt: skip
async def remove(request: Request, deps: Service, desk: AtLeads, who: Staff) -> Response:
    """It was put there by mistake: all grounds of the scope go. What other scopes say stays."""
    said = await body(request, RemoveDoNotCall)
    number = _number(said.number)
    await desk.barred.remove(number, said.scope)
    await _follow(desk, deps, number)
    return json_response({"listed": told(await desk.barred.of(number))}, status=202)


@router.post("/check", summary="May a number be called?", openapi_extra=takes(CheckDoNotCall),
             responses=examples.BARRED)  # fmt: skip
async def check(request: Request, desk: AtLeads, who: Manages) -> Response:
    """By the lists of its own country, of the one asked for, and of everywhere."""
    said = await body(request, CheckDoNotCall)
    return json_response({"listed": told(await desk.barred.of(_number(said.number), said.country))})


@router.post("/imports", status_code=202, summary="Take a register in", openapi_extra=UPLOAD,
             responses=examples.IMPORT_ASKED)  # fmt: skip
async def take_in(
    request: Request,
    deps: Service,
    desk: AtLeads,
    who: Staff,
    scope: Annotated[str, Query(description="A country (ISO 3166), or * for everywhere.")],
    country: Annotated[str, Query(pattern="^[A-Z]{2}$", description="Reads numbers without a prefix.")],
    columns: Annotated[str | None, Query(description="JSON: field -> heading or place; else as proposed.")] = None,
    encoding: Encoding | None = None,
) -> Response:
    """CSV or XLSX with a column of numbers; it is worked on behind this answer. Of the numbers only marks are kept."""
    if not is_scope(scope):
        raise invalid("scope", "a country of ISO 3166, or *")
    want = asked("do_not_call", scope, "", country, ZONE, deps.clock(), who.name, encoding)
    content = await file_of(request)
    return json_response(told_import(await desk.imports.ask(content, want, columns_of(columns))), status=202)


@router.post("/imports/proposal", summary="What the columns of a register seem to be", openapi_extra=UPLOAD,
             responses=examples.PROPOSAL)  # fmt: skip
async def propose(request: Request, who: Staff, encoding: Encoding | None = None) -> Response:
    """What the columns are called, what each looks like, and how many lines there are. Nothing is kept."""
    return await head_asked(request, "do_not_call", encoding)


def _number(text: str) -> str:
    number = e164(text, None)
    if number is None:
        raise invalid("number", "a telephone number in E.164, such as +385912345667")
    return number


async def _follow(desk: LeadDesk, deps: Deps, number: str) -> None:
    """The customer's leads say so, where there is a customer of this number."""
    ref = await deps.vault.known_ref(number)
    if ref is not None:
        await desk.leads.recheck(ref, number, deps.clock())
