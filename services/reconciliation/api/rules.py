"""The routes of what is remembered of a partner: its report's layout, whose codes are whose, what was accepted."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.reconciliation.api import examples
from services.reconciliation.api.desk import NAME, Anyone, AtDesk, Reconciles, Service, kept_of, known_month
from services.reconciliation.domain.rules import (
    AcceptExplanation,
    AcceptProfile,
    EndExplanation,
    ForgetAgentCode,
    SaveProfile,
    TellAgentCode,
    rules,
)
from services.reconciliation.matching.profile import Profile, checked
from services.reconciliation.matching.standing import retested, standing_of
from services.reconciliation.views.rules import KnownRules
from services.reconciliation.views.rules import rules as known_rules
from shared.http import Deps, accepts, body, command_id, invalid, json_response, must_see, takes
from shared.kernel import Rejected
from shared.security import Principal

router = APIRouter(prefix="/partners", tags=["rules"])


async def _readable(command: SaveProfile, deps: Deps) -> None:
    """422 where it is no profile by which a report can be read."""
    try:
        checked(msgspec.convert(command.profile, Profile))
    except msgspec.ValidationError as wrong:
        raise invalid("profile", str(wrong)) from None
    except Rejected as wrong:
        raise invalid("profile", wrong.detail) from None


accepts(router, "/{partner_id}/profile", rules, SaveProfile, service=NAME, right="reconciliation.run", check=_readable)
accepts(router, "/{partner_id}/agent-codes", rules, TellAgentCode, service=NAME, right="reconciliation.run")
accepts(
    router, "/{partner_id}/agent-codes/{code}/removal", rules, ForgetAgentCode, service=NAME, right="reconciliation.run"
)
accepts(router, "/{partner_id}/standing", rules, AcceptExplanation, service=NAME, right="reconciliation.run")
accepts(router, "/{partner_id}/standing/end", rules, EndExplanation, service=NAME, right="reconciliation.run")


class _Accept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    month: str


@router.post(
    "/{partner_id}/profile/acceptance",
    status_code=202,
    summary="Accept the layout that was found",
    openapi_extra=takes(_Accept),
    responses=examples.ACCEPTED_RULE,
)
async def accept_profile(request: Request, partner_id: str, deps: Service, desk: AtDesk, who: Reconciles) -> Response:
    """The layout of the last report of a month is kept: the next reports are read by it. 409 `not_reconciled`."""
    must_see(who, partner_id)
    said = await body(request, _Accept)
    found = await kept_of(desk, await known_month(deps, who, f"{partner_id}:{said.month}"))
    profile: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found.profile))
    command = AcceptProfile(
        partner_id=partner_id, profile=profile, detected_in=said.month, at=deps.clock(), by=who.name
    )
    accepted = await deps.door.handle(rules, partner_id, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


@router.get("/{partner_id}/profile", summary="How the report is laid out", responses=examples.SAVED_PROFILE)
async def show_profiles(partner_id: str, deps: Service, who: Anyone) -> Response:
    """The version by which reports are read, and those before with who saved them and why."""
    doc = await rules_of(deps, who, partner_id)
    last = doc.profiles[-1] if doc.profiles else None
    return json_response({"profile": last.profile if last else None, "versions": doc.profiles})


@router.get("/{partner_id}/agent-codes", summary="Whose codes are whose", responses=examples.CODES)
async def show_codes(partner_id: str, deps: Service, who: Anyone) -> Response:
    """The codes that a person told; ids and names of agents are known besides."""
    doc = await rules_of(deps, who, partner_id)
    return json_response({"codes": doc.codes})


@router.get("/{partner_id}/standing", summary="Explanations that stand", responses=examples.STANDING)
async def show_standing(
    partner_id: str,
    deps: Service,
    desk: AtDesk,
    who: Anyone,
    month: Annotated[str | None, Query(description="Test them on this month, such as 2026-03.")] = None,
) -> Response:
    """All that were accepted, with their ends. With a month: which held in its last report, which have disappeared, and
    which are over while what they explained goes on. 409 `not_reconciled`."""
    doc = await rules_of(deps, who, partner_id)
    told: dict[str, Any] = {"explanations": doc.explanations}
    if month is not None:
        found = await kept_of(desk, await known_month(deps, who, f"{partner_id}:{month}"))
        told["month"] = retested(standing_of(doc), found.explanations, month)
    return json_response(told)


async def rules_of(deps: Deps, who: Principal, partner_id: str) -> KnownRules:
    """What is remembered of a partner that the caller may see; nothing is remembered of a new one."""
    must_see(who, partner_id)
    found = (await deps.reads.get(known_rules, [partner_id])).get(partner_id)
    return found or KnownRules(partner_id=partner_id)
