"""For how many days are orders of each campaign taken back?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.orders import ReturnWindowSet, WindowEvent
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownWindow(msgspec.Struct, kw_only=True):
    """A campaign's window; `said`: every word on it, the newest last."""

    campaign: str
    said: list[ReturnWindowSet] = []

    @property
    def days(self) -> int:
        """The days that hold now."""
        return self.said[-1].days


def by_campaign(event: WindowEvent) -> Iterable[tuple[str, WindowEvent]]:
    """One document a campaign."""
    return [(event.campaign, event)]


def fold(doc: KnownWindow | None, event: WindowEvent, sign: int) -> KnownWindow:
    """A command's events are never reversed."""
    doc = doc or KnownWindow(campaign=event.campaign)
    doc.said.append(event)
    return doc


def longer(one: KnownWindow, other: KnownWindow) -> KnownWindow:
    """A campaign's window is in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.said) >= len(other.said) else other


return_windows = View("return_windows", 1, TOPIC, WindowEvent, KnownWindow, by_campaign, fold, longer)
