"""What the read routes of the calls service are given to read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends
from starlette.requests import Request

from services.calls.doors.sources import Source
from services.calls.tracker.intake import DeliveryNote, IntakeDay, RefusedDay
from shared.clock import Clock
from shared.http import not_found, require
from shared.kernel import View
from shared.ports import Documents
from shared.security import Principal


class ViewReader(Protocol):
    """The views of the service, shards added up."""

    async def find(
        self,
        view: View[Any, Any, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> list[tuple[str, Any]]:
        """All documents with these values of the view's indexes and `low <= order < high`."""
        ...

    async def as_of(self, view: View[Any, Any, Any]) -> str:
        """How far the view has been applied; equal texts mean equal documents."""
        ...


@dataclass(frozen=True)
class Person:
    """What is known of an agent beside the vendor's id."""

    name: str | None = None
    team: str | None = None


@dataclass(frozen=True)
class CalledCampaign:
    """What people call a campaign, and the partners that it is for; none: for all."""

    name: str
    partners: tuple[str, ...] = ()


class Directory(Protocol):
    """Names and teams as they are now."""

    async def people(self, partner: str | None) -> Mapping[tuple[str, str], Person]:
        """(partner, agent) -> who it is, of one partner or of all."""
        ...

    async def partner_names(self) -> Mapping[str, str]:
        """Partner id -> name."""
        ...

    async def campaigns(self) -> Mapping[str, CalledCampaign]:
        """Campaign id -> what it is called; those that have ended too."""
        ...

    async def partner_of(self, source: str) -> str | None:
        """Whose source it is; None when nobody knows it."""
        ...

    async def schemes_of(self, source: str) -> list[str]:
        """The schemes of which the source has credentials that count now."""
        ...

    async def credentials_of(self, source: str) -> list[str]:
        """The ids of the credentials by which ingest knows the source."""
        ...


@dataclass(frozen=True)
class RawItem:
    """The bytes of an item as the platform sent them, and what was kept beside them."""

    body: bytes
    context: Mapping[str, Any]


class RawReader(Protocol):
    """The items of the telephony log, opened."""

    async def read(self, partition: int, offset: int) -> RawItem | None:
        """The item at this place; None when its key was destroyed, and nobody can read it again."""
        ...


class DeadDelivery(Protocol):
    """What is to be said of a dead letter that holds a whole delivery."""

    source: str
    at: datetime
    cause: str
    state: str


class DeliveryReader(Protocol):
    """What became of deliveries and items."""

    async def delivery(self, delivery: str) -> Sequence[DeliveryNote]:
        """The notes of a delivery, one for each partition that holds items of it; none when there is no such one."""
        ...

    async def dead(self, delivery: str) -> DeadDelivery | None:
        """A delivery that could not be read at all, and lies among the dead letters."""
        ...

    async def intake(self, source: str, low: datetime | None, high: datetime | None) -> Sequence[IntakeDay]:
        """The counts of a source's days with `low <= day < high` (UTC midnights; None: no bound), by partition."""
        ...

    async def refused(self, source: str, low: datetime, high: datetime) -> Sequence[RefusedDay]:
        """What ingest did not take in those days, by process."""
        ...

    async def waiting(self, source: str) -> Sequence[DeadDelivery]:
        """The newest of the source's dead letters that wait."""
        ...


class Customers(Protocol):
    """The vault, as far as routes have to do with it."""

    async def customer_number(self, ref: str) -> str | None:
        """None when the customer was erased."""
        ...

    async def erase_customer(self, ref: str) -> bool:
        """Forget the number, at once. False when nobody is known under the token."""
        ...


@dataclass(frozen=True)
class CallReads:
    """All of them; `app.state.call_reads` holds the service's."""

    views: ViewReader
    documents: Documents
    directory: Directory
    raw: RawReader
    deliveries: DeliveryReader
    customers: Customers


@dataclass(frozen=True)
class Desk:
    """Sources as ingest sees them now, the largest body after decompression in bytes, and the time; `app.state.desk`
    holds the service's."""

    source: Callable[[str], Source | None]
    sources: Callable[[], Sequence[Source]]
    most_bytes: int
    now: Clock


async def call_reads(request: Request) -> CallReads:
    """The dependency that gives a route its readers."""
    found: CallReads = request.app.state.call_reads
    return found


ReadsOf = Annotated[CallReads, Depends(call_reads)]
Caller = Annotated[Principal, Depends(require("figures.read"))]


async def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


AtDesk = Annotated[Desk, Depends(_desk)]


async def must_see_source(reads: CallReads, caller: Principal, source: str, what: str = "source") -> None:
    """404 for a source that does not exist, or is not the caller's to see; `what` belongs to it."""
    partner = await reads.directory.partner_of(source)
    if partner is None or not caller.sees(partner):
        raise not_found(what)
