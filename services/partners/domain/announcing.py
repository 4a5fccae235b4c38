"""For whom an announcement is, in which language they read it, and who has not read it yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone

import msgspec

from services.partners.events.support import Addressed, Audience

_EARTH_ENDS = timezone(timedelta(hours=-12))


class Recipient(msgspec.Struct, frozen=True, order=True):
    """Somebody who may have to read: a contact of a partner by name, or an agent by the vendor's id."""

    partner_id: str
    role: Audience
    reader: str
    name: str
    languages: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Who it is among those of the partner."""
        return reader_key(self.role, self.reader)


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has not said that they have read it; `overdue` once the day is over by which they should have."""

    partner_id: str
    role: Audience
    reader: str
    name: str
    overdue: bool


def reader_key(role: Audience, reader: str) -> str:
    """How receipts name a reader."""
    return f"{role}/{reader}"


def is_for(addressed: Addressed, recipient: Recipient) -> bool:
    """Whether it is for this one."""
    return (
        (not addressed.partners or recipient.partner_id in addressed.partners)
        and (not addressed.roles or recipient.role in addressed.roles)
        and (not addressed.languages or speaks(recipient.languages, addressed.languages))
    )


def speaks(spoken: Iterable[str], wanted: Collection[str]) -> bool:
    """Whether one of the languages spoken is one of those wanted, or a variety of one."""
    return any(tag in {w.lower() for w in wanted} for language in spoken for tag in _wider(language))


def chosen(available: Collection[str], languages: Sequence[str], fallback: str) -> str:
    """The tag of the text for somebody of these languages, the best first: RFC 4647's look-up, then the fallback."""
    known = {tag.lower(): tag for tag in available}
    for language in languages:
        for tag in _wider(language):
            if tag in known:
                return known[tag]
    return fallback


def missing(
    recipients: Iterable[Recipient],
    addressed: Addressed,
    read: Mapping[tuple[str, str], datetime],
    on: date,
    acknowledge_by: date | None,
) -> list[Missing]:
    """Who had not read it when the day `on` was over everywhere; `read`: by partner and reader, when."""
    over = end_of(on)
    return [
        Missing(
            partner_id=one.partner_id,
            role=one.role,
            reader=one.reader,
            name=one.name,
            overdue=acknowledge_by is not None and on > acknowledge_by,
        )
        for one in sorted(recipients)
        if is_for(addressed, one) and not ((when := read.get((one.partner_id, one.key))) and when < over)
    ]


def end_of(day: date) -> datetime:
    """When a day is over everywhere on earth, so that nobody is reminded whose day is not over yet."""
    return datetime.combine(day, time(), _EARTH_ENDS) + timedelta(days=1)


def _wider(language: str) -> list[str]:
    """The tag and those that it is a variety of, from `de-AT-1996` to `de`."""
    parts = language.lower().split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
