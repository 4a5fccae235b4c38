"""The routes of a partner's sites and their readiness."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.partners.api.files import must_be_stored
from services.partners.api.rules import Anyone, Service
from services.partners.domain.site import READINESS, VOLUME_A_PERSON_M3, CheckReadiness, DescribeSite, air, site
from services.partners.views.sites import KnownSite, sites
from shared.http import Deps, accepts, answers, json_response, must_see, not_found

router = APIRouter(tags=["sites"])
accepts(router, "/sites/{site_id}", site, DescribeSite, service="partners", right="partners.run", method="PUT")


async def _proven(command: CheckReadiness, deps: Deps) -> None:
    await must_be_stored(deps, "proof", [command.proof] if command.proof else [])


accepts(
    router,
    "/sites/{site_id}/readiness/{item}",
    site,
    CheckReadiness,
    service="partners",
    right="partners.run",
    method="PUT",
    check=_proven,
)

_SHOWN = {
    "site_id": "adria:zagreb",
    "site": {"volume_m3": 900, "workplaces": 40, "languages": [{"language": "de", "agents": 22}]},
    "air": {"m3_a_workplace": 22, "usual_minimum_m3": 20, "met": True},
    "readiness": [
        {
            "item": "internet",
            "text": "The internet line was measured under load, and a second one takes over.",
            "check": {"met": True, "says": "94 Mbit/s", "proof": None, "at": "2026-03-02T09:30:00Z", "by": "J. Horvat"},
        }
    ],
    "met": 1,
    "of": 13,
}


@router.get(
    "/partners/{partner_id}/sites",
    summary="The sites of a partner",
    responses=answers("All.", {"items": [_SHOWN], "next": None}, 304, 404),
)
async def list_sites(partner_id: str, deps: Service, who: Anyone) -> Response:
    """Each with the air for each workplace against the usual minimum, and the checklist with what was seen."""
    must_see(who, partner_id)
    found = await deps.reads.find(sites, {"partner": partner_id})
    return json_response({"items": [_shown(key, doc) for key, doc in found], "next": None})


@router.get("/sites/{site_id}", summary="A site", responses=answers("As it is.", _SHOWN, 304, 404))
async def show_site(site_id: str, deps: Service, who: Anyone) -> Response:
    """With the air for each workplace against the usual minimum, and the checklist with what was seen."""
    must_see(who, site_id.partition(":")[0])
    doc = (await deps.reads.get(sites, [site_id])).get(site_id)
    if doc is None:
        raise not_found("site")
    return json_response(_shown(site_id, doc))


def _shown(site_id: str, doc: KnownSite) -> dict[str, Any]:
    room = air(doc.site) if doc.site else None
    rows = [{"item": item, "text": text, "check": doc.checks.get(item)} for item, text in READINESS.items()]
    return {
        "site_id": site_id,
        "site": doc.site,
        "air": room and {"m3_a_workplace": room[0], "usual_minimum_m3": VOLUME_A_PERSON_M3, "met": room[1]},
        "readiness": rows,
        "met": sum(check.met for check in doc.checks.values()),
        "of": len(READINESS),
    }
