"""A partner: known to us under a short id that never changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from services.partners.events import PartnerEvent
from shared.contracts.partners import PartnerRegistered
from shared.kernel import Command, Decider, Rejected

PartnerId = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RegisterPartner(Command, frozen=True, kw_only=True):
    """Get to know a partner. `country` is an ISO 3166 code, `time_zone` an IANA name."""

    partner_id: PartnerId
    name: Name
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True)
class Partner:
    """The registration, once there is one."""

    registered: PartnerRegistered | None = None


def decide(command: RegisterPartner, state: Partner) -> list[PartnerEvent]:
    """Register once; the same again is a repeat, anything else under the same id is somebody else."""
    wanted = PartnerRegistered(
        partner_id=command.partner_id, name=command.name, country=command.country, time_zone=command.time_zone
    )
    if state.registered is None:
        return [wanted]
    if state.registered != wanted:
        raise Rejected("partner_exists", f"The partner {command.partner_id} is registered already, with other data.")
    return []


def evolve(state: Partner, event: PartnerEvent) -> Partner:
    """The last registration counts."""
    return Partner(event)


partner = Decider("partner", PartnerEvent, Partner(), decide, evolve)
