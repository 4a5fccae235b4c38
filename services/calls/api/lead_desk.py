"""What the routes of leads, imports, do-not-call lists and customers are given, and whom they let see what."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from services.calls.domain.lead import Lead, shown
from services.calls.domain.masking import masked
from services.calls.events.leads import RecallRules
from services.calls.leads.barred import DoNotCall
from services.calls.leads.imports import Import, Imports, head_of
from services.calls.leads.leads import Leads
from services.calls.leads.lines import Kind
from services.calls.leads.ruling import Ruling
from services.calls.tracker.call_document import CALLS, CallDocument, CallSummary, document_ids, only_call
from services.calls.views.customers import KnownCustomer
from services.calls.views.leads import KnownLeadList
from shared.http import (
    MAX_FILE_BYTES,
    Deps,
    Problem,
    content_of,
    invalid,
    json_response,
    not_found,
)
from shared.ports import Documents
from shared.profiles import CustomerProfile
from shared.security import Principal

OPEN_CALLS = ("waiting", "in_progress")
_decode = msgspec.json.Decoder(CallDocument).decode


@dataclass(frozen=True)
class LeadDesk:
    """Leads, imports, the do-not-call lists and the rules of dialling; `app.state.lead_desk` holds the service's.
    `documents` are those of calls too."""

    leads: Leads
    imports: Imports
    barred: DoNotCall
    documents: Documents
    ruling: Ruling


async def _lead_desk(request: Request) -> LeadDesk:
    found: LeadDesk = request.app.state.lead_desk
    return found


AtLeads = Annotated[LeadDesk, Depends(_lead_desk)]
Encoding = Literal["utf-8", "cp1250", "cp1252", "iso-8859-2"]
"""How the text of a file may be written; where nobody says it, it is found out."""


def must_be(who: Principal, agent: str) -> None:
    """403 for an agent who speaks for another one."""
    if who.role == "agent" and who.agent != agent:
        raise Problem(403, "not_allowed", "You may act only as the agent that you are.")


async def lead_of(desk: LeadDesk, who: Principal, lead_id: str) -> Lead:
    """The lead of a partner that the caller may see, and for an agent one that they hold; 404 else."""
    lead = await desk.leads.get(lead_id)
    if lead is None or not who.sees(lead.partner):
        raise not_found("lead")
    if who.role == "agent" and (lead.lease is None or lead.lease.agent != who.agent):
        raise not_found("lead")
    return lead


async def list_of(desk: LeadDesk, who: Principal, list_id: str) -> KnownLeadList:
    """The list of a partner that the caller may see; 404 else."""
    found = await desk.leads.list_of(list_id)
    if found is None or not who.sees(found.partner):
        raise not_found("list")
    return found


async def import_of(desk: LeadDesk, who: Principal, import_id: str) -> tuple[int, Import]:
    """The import of a partner that the caller may see; those of the company are for those who see all. 404 else."""
    found = await desk.imports.get(import_id)
    if found is None or not sees_import(who, found[1]):
        raise not_found("import")
    return found


def sees_import(who: Principal, one: Import) -> bool:
    """Whether it is of a partner that the caller may see, or of the company and the caller sees all."""
    return who.sees(one.partner) if one.partner else who.partners is None


async def head_asked(request: Request, kind: Kind, encoding: str | None) -> Response:
    """What the file that the body is looks like. Nothing of it is kept."""
    content = await file_of(request)
    return json_response(await asyncio.to_thread(head_of, content, kind, encoding))


async def file_of(request: Request) -> bytes:
    """The file that the body is. 413 when it is too large, 422 when there is none."""
    content = await content_of(request, MAX_FILE_BYTES)
    if not content:
        raise invalid("body", "a file is expected")
    return content


def columns_of(text: str | None) -> dict[str, str] | None:
    """The columns that a caller tells: a JSON object, field -> heading or place."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid("columns", "a JSON object, field -> heading or place") from None


