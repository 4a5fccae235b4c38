"""Which sites does a partner have, and are they ready?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.partners.events import ReadinessChecked, Site, SiteDescribed, SiteEvent
from shared.contracts.partners import TOPIC
from shared.kernel import View


class Check(msgspec.Struct, kw_only=True):
    """The last look at one point of the checklist."""

    met: bool
    says: str
    proof: str | None
    at: datetime
    by: str


class KnownSite(msgspec.Struct, kw_only=True):
    """A site as last described, and the last check of each point."""

    partner_id: str
    site: Site | None = None
    checks: dict[str, Check] = {}
    changes: int = 0


def by_site(event: SiteEvent) -> Iterable[tuple[str, SiteEvent]]:
    """One document a site."""
    return [(event.site_id, event)]


def fold(doc: KnownSite | None, event: SiteEvent, sign: int) -> KnownSite:
    """What was said last counts. A command's events are never reversed."""
    doc = doc or KnownSite(partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case SiteDescribed(site=site):
            doc.site = site
        case ReadinessChecked(item=item):
            doc.checks[item] = msgspec.convert(event, Check, from_attributes=True)
    return doc


def newer(one: KnownSite, other: KnownSite) -> KnownSite:
    """A site's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownSite) -> dict[str, str | int | None]:
    """Found by its partner."""
    return {"partner": doc.partner_id}


sites = View("sites", 1, TOPIC, SiteEvent, KnownSite, by_site, fold, newer, indexes=("partner",), fields=indexed)
