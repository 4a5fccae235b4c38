"""The page of all partners: who needs attention and why, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.partner_files import look
from services.gateway.pages.site import page
from services.gateway.views.attention import Reason, by_partner
from services.gateway.views.codes.partners import PARTNER_STAGES
from services.gateway.views.words import _
from shared.clock import now
from shared.http import invalid, require
from shared.security import Principal

router = APIRouter()
SeesPartners = Annotated[Principal, Depends(require("partners.read"))]
"""Whoever has to do with partners, and a partner's own lead."""
Short = Annotated[str, Query(max_length=100)]
Doc = Mapping[str, Any]

OVER = ("ended", "rejected")
"""Stages of partners that are no more in the pipeline."""
HEALTH = {"bad": _("act today"), "warn": _("look soon"), "ok": _("calm")}


class Card(msgspec.Struct, frozen=True):
    """A partner in its column: how many whole days it stands there (None: since before this system), and its health."""

    partner: str
    name: str
    country: str | None
    languages: list[str]
    owner: str | None
    days: int | None
    health: str


@router.get("/partners")
async def partners(
    request: Request,
    ask: Asker,
    viewer: SeesPartners,
    country: Short = "",
    language: Short = "",
    owner: Short = "",
    stage: Short = "",
) -> Response:
    """Those of a country, language, owner or stage, or all that the viewer may see."""
    if stage and stage not in PARTNER_STAGES:
        raise invalid("stage", f"one of {', '.join(PARTNER_STAGES)}")
    at = now()
    looked = await look(ask, viewer, at)
    everybody = [doc for doc in looked.partners.values() if doc["name"]]
    wanted = {"country": country, "language": language, "owner": owner}
    found = [doc for doc in everybody if _matches(doc, wanted)]
    kept = {doc["partner_id"] for doc in found if stage in ("", doc["stage"])}
    reasons = by_partner(one for one in looked.reasons if one.partner in kept)
    return page(
        request,
        "partners.html",
        attention=reasons,
        partners=looked.partners,
        unread=looked.unread,
        shown=len(kept),
        all=len(everybody),
        columns=_columns([doc for doc in found if doc["partner_id"] in kept], reasons, at),
        counts={one: sum(doc["stage"] == one for doc in found) for one in PARTNER_STAGES},
        countries=sorted({doc["country"] for doc in everybody if doc["country"]}),
        languages=sorted({one for doc in everybody for one in languages_of(doc)}),
        owners=sorted({doc["owner"] for doc in everybody if doc["owner"]}),
        wanted=wanted | {"stage": stage},
        stages=PARTNER_STAGES,
        over=OVER,
        health=HEALTH,
        at=at,
        days_in=lambda doc: days_in_stage(doc, at),
    )


def languages_of(doc: Doc) -> list[str]:
    """What a partner says its people speak."""
    return list((doc["profile"] or {}).get("languages", ()))


def days_in_stage(doc: Doc, at: datetime) -> int | None:
    """Whole days since its last move; None where it never moved: since when it is known, its file does not say."""
    if not doc["steps"]:
        return None
    return max(0, (at - datetime.fromisoformat(doc["steps"][-1]["at"])).days)


def health_of(reasons: Iterable[Reason]) -> str:
    """`bad` where something is urgent, `warn` where there is anything, else `ok`."""
    urgent = [one.urgent for one in reasons]
    return "bad" if any(urgent) else "warn" if urgent else "ok"


def _columns(found: Iterable[Doc], reasons: Mapping[str, list[Reason]], at: datetime) -> dict[str, list[Card]]:
    columns: dict[str, list[Card]] = {stage: [] for stage in PARTNER_STAGES}
    for doc in found:
        card = Card(
            doc["partner_id"],
            doc["name"],
            doc["country"],
            languages_of(doc),
            doc["owner"],
            days_in_stage(doc, at),
            health_of(reasons.get(doc["partner_id"], ())),
        )
        columns[doc["stage"]].append(card)
    for cards in columns.values():
        cards.sort(key=lambda card: (-(card.days or 0), card.name))
    return {stage: cards for stage, cards in columns.items() if cards}


def _matches(doc: Doc, wanted: Mapping[str, str]) -> bool:
    return (
        wanted["country"] in ("", doc["country"])
        and wanted["owner"] in ("", doc["owner"])
        and (not wanted["language"] or wanted["language"] in languages_of(doc))
    )
