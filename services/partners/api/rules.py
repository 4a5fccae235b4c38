"""What the routes of this service share: what they work with, and what they check before a command is decided."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Depends

from shared.http import Deps, authenticated, deps_of, invalid, require
from shared.security import Principal

MOST_PER_PAGE = 1000

Service = Annotated[Deps, Depends(deps_of("partners"))]
Anyone = Annotated[Principal, Depends(authenticated)]
Admin = Annotated[Principal, Depends(require("admin"))]


def must_be_zone(field: str, name: str) -> None:
    """422 when there is no such time zone: later it would stop whoever cuts days."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(field, "not the name of a time zone, such as Europe/Sarajevo") from None
