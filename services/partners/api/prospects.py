"""The routes by which many candidates come in at once, and by which those that stand twice are found."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.partners.api.rules import Everything, Service, Staff, must_be_zone
from services.partners.domain.partner import DescribePartner, NameContact, RegisterPartner, partner
from services.partners.domain.prospects import Candidate, Known, Traits, Unreadable, Wrong, candidates, rows_of, traits
from services.partners.events import FoundBy
from services.partners.views.partners import KnownPartner, partners
from shared.http import Deps, FieldError, Paged, Problem, answers, body, command_id, invalid, json_response, takes

router = APIRouter(tags=["partners"])
MOST_BYTES = 8 << 20
MOST_ERRORS = 100
_ROW = {"row": 1, "partner_id": "adria-direct", "name": "Adria Direct", "result": "registered"}
_TWICE = {"row": 2, "partner_id": "adria-direct", "name": "ADRIA DIRECT d.o.o.", "result": "known", "by": "name"}


class ProspectList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of companies: the CSV text, and which column is what (header -> field).

    `time_zone` and `found_by` are used where a row says none. `dry_run`: only say what would become of each row.
    """

    csv: str
    mapping: Annotated[dict[str, str], msgspec.Meta(min_length=1, max_length=50)]
    time_zone: str = "UTC"
    found_by: FoundBy | None = None
    dry_run: bool = False


@router.post(
    "/partners/import",
    status_code=200,
    summary="Register the companies of a CSV list",
    openapi_extra=takes(ProspectList),
    responses=answers("What became of each row.", {"items": [_ROW, _TWICE], "next": None}, 403, 422),
)
async def import_prospects(request: Request, deps: Service, who: Staff) -> Response:
    """All rows or none: a row that makes no sense, or holds a formula, is named and nothing is registered.

    A company that is known already, by domain, phone number or name, is passed over and named; one of which only
    the name is known is completed.
    """
    asked = await body(request, ProspectList, MOST_BYTES)
    must_be_zone("time_zone", asked.time_zone)
    by = command_id(request)
    found = await deps.reads.find(partners, {})
    others = [(key, doc) for key, doc in found if doc.name]
    read, wrong = _read(asked, [key for key, _ in found])
    for candidate in read:
        try:
            must_be_zone(f"rows[{candidate.row}].time_zone", candidate.register.time_zone)
        except Problem as problem:
            wrong += [Wrong(error.field, error.detail) for error in problem.errors]
    if wrong:
        errors = [FieldError(*one) for one in wrong[:MOST_ERRORS]]
        raise Problem(422, "invalid", f"{len(wrong)} cells are wrong; nothing was registered.", errors=errors)
    return json_response({"items": await _register(deps, who.name, by, read, others, asked.dry_run), "next": None})


def _read(asked: ProspectList, taken: list[str]) -> tuple[list[Candidate], list[Wrong]]:
    try:
        return candidates(rows_of(asked.csv, asked.mapping), taken, asked.time_zone, asked.found_by)
    except Unreadable as wrong:
        raise invalid("csv", str(wrong)) from None


async def _register(
    deps: Deps, actor: str, by: str, read: list[Candidate], others: list[tuple[str, KnownPartner]], dry_run: bool
) -> list[dict[str, Any]]:
    known, bare_ids = Known(), {key for key, doc in others if doc.profile is None}
    for key, doc in others:
        known.add(key, _traits(doc))
    rows: list[dict[str, Any]] = []
    for candidate in read:
        said = candidate.register
        of = traits(said.name, candidate.describe.domain, candidate.describe.phone, said.country)
        row = {"row": candidate.row, "partner_id": said.partner_id, "name": said.name}
        twin = known.find(of)
        wanted: list[RegisterPartner | DescribePartner | NameContact]
        if twin is None:
            known.add(said.partner_id, of)
            rows.append(row | {"result": "new" if dry_run else "registered"})
            wanted = [said, *candidate.further()]
        else:
            # Nothing said of it yet: perhaps this import was cut off behind the registration.
            bare = twin[0] in bare_ids
            rows.append(row | {"partner_id": twin[0], "result": "completed" if bare else "known", "by": twin[1]})
            wanted = candidate.further() if bare else []
        for command in () if dry_run else wanted:
            theirs = msgspec.structs.replace(command, partner_id=rows[-1]["partner_id"])
            id_ = f"{by}:{candidate.row}:{type(command).__name__}"
            await deps.door.handle(partner, theirs.partner_id, theirs, command_id=id_, actor=actor)
    return rows


@router.get(
    "/partners/duplicates",
    summary="Partners that may be the same company",
    responses=answers(
        "Pairs.", {"items": [{"partner_id": "adria-2", "same_as": "adria", "by": "domain"}], "next": None}
    ),
)
async def show_duplicates(deps: Service, who: Everything, paged: Paged) -> Response:
    """Each with the one before it that has the same domain, phone number or name."""
    known = Known()
    rows: list[tuple[str, dict[str, str]]] = []
    for key, doc in await deps.reads.find(partners, {}):
        if not doc.name:
            continue
        of = _traits(doc)
        if twin := known.find(of):
            rows.append((key, {"partner_id": key, "same_as": twin[0], "by": twin[1]}))
        known.add(key, of)
    return json_response(paged.of(rows))


def _traits(doc: KnownPartner) -> Traits:
    profile = doc.profile
    return traits(doc.name, profile.domain if profile else None, profile.phone if profile else None, doc.country)
