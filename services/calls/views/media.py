"""Which media are there, what was paid for them, and how often was each number called?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.media import MediumDescribed
from shared.contracts.calls import TOPIC, CallStarted
from shared.contracts.selling import MediaBought
from shared.kernel import View


class KnownMedium(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A medium; `changes` counts the events behind this."""

    described: MediumDescribed
    changes: int = 0


def by_medium(event: MediumDescribed) -> Iterable[tuple[str, MediumDescribed]]:
    """One document a medium."""
    return [(event.media, event)]


def fold_medium(doc: KnownMedium | None, event: MediumDescribed, sign: int) -> KnownMedium:
    """A command's events are never reversed."""
    return KnownMedium(described=event, changes=1 if doc is None else doc.changes + 1)


def newer_medium(one: KnownMedium, other: KnownMedium) -> KnownMedium:
    """A medium is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


media = View("media", 1, TOPIC, MediumDescribed, KnownMedium, by_medium, fold_medium, newer_medium)


class CampaignMedia(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was paid for a campaign in a month. `told`: the last of each day, medium and partner; `changes` counts the
    events behind this."""

    campaign: str
    month: str
    told: dict[str, MediaBought] = {}
    changes: int = 0


def by_campaign_and_month(event: MediaBought) -> Iterable[tuple[str, MediaBought]]:
    """One document for each campaign and month."""
    return [(f"{event.campaign}:{event.month}", event)]


def fold_bought(doc: CampaignMedia | None, event: MediaBought, sign: int) -> CampaignMedia:
    """A command's events are never reversed."""
    doc = doc or CampaignMedia(campaign=event.campaign, month=event.month)
    doc.told[f"{event.day.isoformat()}:{event.media}:{event.partner or ''}"] = event
    doc.changes += 1
    return doc


def newer_bought(one: CampaignMedia, other: CampaignMedia) -> CampaignMedia:
    """A campaign's month is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


media_bought = View(
    "media_bought",
    1,
    TOPIC,
    MediaBought,
    CampaignMedia,
    by_campaign_and_month,
    fold_bought,
    newer_bought,
    indexes=("campaign", "month"),
    fields=lambda doc: {"campaign": doc.campaign, "month": doc.month},
)


class NumberCalls(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Calls in on a number in a month, by day in the zone of the partner that took them."""

    number: str
    month: str
    days: dict[str, int] = {}


def by_number_and_month(event: CallStarted) -> Iterable[tuple[str, tuple[str, str]]]:
    """Nothing for calls out, whose number of ours nobody called, nor for tests."""
    if event.direction == "inbound" and event.counts == "production" and event.our_number is not None:
        yield f"{event.our_number}:{event.day[:7]}", (event.our_number, event.day)


def fold_calls(doc: NumberCalls | None, part: tuple[str, str], sign: int) -> NumberCalls:
    """Counted, or taken back."""
    number, day = part
    doc = doc or NumberCalls(number=number, month=day[:7])
    doc.days = _added(doc.days, {day: sign})
    return doc


def add_calls(one: NumberCalls, other: NumberCalls) -> NumberCalls:
    """Of several partitions, the sums."""
    return msgspec.structs.replace(one, days=_added(one.days, other.days))


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """One content has one form, so that two ways to the same sums give the same document."""
    sums = {day: one.get(day, 0) + other.get(day, 0) for day in sorted(one.keys() | other.keys())}
    return {day: calls for day, calls in sums.items() if calls}


number_calls = View(
    "number_calls",
    1,
    TOPIC,
    CallStarted,
    NumberCalls,
    by_number_and_month,
    fold_calls,
    add_calls,
    indexes=("number", "month"),
    fields=lambda doc: {"number": doc.number, "month": doc.month},
)
