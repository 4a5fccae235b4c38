"""How the read routes reach what they show: views, documents, the telephony log and the vault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from services.calls.api import CalledCampaign, Person, RawItem
from services.calls.doors.sources import Sources
from services.calls.tracker.intake import DELIVERIES, INTAKE, REFUSALS, DeliveryNote, IntakeDay, RefusedDay, note_id
from services.calls.tracker.items import decode_content, decode_item
from services.calls.views.campaigns import KnownCampaign, campaigns
from services.calls.views.people import Who, call_people
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.engine.views import Views
from shared.ports import Bus, Documents, every
from shared.vault import KeyDestroyed, Vault

_note = msgspec.json.Decoder(DeliveryNote).decode
_day = msgspec.json.Decoder(IntakeDay).decode
_refused = msgspec.json.Decoder(RefusedDay).decode
PAGE = 1_000


class PeopleDirectory:
    """Names and teams, read again when the view has moved."""

    def __init__(self, views: Views, sources: Sources) -> None:
        self._views = views
        self._sources = sources
        self._as_of = self._campaigns_as_of = ""
        self._campaigns: dict[str, CalledCampaign] = {}
        self._agents: dict[tuple[str, str], Person] = {}
        self._partners: dict[str, Who] = {}

    async def people(self, partner: str | None) -> Mapping[tuple[str, str], Person]:
        """(partner, agent) -> who it is."""
        await self._refresh()
        if partner is None:
            return self._agents
        return {key: person for key, person in self._agents.items() if key[0] == partner}

    async def partner_names(self) -> Mapping[str, str]:
        """Partner id -> name."""
        await self._refresh()
        return {id_: who.name or id_ for id_, who in self._partners.items()}

    async def campaigns(self) -> Mapping[str, CalledCampaign]:
        """By name."""
        as_of = await self._views.as_of(campaigns)
        if as_of != self._campaigns_as_of:
            found: list[tuple[str, KnownCampaign]] = await self._views.find(campaigns, {})
            self._campaigns = {
                id_: CalledCampaign(told.name, tuple(share.partner for share in told.partners))
                for id_, one in sorted(found, key=_name_of)
                if (told := one.described) is not None
            }
            self._campaigns_as_of = as_of
        return self._campaigns

    async def partner_of(self, source: str) -> str | None:
        """Whose source it is."""
        await self._sources.refresh()
        found = self._sources.get(source)
        return found.settings.partner if found else None

    async def schemes_of(self, source: str) -> list[str]:
        """As ingest goes by them."""
        found = self._sources.get(source)
        return sorted(found.secrets.by_scheme) if found else []

    async def credentials_of(self, source: str) -> list[str]:
        """As ingest goes by them."""
        found = self._sources.get(source)
        return sorted(found.credentials) if found else []

    async def _refresh(self) -> None:
        as_of = await self._views.as_of(call_people)
        if as_of == self._as_of:
            return
        found: list[tuple[str, Who]] = await self._views.find(call_people, {})
        self._partners = {who.partner: who for _, who in found if who.agent is None}
        self._agents = {
            (who.partner, who.agent): Person(who.name, who.team) for _, who in found if who.agent is not None
        }
        self._as_of = as_of


def _name_of(found: tuple[str, KnownCampaign]) -> str:
    return found[1].described.name.casefold() if found[1].described else ""


class RawItems:
    """Items of the telephony log, opened with the vault's keys."""

    def __init__(self, bus: Bus, vault: Vault) -> None:
        self._bus = bus
        self._vault = vault

    async def read(self, partition: int, offset: int) -> RawItem | None:
        """None when its key was destroyed."""
        records = await self._bus.read(TELEPHONY_TOPIC, partition, offset, 1)
        item = decode_item(records[0].value)
        keyring = await self._vault.keyring([item.sealed])
        try:
            content = decode_content(keyring.open(item.sealed, item.document.encode()))
        except KeyDestroyed:
            return None
        return RawItem(content.raw, content.context)


class IntakeNotes:
    """What ingest and the tracker noted of deliveries and of sources' days."""

    def __init__(self, documents: Documents, bus: Bus, letters: DeadLetters) -> None:
        self._documents = documents
        self._bus = bus
        self._letters = letters

    async def delivery(self, delivery: str) -> Sequence[DeliveryNote]:
        """One note for each partition that holds items of it."""
        ids = [note_id(delivery, partition) for partition in range(self._bus.partitions(TELEPHONY_TOPIC))]
        found = await self._documents.get(DELIVERIES, ids)
        return [_note(stored.body) for stored in found.values()]

    async def dead(self, delivery: str) -> DeadLetter | None:
        """The whole delivery, where ingest could not read it."""
        return await self._letters.get(f"delivery:{delivery}")

    async def intake(self, source: str, low: datetime | None, high: datetime | None) -> Sequence[IntakeDay]:
        """By day and partition."""
        since, until = low.date().isoformat() if low else None, high.date().isoformat() if high else None
        found = every(self._documents, INTAKE, {"source": source}, "day", since, until, limit=PAGE)
        return [_day(stored.body) async for stored in found]

    async def refused(self, source: str, low: datetime, high: datetime) -> Sequence[RefusedDay]:
        """By day and process."""
        days = low.date().isoformat(), high.date().isoformat()
        found = every(self._documents, REFUSALS, {"source": source}, "day", *days, limit=PAGE)
        return [_refused(stored.body) async for stored in found]

    async def waiting(self, source: str) -> Sequence[DeadLetter]:
        """The newest of them."""
        found, _ = await self._letters.list("waiting", source, limit=PAGE)
        return found
