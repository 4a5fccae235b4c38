"""The sources as ingest and tracker need them, in memory: settings by revision and the secrets that count now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Protocol

from services.calls.connectors.base import Connector, Secrets
from services.calls.connectors.registry import CONNECTORS
from services.calls.views.sources import SourceBook, call_sources
from shared import metrics
from shared.contracts.partners import SourceSettings
from shared.vault import Vault


class SourceViews(Protocol):
    """How the view of sources is read."""

    async def find(self, view: Any, equal: Any) -> list[tuple[str, Any]]:
        """All that match, by key."""
        ...

    async def as_of(self, view: Any) -> str:
        """How far the view has been applied."""
        ...


@dataclass(frozen=True)
class Source:
    """One source as it is now. `secrets` are all that are not revoked, by the `credentials` of these ids; `ending` are
    those that count only for a time."""

    id: str
    revision: int
    settings: SourceSettings
    connector: Connector
    secrets: Secrets
    ending: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    credentials: tuple[str, ...] = ()

    def secrets_at(self, at: datetime) -> Secrets:
        """The secrets that count at that time."""
        if not self.ending:
            return self.secrets
        return Secrets(
            {
                scheme: tuple(s for s in secrets if (until := self.ending.get((scheme, s))) is None or at < until)
                for scheme, secrets in self.secrets.by_scheme.items()
            }
        )

    def admits(self, address: str | None) -> bool:
        """Whether deliveries may come from the address; None: nobody knows from where they come."""
        if not self.networks:
            return True
        if address is None:
            return False
        try:
            sender = ip_address(address)
        except ValueError:
            return False
        plain = getattr(sender, "ipv4_mapped", None) or sender
        return any(plain in network for network in self.networks)


class Sources:
    """A copy of the view and of the vault's secrets, made again whenever the view has moved."""

    def __init__(self, views: SourceViews, vault: Vault) -> None:
        self._views = views
        self._vault = vault
        self._as_of = ""
        self._books: dict[str, SourceBook] = {}
        self._now: dict[str, Source] = {}

    def get(self, source_id: str) -> Source | None:
        """The source as of the last refresh; None if it is not there, or its connector is not."""
        return self._now.get(source_id)

    def all(self) -> list[Source]:
        """Every source that can be served."""
        return list(self._now.values())

    async def settings(self, source_id: str, revision: int) -> SourceSettings:
        """The settings of a revision. LookupError if even the view does not know it."""
        book = self._books.get(source_id)
        if book is None or str(revision) not in book.settings:
            await self.refresh()
            book = self._books.get(source_id)
        if book is None or str(revision) not in book.settings:
            raise LookupError(f"source {source_id} has no revision {revision}")
        return book.settings[str(revision)]

    async def refresh(self) -> None:
        """Read the view again if it has moved."""
        as_of = await self._views.as_of(call_sources)
        if as_of == self._as_of:
            return
        self._books = dict(await self._views.find(call_sources, {}))
        now: dict[str, Source] = {}
        for source_id, book in self._books.items():
            if not book.revision or book.current.connector not in CONNECTORS:
                continue
            now[source_id] = await self._source(source_id, book)
        self._now = now
        self._as_of = as_of
        for source_id in now:
            metrics.know_source(source_id)

    async def _source(self, source_id: str, book: SourceBook) -> Source:
        by_scheme: dict[str, list[str]] = {}
        untils: dict[tuple[str, str], list[datetime | None]] = {}
        names = {Vault.credential_name(source_id, credential): credential for credential in book.credentials}
        held = await self._vault.get_secrets(list(names))
        for name, credential in names.items():  # in the order in which they were issued
            if (secret := held.get(name)) is None:
                continue
            scheme = book.credentials[credential]
            by_scheme.setdefault(scheme, []).append(secret)
            untils.setdefault((scheme, secret), []).append(book.until.get(credential))
        # One secret under two credentials counts as long as one of them does.
        ending = {place: max(filter(None, times)) for place, times in untils.items() if None not in times}
        return Source(
            source_id,
            book.revision,
            book.current,
            CONNECTORS[book.current.connector],
            Secrets({scheme: tuple(values) for scheme, values in by_scheme.items()}),
            ending,
            tuple(ip_network(network) for network in book.current.networks),
            tuple(credential for name, credential in names.items() if name in held),
        )
