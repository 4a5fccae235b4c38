"""What the routes of this service share: what they work with, and what they check before a command is decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Depends

from services.partners.domain.contract import CONTRACT_ID
from services.partners.events.support import Side
from services.partners.views.partners import partners
from shared.http import (
    Deps,
    deps_of,
    invalid,
    must_see,
    not_found,
    require,
)
from shared.kernel import Money
from shared.security import Principal

MOST_PER_PAGE = 1000

Service = Annotated[Deps, Depends(deps_of("partners"))]
Anyone = Annotated[Principal, Depends(require("partners.read"))]
Manages = Annotated[Principal, Depends(require("partners.run"))]
"""Who finds partners, agrees with them and ends it."""
Everything = Annotated[Principal, Depends(require("pipeline.read", "company"))]
Staff = Annotated[Principal, Depends(require("partners.run", "company"))]


def side_of(who: Principal) -> Side:
    """On which side somebody stands: who may see only some partners speaks for them."""
    return "us" if who.partners is None else "partner"


ReadsContracts = Annotated[Principal, Depends(require("contracts.read"))]
ReadsAllContracts = Annotated[Principal, Depends(require("contracts.read", "company"))]
WritesContracts = Annotated[Principal, Depends(require("contracts.run"))]
Announces = Annotated[Principal, Depends(require("announcements.publish", "company"))]
Connected = Annotated[Principal, Depends(require("sources.read"))]
Connects = Annotated[Principal, Depends(require("sources.run"))]
"""Who sets up telephony."""
RunsTickets = Annotated[Principal, Depends(require("tickets.run", "company"))]
Participant = Annotated[Principal, Depends(require("tickets.write"))]
"""Who may speak for one of the two sides: our own people, and whoever belongs to a partner."""


def must_be_theirs(who: Principal, contract_id: str) -> None:
    """404 when it is not the id of a contract, or of one whose partner the caller does not see."""
    if re.fullmatch(CONTRACT_ID, contract_id) is None:
        raise not_found("contract")
    must_see(who, contract_id.partition(":")[0])


def must_be_zone(field: str, name: str) -> None:
    """422 when there is no such time zone: later it would stop whoever cuts days."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(field, "not the name of a time zone, such as Europe/Sarajevo") from None


def must_be_money(field: str, money: Money | None) -> None:
    """422 when the currency is not a code of ISO 4217's form, or the amount is not more than nothing."""
    if money is not None and not re.fullmatch("[A-Z]{3}", money.currency):
        raise invalid(f"{field}.currency", "three capital letters, such as EUR")
    if money is not None and money.minor <= 0:
        raise invalid(f"{field}.minor", "more than nothing, in minor units")


class OfPartner(Protocol):
    """A command that is about a partner."""

    @property
    def partner_id(self) -> str:
        """Which one."""
        ...


async def must_know(command: OfPartner, deps: Deps) -> None:
    """404 when nobody has registered the partner: the command would begin something for nobody."""
    doc = (await deps.reads.get(partners, [command.partner_id])).get(command.partner_id)
    if doc is None or not doc.name:
        raise not_found("partner")


async def zones_of(deps: Deps, partner_ids: Sequence[str]) -> dict[str, ZoneInfo]:
    """The zone in which each partner's days are cut; UTC for one whom nobody has registered."""
    found = await deps.reads.get(partners, partner_ids)
    return {id_: ZoneInfo(found[id_].time_zone if id_ in found else "UTC") for id_ in partner_ids}
