"""The shape of the wallboard's snapshot: the same for the page, the JSON and the ticks of the live stream."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from services.gateway.views.inputs import History

Tone = Literal["", "ok", "warn", "bad"]
Point = tuple[int, int | None, int | None]
"""Second since the epoch, calls in progress, calls waiting."""


class Scope(msgspec.Struct, frozen=True):
    """Which part of the company a wallboard shows, and in which language. None: all."""

    partner: str | None = None
    campaign: str | None = None
    language: str = "en"

    @property
    def everything(self) -> bool:
        """Whether it is the whole company."""
        return self.partner is None and self.campaign is None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One big figure. `text` and `unit` are `value` as written; `n` what it rests on; `href` leads to its calls;
    `formula` says how it is counted."""

    key: str
    label: str
    value: float | None
    text: str
    unit: str = ""
    note: str = ""
    tone: Tone = ""
    n: int | None = None
    href: str = ""
    formula: str = ""


class GroupCount(msgspec.Struct, frozen=True):
    """How many agents are in one group of states."""

    group: str
    n: int


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the ranking by reported sales; equal sales share a place."""

    place: int
    name: str
    partner: str
    sales: int
    n: int
    href: str


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody should look at. `key` stays the same while the matter lasts."""

    key: str
    tone: Tone
    text: str
    n: int
    href: str


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One agent. `since` is seconds since the epoch, `sales` are reported, `confirmed` orders, `conversion` a ratio
    over `contacts`; None: not known. `lacks`: certificates that the agent's call asks for and the agent has not."""

    key: str
    name: str
    partner: str
    group: str
    since: int | None
    calls: int | None
    aht_s: int | None
    sales: int | None
    confirmed: int | None
    conversion: float | None
    contacts: int
    lacks: str = ""


class Sources(msgspec.Struct, frozen=True):
    """How many sources send, of how many; and the partners of whom nothing is heard,
    with the second of their last event."""

    sending: int
    total: int
    silent: dict[str, int | None]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The whole wallboard of a scope. `links` are templates for the figures of a row, with `{partner}`, `{agent}`."""

    id: str
    as_of: datetime
    scope: Scope
    day: str | None
    zone: str | None
    kpis: list[Figure]
    points: list[Point]
    groups: list[GroupCount]
    top: list[Seller]
    attention: list[Attention]
    rows: list[Row]
    sources: Sources
    history: History | None
    links: dict[str, str]
    partners: dict[str, str]
    campaigns: dict[str, str]
