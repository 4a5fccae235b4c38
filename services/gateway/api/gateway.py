"""What the gateway's routes work with: one value, put on the application where it is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from fastapi import Depends, Request

from services.gateway.api.asking import AsViewer
from services.gateway.api.feed import WallboardFeed
from services.gateway.api.readers import (
    CallReader,
    CampaignReader,
    CommissionReader,
    EvidenceReader,
    RotaReader,
    TrainingReader,
)
from services.gateway.api.scripts import Scripts
from services.gateway.identity.doors import Doors
from services.gateway.identity.shelf import Shelf
from services.gateway.views.inputs import Names
from services.gateway.views.snapshot import Scope, Snapshot
from services.gateway.views.words import speech
from shared.clock import Clock
from shared.http import Problem, require, session_of
from shared.security import Access, Principal


@dataclass(frozen=True)
class Gateway:
    """Set as `app.state.gateway`. The feed's `run()` is started and its `drain()` called by whoever serves the app.

    `doors`: how people come in. `shelf`: what they keep. `asker`: what asks the services in the name of who sent a
    request. `places`: where each service does what operators ask, to be put before the path. `secure`: the session's
    cookie travels over HTTPS only.
    """

    feed: WallboardFeed
    calls: CallReader
    evidence: EvidenceReader
    campaigns: CampaignReader
    commissions: CommissionReader
    training: TrainingReader
    rotas: RotaReader
    scripts: Scripts
    access: Access
    asker: Callable[[Request, Principal], AsViewer]
    places: Mapping[str, str]
    secure: bool = True
    doors: Doors = field(kw_only=True)
    shelf: Shelf = field(kw_only=True)
    now: Clock = field(kw_only=True)


async def gateway_of(request: Request) -> Gateway:
    """The gateway of the application that the request came to."""
    gateway = request.app.state.gateway
    if not isinstance(gateway, Gateway):
        raise TypeError("app.state.gateway is not a Gateway")
    return gateway


Door = Annotated[Gateway, Depends(gateway_of)]
Looking = Annotated[Principal, Depends(require("figures.read"))]
"""Who looks at calls and what is counted of them."""
Watching = Annotated[Principal, Depends(require("wallboard.see"))]
Selling = Annotated[Principal, Depends(require("selling.read"))]
"""Whoever has to do with selling, but for agents."""
Taught = Annotated[Principal, Depends(require("training.read"))]
Paying = Annotated[Principal, Depends(require("pay.read"))]
signed_in = require("here")
SignedIn = Annotated[Principal, Depends(signed_in)]
"""Whoever it is: an agent too."""


def allowed_partner(viewer: Principal, partner: str | None) -> str | None:
    """The partner that a viewer who asks for `partner` gets to see; 403 where it is not one of theirs.

    Who may see only some partners and names none sees the first of them, never all.
    """
    wanted = partner or None
    if viewer.partners is None:
        return wanted
    if wanted is None and viewer.partners:
        return min(viewer.partners)
    if wanted is None or not viewer.sees(wanted):
        raise Problem(403, "not_allowed", "This partner is not among those that you may see.")
    return wanted


def chosen_partner(viewer: Principal, names: Names, partner: str | None) -> tuple[dict[str, str], str]:
    """Among which partners a viewer who asks for `partner` chooses, by id, and which of them is shown: without one the
    first, nothing where there is none. 403 as for `allowed_partner`."""
    asked = allowed_partner(viewer, partner)
    choice = names.choice(viewer.sees, asked)
    return choice, asked or next(iter(choice), "")


def shown_to(viewer: Principal, snapshot: Snapshot) -> Snapshot:
    """The snapshot without the names of partners that are not the viewer's to see."""
    if viewer.partners is None:
        return snapshot
    seen = {partner: name for partner, name in snapshot.partners.items() if viewer.sees(partner)}
    return msgspec.structs.replace(snapshot, partners=seen)


async def scope_of(viewer: Watching, partner: str | None = None, campaign: str | None = None) -> Scope:
    """The scope that the query asks for, within what the viewer may see, in the viewer's language."""
    return Scope(allowed_partner(viewer, partner), campaign or None, speech().language)


Seen = Annotated[Scope, Depends(scope_of)]


async def still_signed_in(request: Request, access: Access) -> bool:
    """Whether the session or key that a long answer began with still counts."""
    if session := session_of(request.headers):
        return await access.of_session(session) is not None
    key = request.headers.get("authorization", "").partition(" ")[2]
    return await access.of_key(key.strip()) is not None
