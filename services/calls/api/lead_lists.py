"""The routes of lists of leads: begin one, take files into it, say by which rules its leads are called again."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, NAME, Anyone, Manages, Service
from services.calls.api.lead_desk import AtLeads, Encoding, asked, columns_of, file_of, head_asked, list_of, told_import
from services.calls.domain.lead_list import (
    CloseLeadList,
    CreateLeadList,
    ReopenLeadList,
    SetRecallRules,
    lead_list,
)
from services.calls.views.leads import KnownLeadList, lead_lists
from shared.http import (
    UPLOAD,
    Deps,
    accepts,
    invalid,
    json_response,
    limited,
    must_see,
    page,
)

router = APIRouter(prefix="/api/v1/lead-lists", tags=["leads"])


def _known_zone(command: CreateLeadList, deps: Deps) -> None:
    """422 for a zone that is none."""
    try:
        ZoneInfo(command.zone)
    except (LookupError, ValueError, OSError):
        raise invalid("zone", "no zone of the IANA database") from None


accepts(
    router, "/{list_id}", lead_list, CreateLeadList, service=NAME, right="selling.run", method="PUT", check=_known_zone
)
accepts(router, "/{list_id}/rules", lead_list, SetRecallRules, service=NAME, right="selling.run", method="PUT")
accepts(router, "/{list_id}/closure", lead_list, CloseLeadList, service=NAME, right="selling.run")
accepts(router, "/{list_id}/reopening", lead_list, ReopenLeadList, service=NAME, right="selling.run")


@router.get("", summary="Lists of leads", responses=examples.LISTS)
async def show_lists(
    deps: Service,
    who: Anyone,
    partner: str | None = None,
    campaign: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """One page, by id: how many leads stand where, and what was taken in."""
    if partner is not None:
        must_see(who, partner)
    found = await deps.reads.find(lead_lists, {} if partner is None else {"partner": partner})
    mine = [
        (list_id, _told(doc))
        for list_id, doc in found
        if doc.created is not None and who.sees(doc.partner) and campaign in (None, doc.campaign)
    ]
    return json_response(page(mine, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{list_id}", summary="A list of leads", responses=examples.LIST)
async def show_list(list_id: str, desk: AtLeads, who: Anyone) -> Response:
    """Its rules, how many leads stand where, and what was taken in."""
    return json_response(_told(await list_of(desk, who, list_id)))


@router.post(
    "/{list_id}/imports/proposal",
    summary="What the columns of a file seem to be",
    openapi_extra=UPLOAD,
    responses=examples.PROPOSAL,
)
async def propose(
    request: Request, list_id: str, desk: AtLeads, who: Manages, encoding: Encoding | None = None
) -> Response:
    """What the columns are called, what each looks like, and how many lines there are. Nothing is kept."""
    await list_of(desk, who, list_id)
    return await head_asked(request, "leads", encoding)


@router.post(
    "/{list_id}/imports",
    status_code=202,
    summary="Take a file into the list",
    openapi_extra=UPLOAD,
    responses=examples.IMPORT_ASKED,
)
async def take_in(
    request: Request,
    list_id: str,
    deps: Service,
    desk: AtLeads,
    who: Manages,
    columns: Annotated[str | None, Query(description="JSON: field -> heading or place; else as proposed.")] = None,
    encoding: Encoding | None = None,
) -> Response:
    """CSV or XLSX; it is worked on behind this answer. The same file again is the same import; a lead that is in the
    list, by number or by name and postal code, is not taken twice. 409 where the file can't be read, `columns_wrong`.
    """
    one = await list_of(desk, who, list_id)
    assert one.created is not None  # noqa: S101 - what has not been created is not found
    country, zone = one.created.country, one.created.zone
    want = asked("leads", list_id, one.partner, country, zone, deps.clock(), who.name, encoding)
    content = await file_of(request)
    return json_response(told_import(await desk.imports.ask(content, want, columns_of(columns))), status=202)


@router.get("/{list_id}/imports", summary="Files that were taken into the list", responses=examples.IMPORTS)
async def show_imports(list_id: str, desk: AtLeads, who: Anyone) -> Response:
    """The newest first, each with how far it is."""
    await list_of(desk, who, list_id)
    found = await desk.imports.of("leads", list_id)
    return json_response({"items": [told_import(one) for one in found], "next": None})


def _told(doc: KnownLeadList) -> dict[str, Any]:
    created = doc.created
    return {
        "list": doc.list_id,
        "partner": doc.partner,
        "name": created.name if created else "",
        "campaign": doc.campaign,
        "country": created.country if created else "",
        "zone": created.zone if created else "",
        "closed": doc.closed,
        "rules_version": doc.version,
        "rules": doc.rules,
        "leads": {state: count for state, count in sorted(doc.counts.items()) if count},
        "imports": [
            {
                "import": one.import_id, "new": one.new, "known": one.known, "duplicates": one.duplicates,
                "rejected": one.rejected, "at": one.at,
            }
            for one in doc.imports
        ],
    }  # fmt: skip