def told_import(one: Import) -> dict[str, Any]:
    """What is shown of an import: how far it is, and where its rejects are."""
    names = (
        "id", "kind", "target", "partner", "country", "columns", "standing", "lines", "done", "new", "known",
        "duplicates", "rejected", "asked_at", "by", "ended_at", "cause",
    )  # fmt: skip
    return {name: getattr(one, name) for name in names} | {"rejects_href": f"/api/v1/imports/{one.id}/rejects"}


def asked(
    kind: Kind, target: str, partner: str, country: str, zone: str, at: datetime, by: str, encoding: str | None
) -> Import:
    """An import as it is asked for."""
    return Import(
        id="", kind=kind, target=target, partner=partner, country=country, zone=zone, columns={}, file="",
        asked_at=at, by=by, encoding=encoding,
    )  # fmt: skip


async def masked_numbers(deps: Deps, refs: list[str]) -> dict[str, str]:
    """The numbers of customers as they are shown."""
    return {ref: masked(number) for ref, number in (await deps.vault.customer_numbers(refs)).items()}


async def rules_of(desk: LeadDesk, lead: Lead) -> RecallRules:
    """Those of its list."""
    one = await desk.leads.list_of(lead.list_id)
    return one.rules if one else RecallRules()


async def told_lead(deps: Deps, lead: Lead, rules: RecallRules, *, with_profile: bool) -> dict[str, Any]:
    """A lead with its attempts, promises and who the customer is, as far as the caller may know."""
    numbers = await masked_numbers(deps, [lead.customer_ref])
    profiles = await deps.vault.profiles.get([lead.customer_ref]) if with_profile else {}
    notes = {
        one.id: await deps.vault.notes.get(one.note, lead.customer_ref)
        for one in lead.promises
        if with_profile and one.note is not None
    }
    attempts = sorted(lead.attempts.items(), key=lambda pair: pair[1].at)
    return {
        **shown(lead, rules),
        "number": numbers.get(lead.customer_ref),
        "profile": told_profile(profiles.get(lead.customer_ref)),
        "history": [
            {"call": call, "at": attempt.at, "agent": attempt.agent, "result": attempt.result}
            for call, attempt in attempts
        ],
        "promises": [
            {
                "promise": one.id,
                "agent": one.agent,
                "personal": one.personal,
                "due": one.due,
                "zone": one.zone,
                "note": notes.get(one.id),
                "made_at": one.made_at,
                "verdict": lead.verdicts.get(one.id, "open"),
            }
            for one in lead.promises
        ],
    }


def told_profile(profile: CustomerProfile | None) -> dict[str, str] | None:
    """The profile with what is not known as empty texts; None where there is none, or none that may be seen."""
    return None if profile is None else {name: getattr(profile, name) for name in profile.__struct_fields__}


async def summaries(desk: LeadDesk, calls: list[str]) -> dict[str, CallSummary]:
    """How calls went, as far as the tracker knows."""
    ids = {id_: call for call in calls for id_ in document_ids(call)}
    found = await desk.documents.get(CALLS, list(ids))
    known: dict[str, CallSummary] = {}
    for id_, stored in found.items():
        document = only_call(_decode(stored.body), ids[id_].partition(":")[2])
        if document is not None and document.summary is not None:
            known[ids[id_]] = document.summary
    return known


async def at_work_on(desk: LeadDesk, who: Principal, customer: KnownCustomer | None, leads: list[Lead]) -> bool:
    """Whether the caller may see who the customer is: who sees all partners always, others while a lead of theirs is
    given out, or a call of theirs with the customer is going on; an agent while they have that lead, or that call."""
    if who.partners is None and who.role != "agent":
        return True
    for lead in leads:
        held = lead.lease is not None and who.sees(lead.partner)
        if held and (who.role != "agent" or (lead.lease and lead.lease.agent == who.agent)):
            return True
    mine = [id_ for id_, call in customer.calls.items() if who.sees(call.partner)] if customer else []
    newest = sorted(mine, key=lambda id_: customer.calls[id_].at)[-5:] if customer else []
    open_ = [one for one in (await summaries(desk, newest)).values() if one.state in OPEN_CALLS]
    return any(who.role != "agent" or who.agent in one.agents for one in open_)
