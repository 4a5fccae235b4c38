"""The routes of contracts: terms on the table, drafts held against them, signing, amending, ending, what held when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.partners.api import contract_examples as examples
from services.partners.api.rules import (
    MOST_PER_PAGE,
    ReadsAllContracts,
    ReadsContracts,
    Service,
    WritesContracts,
    must_be_theirs,
)
from services.partners.domain.contract import (
    AcceptDeviation,
    AgreeTerms,
    AmendContract,
    ApproveContract,
    ContractId,
    ProposeTerms,
    ReceiveDraft,
    SignContract,
    TerminateContract,
    amended,
    contract,
)
from services.partners.views.contracts import KnownContract, State, contracts
from shared.contracts.agreements import due_on, terms_on
from shared.contracts.rating import NotRatable, Usage, Version, days_of, expected_month, expected_usage, rate
from shared.contracts.terms import YEARS, Format, InvalidTerms, TermSheet, checked, read_terms
from shared.http import (
    Deps,
    FieldError,
    Problem,
    accepts,
    body,
    command_id,
    command_of,
    content_of,
    invalid,
    json_response,
    limited,
    not_found,
    page,
    takes,
)
from shared.http.requests import Day
from shared.kernel import Command
from shared.security import Principal

router = APIRouter(prefix="/contracts", tags=["contracts"])

FORMATS: dict[str, Format] = {
    "application/json": "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/csv": "csv",
}
MAX_SHEET_BYTES = 64 << 10
SHEET: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **takes(TermSheet)["requestBody"]["content"],
            "application/yaml": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string", "description": "A field path and a value in each row."}},
        },
    }
}


class WhatIf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A month to price: under a contract, or under terms that are nobody's yet. Without `month`, the first that the
    terms cover; without `usage`, the month that the terms expect."""

    contract_id: ContractId | None = None
    terms: TermSheet | None = None
    month: Annotated[str, msgspec.Meta(pattern=r"^(199[0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$(?!\n)")] | None = (
        None
    )
    usage: Usage | None = None


# What concerns all contracts; before the routes of one, whose id would take its place.


