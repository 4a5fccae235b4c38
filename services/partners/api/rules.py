"""What the routes of this service share: what they work with, and what they check before a command is decided."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Depends

from shared.http import Deps, authenticated, deps_of, invalid, not_found, require
from shared.security import Principal

MOST_PER_PAGE = 1000

Service = Annotated[Deps, Depends(deps_of("partners"))]
Anyone = Annotated[Principal, Depends(authenticated)]
Admin = Annotated[Principal, Depends(require("admin"))]


def must_see(who: Principal, partner_id: str) -> None:
    """404 when the partner is not theirs: whether it exists is not theirs to know either."""
    if not who.sees(partner_id):
        raise not_found("partner")


def must_be_zone(field: str, name: str) -> None:
    """422 when there is no such time zone: later it would stop whoever cuts days."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(field, "not the name of a time zone, such as Europe/Sarajevo") from None
