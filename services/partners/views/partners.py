"""Which partners do we know?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.partners import TOPIC, PartnerRegistered
from shared.kernel import View


class KnownPartner(msgspec.Struct, kw_only=True):
    """A partner; `time_zone` cuts its days until a contract names one. `changes` counts the events behind this."""

    partner_id: str
    name: str
    country: str | None
    time_zone: str
    changes: int


def by_partner(event: PartnerRegistered) -> Iterable[tuple[str, PartnerRegistered]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownPartner | None, event: PartnerRegistered, sign: int) -> KnownPartner:
    """The last registration counts. A command's events are never reversed, so the sign says nothing here."""
    return KnownPartner(
        partner_id=event.partner_id,
        name=event.name,
        country=event.country,
        time_zone=event.time_zone,
        changes=doc.changes + 1 if doc else 1,
    )


def newer(one: KnownPartner, other: KnownPartner) -> KnownPartner:
    """A partner's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


partners = View("partners", 1, TOPIC, PartnerRegistered, KnownPartner, by_partner, fold, newer)