@router.get("", summary="All contracts", responses=examples.CONTRACTS)
async def list_contracts(
    deps: Service,
    who: ReadsContracts,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    state: State | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """The contracts that the caller may see, by id; of one partner, in one state, or all."""
    wanted = {name: value for name, value in (("partner", of_partner), ("state", state)) if value is not None}
    found = [(key, _shown(doc)) for key, doc in await deps.reads.find(contracts, wanted) if who.sees(doc.partner_id)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/due", summary="Contracts of which a day comes near", responses=examples.DUE)
async def list_due(deps: Service, who: ReadsContracts, on: Annotated[Day | None, Query()] = None) -> Response:
    """Last days for notice, days of expiry, and ends after notice that are at most 90 days ahead, the nearest first.

    `within` is 90, 60 or 30. `on` is today, in UTC, where it is left out.
    """
    day = _day(on, deps)
    rows = [
        {"contract_id": key, "partner_id": doc.partner_id, **msgspec.structs.asdict(due)}
        for key, doc in await deps.reads.find(contracts, {})
        if who.sees(doc.partner_id)
        for due in due_on(doc.agreement, day)
    ]
    rows.sort(key=lambda row: (row["on"], row["contract_id"], row["occasion"]))
    return json_response({"items": rows, "next": None})


@router.post(
    "/rate", summary="Price a month, to see what it would cost", openapi_extra=takes(WhatIf), responses=examples.RATED
)
async def rate_month(request: Request, deps: Service, who: ReadsContracts) -> Response:
    """With the trace: a line for each step, with its clause. Nothing is stored."""
    asked = await body(request, WhatIf)
    if (asked.contract_id is None) == (asked.terms is None):
        raise invalid("terms", "either these, or `contract_id`")
    versions: tuple[Version, ...]
    if asked.contract_id is not None:
        doc = await _known(deps, who, asked.contract_id)
        versions = doc.agreement.versions
        if not versions:
            raise Problem(409, "not_signed", "The contract has no terms yet that would hold.")
    elif asked.terms is not None:
        with_sense = _sensible(asked.terms)
        versions = (Version(number=1, starts=with_sense.validity.starts, terms=with_sense),)
    month = asked.month or expected_month(versions[-1].terms)
    held = [one for one in versions if one.starts <= days_of(month)[1]] or versions[:1]
    try:
        return json_response(rate(versions, asked.usage or expected_usage(held[-1].terms, month), month))
    except NotRatable as error:
        raise invalid(error.field, error.detail) from None


# Negotiation and drafts


@router.post(
    "/{contract_id}/rounds", status_code=202, summary="Put terms on the table", openapi_extra=SHEET,
    responses=examples.CARRIED_OUT,
)  # fmt: skip
async def propose_terms(
    request: Request,
    contract_id: str,
    deps: Service,
    who: WritesContracts,
    side: Annotated[Literal["ours", "partner"], Query()] = "ours",
    note: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """The next round of negotiation: a term sheet as JSON, YAML or CSV. 409 `signed_already`."""
    must_be_theirs(who, contract_id)
    _, terms = await _sheet(request)
    command = ProposeTerms(contract_id=contract_id, side=side, terms=terms, note=note, at=deps.clock(), by=who.name)
    return await _handled(request, deps, who, contract_id, command)


@router.post(
    "/{contract_id}/drafts", status_code=202, summary="Take in a draft of the provider's", openapi_extra=SHEET,
    responses=examples.CARRIED_OUT,
)  # fmt: skip
async def receive_draft(request: Request, contract_id: str, deps: Service, who: WritesContracts) -> Response:
    """Its terms as JSON, YAML or CSV, kept as they came; a PDF is attached beside them. What it says otherwise than was
    agreed stands under `deviations`. 409 `nothing_agreed`, `signed_already`."""
    must_be_theirs(who, contract_id)
    content, terms = await _sheet(request)
    source = await deps.blobs.put(content)
    command = ReceiveDraft(contract_id=contract_id, terms=terms, source=source, at=deps.clock(), by=who.name)
    return await _handled(request, deps, who, contract_id, command)


def _dated(command: Command, deps: Deps) -> None:
    """422 for a day in a year in which no contract holds."""
    for name in command.__struct_fields__:
        day = getattr(command, name)
        if isinstance(day, date) and day.year not in YEARS:
            raise invalid(name, f"a day from {YEARS.start} to {YEARS.stop - 1}")


for path, method, kind in (
    ("/{contract_id}/agreement", "PUT", AgreeTerms),
    ("/{contract_id}/deviations/accept", "POST", AcceptDeviation),
    ("/{contract_id}/approval", "POST", ApproveContract),
    ("/{contract_id}/signature", "POST", SignContract),
    ("/{contract_id}/termination", "POST", TerminateContract),
):
    accepts(router, path, contract, kind, service="partners", right="contracts.run", method=method, check=_dated)


@router.post(
    "/{contract_id}/amendments", status_code=202, summary="Amend contract", openapi_extra=takes(
        AmendContract, without=("contract_id", "at", "by")
    ), responses=examples.CARRIED_OUT,
)  # fmt: skip
async def amend_contract(request: Request, contract_id: str, deps: Service, who: WritesContracts) -> Response:
    """Other terms from a day on: the whole of them (`terms`), or some by their paths (`changes`; null takes out).

    422 names the path of a term that makes no sense. 409 `not_signed`, `out_of_order`, `after_the_end`,
    `currency_changed`, `nothing_changed`, `signer_missing`, `document_missing`, `unknown_document`.
    """
    must_be_theirs(who, contract_id)
    known = {"contract_id": contract_id, "at": deps.clock(), "by": who.name}
    command = await command_of(request, AmendContract, known)
    _dated(command, deps)
    doc = (await deps.reads.get(contracts, [contract_id])).get(contract_id)
    if doc is not None and doc.agreement.versions:
        try:
            amended(doc.agreement.versions[-1].terms, command.terms, command.changes)
        except InvalidTerms as error:
            raise _wrong(error, "changes" if command.terms is None else "terms") from None
    return await _handled(request, deps, who, contract_id, command)


# Reading


@router.get("/{contract_id}", summary="One contract", responses=examples.CONTRACT)
async def get_contract(contract_id: str, deps: Service, who: ReadsContracts) -> Response:
    """How far it is, its versions, and the documents that belong to it."""
    return json_response(_shown(await _known(deps, who, contract_id)))


@router.get("/{contract_id}/terms", summary="The terms that hold on a day", responses=examples.TERMS)
async def get_terms(
    contract_id: str, deps: Service, who: ReadsContracts, on: Annotated[Day | None, Query()] = None
) -> Response:
    """One answer, or 404 with the reason: `not_signed`, `not_begun`, `ended`, `terminated`. `on` is today, in UTC,
    where it is left out."""
    doc = await _known(deps, who, contract_id)
    day = _day(on, deps)
    match terms_on(doc.agreement, day):
        case Version(number=number, starts=starts, ends=ends, terms=terms):
            found = {"contract_id": contract_id, "on": day, "version": number, "starts": starts, "ends": ends}
            return json_response({**found, "terms": terms})
        case reason:
            raise Problem(404, reason, f"On {day} no terms of {contract_id} hold: {reason.replace('_', ' ')}.")


@router.get("/{contract_id}/deviations", summary="What the last draft says otherwise", responses=examples.DEVIATIONS)
async def get_deviations(contract_id: str, deps: Service, who: ReadsAllContracts) -> Response:
    """Every term that differs, is missing or was added, whether it is better or worse for us, what it costs in the
    expected month, and who accepted it. For those who see all partners: it is our side's view."""
    doc = await _known(deps, who, contract_id)
    if doc.found is None:
        raise not_found("draft")
    rows = [{**msgspec.structs.asdict(one), "accepted": _without_deviation(doc, one)} for one in doc.found.deviations]
    found = {name: getattr(doc.found, name) for name in ("draft", "round", "currency", "month", "agreed_minor")}
    costs = {"cost_minor": doc.found.cost_minor, "once_minor": doc.found.once_minor}
    left = sum(doc.acceptance(one) is None for one in doc.found.deviations)
    return json_response({"contract_id": contract_id, **found, **costs, "open": left, "items": rows})


@router.get("/{contract_id}/rounds/{number}", summary="The terms of a round", responses=examples.SHEET)
async def get_round(contract_id: str, number: int, deps: Service, who: ReadsAllContracts) -> Response:
    """As they were put on the table."""
    return json_response(_numbered((await _known(deps, who, contract_id)).rounds, number, "round"))


@router.get("/{contract_id}/drafts/{number}", summary="The terms of a draft", responses=examples.SHEET)
async def get_draft(contract_id: str, number: int, deps: Service, who: ReadsAllContracts) -> Response:
    """As they came; `source` is the content hash of the file."""
    return json_response(_numbered((await _known(deps, who, contract_id)).drafts, number, "draft"))


def _day(on: date | None, deps: Deps) -> date:
    if on is not None and on.year not in YEARS:
        raise invalid("on", f"a day from {YEARS.start} to {YEARS.stop - 1}")
    return on or deps.clock().date()


async def _known(deps: Deps, who: Principal, contract_id: str) -> KnownContract:
    doc = (await deps.reads.get(contracts, [contract_id])).get(contract_id)
    if doc is None or not who.sees(doc.partner_id):
        raise not_found("contract")
    return doc


async def _sheet(request: Request) -> tuple[bytes, TermSheet]:
    """The body as it came, and its terms. 415 for another format, 422 with each field that is wrong."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = FORMATS.get(media)
    if form is None:
        raise Problem(415, "unknown_format", f"A term sheet is one of: {', '.join(FORMATS)}.")
    content = await content_of(request, MAX_SHEET_BYTES)
    try:
        return content, await asyncio.to_thread(read_terms, content, form)
    except InvalidTerms as error:
        raise _wrong(error) from None


def _sensible(terms: TermSheet) -> TermSheet:
    try:
        return checked(terms)
    except InvalidTerms as error:
        raise _wrong(error, "terms") from None


def _wrong(error: InvalidTerms, within: str = "") -> Problem:
    """422 with each field; `within` is where in the body the sheet stands."""
    errors = [FieldError(f"{within}.{one.field}".removeprefix("."), one.detail) for one in error.errors]
    return Problem(422, "invalid", "; ".join(f"{one.field}: {one.detail}" for one in errors), errors=errors)


async def _handled(request: Request, deps: Deps, who: Principal, contract_id: str, command: Command) -> Response:
    by = command_id(request)
    accepted = await deps.door.handle(contract, contract_id, command, command_id=by, actor=who.name)
    return json_response(accepted, status=202)


def _numbered(found: list[Any], number: int, what: str) -> Any:
    if not 1 <= number <= len(found):
        raise not_found(what)
    return found[number - 1]


def _without_deviation(doc: KnownContract, one: Any) -> dict[str, Any] | None:
    accepted = doc.acceptance(one)
    if accepted is None:
        return None
    return {"by": accepted.by, "at": accepted.at, "reason": accepted.reason, "draft": accepted.draft}


def _shown(doc: KnownContract) -> dict[str, Any]:
    found = doc.found.deviations if doc.found else ()
    return {
        "contract_id": doc.contract_id,
        "partner_id": doc.partner_id,
        "state": doc.state,
        "rounds": [_brief(one, ("round", "side", "at", "by")) for one in doc.rounds],
        "agreed_round": doc.agreed or None,
        "drafts": [_brief(one, ("draft", "source", "at", "by")) for one in doc.drafts],
        "open_deviations": sum(doc.acceptance(one) is None for one in found),
        "approved": _brief(doc.approved, ("draft", "at", "by")) if doc.approved else None,
        "versions": doc.signed,
        "ended": _brief(doc.ended, ("ends", "notice_on", "notice_by", "for_cause", "reason", "at", "by"))
        if doc.ended
        else None,
        "documents": [_brief(one, ("digest", "name", "media", "size", "at", "by")) for one in doc.documents],
    }


def _brief(event: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(event, name) for name in names}
