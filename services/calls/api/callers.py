"""Who may ask which route of the calls service, and what every route is given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from shared.http import Deps, deps_of, require
from shared.security import Principal

NAME = "calls"
MOST_PER_PAGE = 500

Service = Annotated[Deps, Depends(deps_of(NAME))]
Anyone = Annotated[Principal, Depends(require("selling.read"))]
"""Whoever has to do with selling, but for agents."""
Everybody = Annotated[Principal, Depends(require("selling.call"))]
"""Agents too: a call needs it."""
Seller = Annotated[Principal, Depends(require("selling.sell"))]
Company = Annotated[Principal, Depends(require("selling.read", "company"))]
"""Who sees all partners."""
Manages = Annotated[Principal, Depends(require("selling.run"))]
"""Who says what is sold, by whom and how."""
Staff = Annotated[Principal, Depends(require("selling.run", "company"))]
Connected = Annotated[Principal, Depends(require("sources.read"))]
Connects = Annotated[Principal, Depends(require("sources.run"))]
"""Who sets up telephony and mends it."""
WritesScripts = Annotated[Principal, Depends(require("scripts.write", "company"))]
OwnPay = Annotated[Principal, Depends(require("pay.own"))]
"""Agents too, for what they are paid themselves."""
ReadsPay = Annotated[Principal, Depends(require("pay.read"))]
ClosesPay = Annotated[Principal, Depends(require("pay.close"))]
SeesProviders = Annotated[Principal, Depends(require("providers.read", "company"))]
RunsProviders = Annotated[Principal, Depends(require("providers.run", "company"))]
CountsMoney = Annotated[Principal, Depends(require("economics.read", "company"))]
BuysMedia = Annotated[Principal, Depends(require("economics.run", "company"))]

OfPartner = Annotated[str | None, Query(description="Only this partner's.")]
