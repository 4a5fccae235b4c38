"""Who may ask which route of the calls service, and what every route is given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from shared.http import Deps, anybody, authenticated, deps_of, require, require_all_partners
from shared.security import Principal

NAME = "calls"
MOST_PER_PAGE = 500

Service = Annotated[Deps, Depends(deps_of(NAME))]
Anyone = Annotated[Principal, Depends(authenticated)]
"""Whoever is signed in, but for agents."""
Everybody = Annotated[Principal, Depends(anybody)]
"""Agents too: a call needs it."""
Admin = Annotated[Principal, Depends(require("admin"))]
Seller = Annotated[Principal, Depends(require("admin", "agent"))]
Company = Annotated[Principal, Depends(require_all_partners("admin", "viewer"))]
"""Who sees all partners."""
Staff = Annotated[Principal, Depends(require_all_partners("admin"))]

OfPartner = Annotated[str | None, Query(description="Only this partner's.")]
