"""How many calls and sales did a partner have in a month? A few sums, for packs that are read beside other things.

The performance views of the calls service have all figures; these few are folded here too, so that a partner's papers
can be made from this service's own documents.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.calls import TOPIC, CallAnswered, CallEnded, CallStarted, SaleRecorded
from shared.kernel import View

VolumeFact = CallStarted | CallAnswered | CallEnded | SaleRecorded


class Volume(msgspec.Struct, kw_only=True):
    """The sums of a month in the partner's zone, named as in the performance views; revenue in minor units by currency.

    Test calls and traffic of test sources do not count.
    """

    partner_id: str
    month: str
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    dials: int = 0
    contacts: int = 0
    handled: int = 0
    talk_ms: int = 0
    sales_reported: int = 0
    revenue: dict[str, int] = {}


Part = tuple[str, str, dict[str, int]]
"""Partner, month, and by how much each sum changes; revenue as `revenue:<currency>`."""


def changes(event: VolumeFact) -> dict[str, int]:
    """What a fact counts for."""
    match event:
        case CallStarted(offered=offered, dialed=dialed):
            return {"offered": int(offered), "dials": int(dialed)}
        case CallAnswered(first=True, offered=offered):
            return {"contacts": 1, "answered": int(offered)}
        case CallEnded(scope="leg", talk_ms=talk_ms):
            return {"handled": 1, "talk_ms": talk_ms or 0}
        case CallEnded(scope="call", offered=True, outcome="abandoned"):
            return {"abandoned": 1}
        case SaleRecorded(amount=amount):
            return {"sales_reported": 1} | ({f"revenue:{amount.currency}": amount.minor} if amount else {})
        case _:
            return {}


def by_month(event: VolumeFact) -> Iterable[tuple[str, Part]]:
    """One document for a month of a partner."""
    counted = {name: amount for name, amount in changes(event).items() if amount}
    if not counted or event.counts != "production":
        return []
    month = event.day[:7]
    return [(f"{event.partner}:{month}", (event.partner, month, counted))]


def fold(doc: Volume | None, part: Part, sign: int) -> Volume:
    """Added, or taken back."""
    partner_id, month, counted = part
    doc = doc or Volume(partner_id=partner_id, month=month)
    for name, amount in counted.items():
        field, _, currency = name.partition(":")
        if currency:
            _earn(doc, currency, sign * amount)
        else:
            setattr(doc, field, getattr(doc, field) + sign * amount)
    return doc


def merge(one: Volume, other: Volume) -> Volume:
    """Added up."""
    for field in one.__struct_fields__:
        if isinstance(amount := getattr(other, field), int):
            setattr(one, field, getattr(one, field) + amount)
    for currency, minor in other.revenue.items():
        _earn(one, currency, minor)
    return one


def _earn(doc: Volume, currency: str, minor: int) -> None:
    # One content has one form, so that two ways to the same sums give the same document.
    sums = {**doc.revenue, currency: doc.revenue.get(currency, 0) + minor}
    doc.revenue = {key: sums[key] for key in sorted(sums) if sums[key]}


volumes: View[VolumeFact, Volume, Part] = View(
    "volumes",
    1,
    TOPIC,
    VolumeFact,
    Volume,
    by_month,
    fold,
    merge,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner_id},
)
