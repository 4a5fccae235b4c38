"""A site of a partner's: what is there, and whether it is ready for our work, point by point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.partners.domain.partner import Said
from services.partners.events import ReadinessChecked, Site, SiteDescribed, SiteEvent
from shared.kernel import Command, Decider, Rejected
from shared.names import Digest, OfPartner

SiteId = OfPartner
VOLUME_A_PERSON_M3 = 20
"""The usual minimum of air in a room where people telephone all day."""
READINESS: Mapping[str, str] = {
    "room": "Workplaces are set up and quiet enough to be understood.",
    "zones": "Our team sits in a zone of its own.",
    "headsets": "Every workplace has a headset that cancels noise, and there are spares.",
    "lines": "Lines and numbers are there and were called.",
    "internet": "The internet line was measured under load, and a second one takes over.",
    "power": "Power fails over for as long as a shift needs to end.",
    "staff": "Agents for our work are hired, by name.",
    "back_up": "Back-up agents are named.",
    "languages": "Each language was checked by somebody who speaks it.",
    "technicians": "A technician can be reached during all service hours.",
    "access": "Only those who work for us can see our customers' data.",
    "recording": "Calls are recorded where the law allows, and found again.",
    "training_room": "There is a place and equipment for training.",
}
"""What has to be so before calls go there: item -> in words."""


class DescribeSite(Command, frozen=True, kw_only=True):
    """Say what is known of a site, all of it: what is left out is unknown from now on."""

    site_id: SiteId
    site: Site
    at: datetime
    by: str


class CheckReadiness(Command, frozen=True, kw_only=True):
    """Say whether a point of the checklist is met, what you saw, and the proof. 409 `unknown_item`, `unknown_site`."""

    site_id: SiteId
    item: str
    met: bool
    says: Said
    proof: Digest | None = None
    at: datetime
    by: str


SiteCommand = DescribeSite | CheckReadiness


@dataclass(frozen=True)
class SiteState:
    """As last described, and the last check of each item."""

    described: SiteDescribed | None = None
    checks: Mapping[str, ReadinessChecked] = field(default_factory=dict)


def decide(command: SiteCommand, state: SiteState) -> list[SiteEvent]:
    """The same again is a repeat."""
    match command:
        case DescribeSite(site=site):
            known = state.described
            if known is not None and known.site == site:
                return []
            owner = partner_of(command.site_id)
            return [SiteDescribed(site_id=command.site_id, partner_id=owner, site=site, at=command.at, by=command.by)]
        case CheckReadiness():
            return _check(command, state)


def partner_of(id_: str) -> str:
    """Whose a thing is: its id begins with the partner's."""
    return id_.partition(":")[0]


def _check(command: CheckReadiness, state: SiteState) -> list[SiteEvent]:
    if state.described is None:
        raise Rejected("unknown_site", f"There is no site {command.site_id}.")
    if command.item not in READINESS:
        raise Rejected("unknown_item", f"The checklist has no {command.item}; there are: {', '.join(READINESS)}.")
    known = state.checks.get(command.item)
    if known is not None and (known.met, known.says, known.proof) == (command.met, command.says, command.proof):
        return []
    return [
        ReadinessChecked(
            site_id=command.site_id,
            partner_id=state.described.partner_id,
            item=command.item,
            met=command.met,
            says=command.says,
            proof=command.proof,
            at=command.at,
            by=command.by,
        )
    ]


def evolve(state: SiteState, event: SiteEvent) -> SiteState:
    """What was said last counts."""
    match event:
        case SiteDescribed():
            return replace(state, described=event)
        case ReadinessChecked(item=item):
            return replace(state, checks={**state.checks, item: event})


def air(site: Site) -> tuple[int, bool] | None:
    """Cubic metres a workplace (rounded down), and whether that is the usual minimum; None where it is not known."""
    if site.volume_m3 is None or site.workplaces is None:
        return None
    return site.volume_m3 // site.workplaces, site.volume_m3 >= VOLUME_A_PERSON_M3 * site.workplaces


site = Decider("site", SiteEvent, SiteState(), decide, evolve)
