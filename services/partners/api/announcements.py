"""The routes of announcements: each reader finds what is for them, in their language, and says that they read it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.partners.api import examples
from services.partners.api.rules import MOST_PER_PAGE, Announces, Anyone, Participant, Service
from services.partners.domain.announcement import (
    ConfirmReading,
    PublishAnnouncement,
    WithdrawAnnouncement,
    announcement,
    receipts_id,
)
from services.partners.domain.announcement import receipts as receipts_stream
from services.partners.domain.announcing import Missing, Recipient, chosen, end_of, is_for, missing
from services.partners.events.support import Addressed, Audience, Words
from services.partners.views.agents import agents
from services.partners.views.announcements import KnownAnnouncement, announcements, receipts
from services.partners.views.partners import KnownPartner, partners
from shared.http import (
    Deps,
    accepts,
    body,
    command_id,
    command_of,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.http.requests import Day
from shared.names import PartnerId
from shared.security import Principal

router = APIRouter(tags=["announcements"])
accepts(
    router,
    "/announcements/{announcement_id}/withdrawal",
    announcement,
    WithdrawAnnouncement,
    service="partners",
    right="announcements.publish",
    of_partner=False,
)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement as a reader gets it: `text` in the language `language`, and when they said they had read it."""

    id: str
    language: str
    text: Words
    languages: list[str]
    addressed: Addressed
    publish_at: datetime | None
    acknowledge_by: date | None
    withdrawn: str | None
    read_at: datetime | None


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who has read it: a `lead` by name, an `agent` by the vendor's id."""

    partner_id: PartnerId
    role: Audience
    reader: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Read(msgspec.Struct, frozen=True):
    """Somebody who has read it, and when it was said by whom."""

    partner_id: str
    reader: str
    at: datetime
    by: str


@router.post(
    "/announcements",
    status_code=201,
    summary="Announce something",
    openapi_extra=takes(PublishAnnouncement, without=("announcement_id", "at", "by")),
    responses=examples.ANNOUNCED,
)
async def publish(request: Request, deps: Service, who: Announces) -> Response:
    """To all leads and agents, or those of some partners, languages or roles. 409 `no_fallback`,
    `date_before_publication`."""
    by = command_id(request)
    known = {"announcement_id": "", "at": deps.clock(), "by": who.name}
    asked = await command_of(request, PublishAnnouncement, known)
    if asked.publish_at is not None and asked.publish_at.tzinfo is None:
        raise invalid("publish_at", "an instant with an offset, such as 2026-03-02T09:30:00Z")
    there = await deps.reads.get(partners, asked.addressed.partners)
    for partner_id in asked.addressed.partners:
        if partner_id not in there:
            raise invalid("addressed.partners", f"there is no partner {partner_id}")
    digest = hashlib.sha256(f"{who.name}\n{by}".encode()).hexdigest()
    command = msgspec.structs.replace(asked, announcement_id=f"ann-{digest[:12]}")
    accepted = await deps.door.handle(announcement, command.announcement_id, command, command_id=by, actor=who.name)
    answer = {"id": command.announcement_id, "stream": accepted.stream, "version": accepted.version}
    return json_response(answer, status=201)


