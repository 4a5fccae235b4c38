"""Who sold in which call of a campaign, by telephony or by an order?

One document for an agent's hour in a campaign, of facts of telephony and of orders in whatever order they come; what is
taken back counts no more. They lie in several partitions, so who wants to know gets the whole document by its key.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from services.calls.views.measures import milliseconds
from shared.contracts.calls import TOPIC, CallDispositioned, SaleRecorded
from shared.contracts.codes import disposition
from shared.contracts.selling import OrderPlaced
from shared.kernel import View

SaleFact = SaleRecorded | CallDispositioned | OrderPlaced


class Sold(msgspec.Struct, kw_only=True):
    """Something says that a call sold, so often less how often it was taken back."""

    subject: str
    at: datetime
    times: int = 0


class CampaignSales(msgspec.Struct, kw_only=True):
    """An agent's sales of an hour (UTC). `told` by what tells one fact from another."""

    partner: str
    agent: str
    campaign: str
    hour: datetime
    told: dict[str, Sold] = {}

    def calls(self) -> dict[str, datetime]:
        """The calls, and orders that name none, that sold by what holds now, each with when it first was said to."""
        found: dict[str, datetime] = {}
        for one in self.told.values():
            if one.times > 0:
                found[one.subject] = min(one.at, found.get(one.subject, one.at))
        return found


Part = tuple[str, str, str, str, Sold]


def by_agent_and_hour(event: SaleFact) -> Iterable[tuple[str, Part]]:
    """The document of the hour; nothing for what no agent, no campaign or a test brought."""
    if event.agent is None or event.campaign is None:
        return
    if isinstance(event, OrderPlaced):
        subject, name = event.call or f"order {event.order}", f"order {event.order}"
    elif event.counts != "production":
        return
    elif isinstance(event, SaleRecorded):
        subject, name = event.call, f"sale {event.call} {_stamp(event.at)} {event.order_ref or ''}"
    elif "sale" in disposition(event.canonical).flags:
        subject, name = event.call, f"result {event.call} {_stamp(event.at)} {event.canonical}"
    else:
        return
    key = key_of(event.partner, event.agent, event.campaign, event.at)
    yield key, (event.partner, event.agent, event.campaign, name, Sold(subject=subject, at=event.at))


def key_of(partner: str, agent: str, campaign: str, at: datetime) -> str:
    """The document that a sale of this time is in."""
    return f"{partner}:{agent}:{campaign}:{_stamp(_hour(at))}"


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def fold(doc: CampaignSales | None, part: Part, sign: int) -> CampaignSales:
    """Told or taken back, in any order."""
    partner, agent, campaign, name, sold = part
    doc = doc or CampaignSales(partner=partner, agent=agent, campaign=campaign, hour=_hour(sold.at))
    _add(doc, name, sold, sign)
    return doc


def _add(doc: CampaignSales, name: str, sold: Sold, times: int) -> None:
    known = doc.told.setdefault(name, Sold(subject=sold.subject, at=sold.at))
    known.times += times
    if not known.times:
        del doc.told[name]


def added(one: CampaignSales, other: CampaignSales) -> CampaignSales:
    """What is told in several partitions adds up."""
    for name, sold in other.told.items():
        _add(one, name, sold, sold.times)
    return one


campaign_sales = View(
    "campaign_sales",
    1,
    TOPIC,
    SaleFact,
    CampaignSales,
    by_agent_and_hour,
    fold,
    added,
    indexes=("campaign", "hour"),
    fields=lambda doc: {"campaign": doc.campaign, "hour": milliseconds(doc.hour)},
)
