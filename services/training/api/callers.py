"""Who may ask which route of the training service, and what every route is given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from shared.http import Deps, anybody, authenticated, deps_of, require, require_all_partners
from shared.security import Principal

NAME = "training"

Service = Annotated[Deps, Depends(deps_of(NAME))]
Anyone = Annotated[Principal, Depends(authenticated)]
"""Whoever is signed in, but for agents."""
Everybody = Annotated[Principal, Depends(anybody)]
"""Agents too: what concerns themselves."""
Admin = Annotated[Principal, Depends(require("admin"))]
Company = Annotated[Principal, Depends(require_all_partners("admin", "viewer"))]
"""Who sees all partners."""
Staff = Annotated[Principal, Depends(require_all_partners("admin"))]
"""Who may change what concerns all partners."""