@router.get("/announcements", summary="What is announced", responses=examples.ANNOUNCEMENTS)
async def list_announcements(
    deps: Service,
    who: Anyone,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    role: Audience | None = None,
    reader: str | None = None,
    language: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """A partner's people find what is published and for them; we find all. With `partner`, `role` and `reader`: what is
    for this one, and when they said that they had read it; in `language`, else in theirs."""
    asking = await _asking(deps, who, of_partner, role, reader)
    found = await deps.reads.find(announcements, {})
    rows = []
    for key, doc in found:
        if _is_seen(doc, who, deps.clock()) and (asking is None or is_for(doc.addressed, asking)):
            rows.append((key, await _shown(deps, who, doc, asking, language)))
    return json_response(page(rows, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/announcements/reminders", summary="Who has not read yet", responses=examples.REMINDERS)
async def show_reminders(deps: Service, who: Anyone, on: Day | None = None) -> Response:
    """Of everything that has to be acknowledged and was published by then: who of those that the caller may see has not
    said by the end of the day `on` (today without it) that they have read it."""
    day = on or deps.clock().date()
    everybody = await _recipients(deps, who)
    rows: list[Any] = []
    for key, doc in await deps.reads.find(announcements, {}):
        due = doc.acknowledge_by is not None and doc.publish_at is not None and doc.publish_at < end_of(day)
        if due and _is_seen(doc, who, deps.clock()) and doc.withdrawn is None:
            late = await _missing(deps, doc, everybody, day)
            rows += [{"announcement": key, "acknowledge_by": doc.acknowledge_by, "who": one} for one in late]
    return json_response({"items": rows, "next": None})


@router.get("/announcements/{announcement_id}", summary="One announcement", responses=examples.ANNOUNCEMENT)
async def get_announcement(
    announcement_id: str,
    deps: Service,
    who: Anyone,
    of_partner: Annotated[str | None, Query(alias="partner")] = None,
    role: Audience | None = None,
    reader: str | None = None,
    language: str | None = None,
) -> Response:
    """As in the list; 404 where it is not for the caller's partners."""
    asking = await _asking(deps, who, of_partner, role, reader)
    doc = await _known(deps, who, announcement_id)
    if asking is not None and not is_for(doc.addressed, asking):
        raise not_found("announcement")
    return json_response(await _shown(deps, who, doc, asking, language))


@router.get(
    "/announcements/{announcement_id}/receipts", summary="Who has read it and who has not", responses=examples.RECEIPTS
)
async def show_receipts(announcement_id: str, deps: Service, who: Anyone, on: Day | None = None) -> Response:
    """Of those that the caller may see, at the end of the day `on` (today without it)."""
    doc = await _known(deps, who, announcement_id)
    day = on or deps.clock().date()
    kept = await deps.reads.find(receipts, {"announcement": announcement_id})
    read = [
        Read(of.partner_id, reader, receipt.at, receipt.by)
        for _, of in kept
        if who.sees(of.partner_id)
        for reader, receipt in sorted(of.read.items())
        if receipt.at < end_of(day)
    ]
    not_yet = await _missing(deps, doc, await _recipients(deps, who), day)
    return json_response({"read": read, "missing": not_yet})


@router.post(
    "/announcements/{announcement_id}/receipts",
    status_code=202,
    summary="Say that somebody has read it",
    openapi_extra=takes(Reading),
    responses=examples.CONFIRMED,
)
async def confirm(request: Request, announcement_id: str, deps: Service, who: Participant) -> Response:
    """The first time counts. 404 where it is not for them, or nobody of that name is known at the partner."""
    asked = await body(request, Reading)
    must_see(who, asked.partner_id)
    doc = await _known(deps, who, announcement_id)
    reader = await _asking(deps, who, asked.partner_id, asked.role, asked.reader)
    published = doc.publish_at is not None and doc.publish_at <= deps.clock()
    if reader is None or not published or not is_for(doc.addressed, reader):
        raise not_found("announcement")
    command = ConfirmReading(
        announcement_id=announcement_id,
        partner_id=asked.partner_id,
        role=asked.role,
        reader=asked.reader,
        at=deps.clock(),
        by=who.name,
    )
    stream = receipts_id(asked.partner_id, announcement_id)
    by = command_id(request)
    accepted = await deps.door.handle(receipts_stream, stream, command, command_id=by, actor=who.name)
    return json_response(accepted, status=202)


async def _known(deps: Deps, who: Principal, announcement_id: str) -> KnownAnnouncement:
    doc = (await deps.reads.get(announcements, [announcement_id])).get(announcement_id)
    if doc is None or not _is_seen(doc, who, deps.clock()):
        raise not_found("announcement")
    return doc


def _is_seen(doc: KnownAnnouncement, who: Principal, now: datetime) -> bool:
    """We see all; a partner's people see what is published, not withdrawn, and for one of their partners."""
    if who.partners is None:
        return True
    published = doc.publish_at is not None and doc.publish_at <= now and doc.withdrawn is None
    return published and (not doc.addressed.partners or any(who.sees(partner) for partner in doc.addressed.partners))


async def _asking(
    deps: Deps, who: Principal, partner_id: str | None, role: Audience | None, reader: str | None
) -> Recipient | None:
    """The reader who is asked about, if one is; 404 when nobody of that name is known there."""
    given = {"partner": partner_id, "role": role, "reader": reader}
    if reader is None and role is None and partner_id is None:
        return None
    for name, value in given.items():
        if value is None:
            raise invalid(name, "a reader is named by partner, role and reader together")
    must_see(who, partner_id or "")
    known = await _recipients(deps, who, partner_id)
    found = next((one for one in known if (one.role, one.reader) == (role, reader)), None)
    if found is None:
        raise not_found("reader")
    return found


async def _recipients(deps: Deps, who: Principal, partner_id: str | None = None) -> list[Recipient]:
    """The contacts and agents of the partners that the caller may see, or of one of them."""
    files = await deps.reads.find(partners, {}) if partner_id is None else await _file_of(deps, partner_id)
    people = await deps.reads.find(agents, {} if partner_id is None else {"partner": partner_id})
    leads = [
        Recipient(key, "lead", contact.name, contact.name, contact.languages)
        for key, doc in files
        if who.sees(key)
        for contact in doc.contacts.values()
    ]
    return leads + [
        Recipient(doc.partner_id, "agent", doc.agent, doc.name or doc.agent, tuple(doc.languages))
        for _, doc in people
        if who.sees(doc.partner_id)
    ]


async def _file_of(deps: Deps, partner_id: str) -> list[tuple[str, KnownPartner]]:
    return list((await deps.reads.get(partners, [partner_id])).items())


async def _missing(deps: Deps, doc: KnownAnnouncement, everybody: list[Recipient], day: date) -> list[Missing]:
    kept = await deps.reads.find(receipts, {"announcement": doc.announcement_id})
    read = {(of.partner_id, reader): receipt.at for _, of in kept for reader, receipt in of.read.items()}
    return missing(everybody, doc.addressed, read, day, doc.acknowledge_by)


async def _shown(
    deps: Deps, who: Principal, doc: KnownAnnouncement, asking: Recipient | None, language: str | None
) -> Shown:
    """In the language asked for, else the reader's; of the partners addressed, those that the caller may see."""
    read_at = None
    if asking is not None:
        key = receipts_id(asking.partner_id, doc.announcement_id)
        of = (await deps.reads.get(receipts, [key])).get(key)
        receipt = of.read.get(asking.key) if of else None
        read_at = receipt.at if receipt else None
    wanted = [language] if language else list(asking.languages if asking else ())
    tag = chosen(doc.texts, wanted, doc.fallback)
    seen = tuple(partner for partner in doc.addressed.partners if who.sees(partner))
    return Shown(
        id=doc.announcement_id,
        language=tag,
        text=doc.texts[tag],
        languages=sorted(doc.texts),
        addressed=msgspec.structs.replace(doc.addressed, partners=seen),
        publish_at=doc.publish_at,
        acknowledge_by=doc.acknowledge_by,
        withdrawn=doc.withdrawn,
        read_at=read_at,
    )
