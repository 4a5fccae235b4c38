"""How the pages speak: the one door for translations, and how numbers and times are written.

Who reads a page is said by `speaking`; within it `_` translates. A text of a module, made when nobody reads yet, waits:
it is translated when it is written out.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from shared.contracts.terms.values import CURRENCIES


@dataclass(frozen=True)
class Speech:
    """What a reader reads: the language with its catalogue, the signs of its numbers, and the clock of its times."""

    language: str = "en"
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    thousands: str = ","
    decimal: str = "."
    zone: tzinfo = UTC
    plain: bool = False
    """For a program: figures as they are, without signs and units."""


ENGLISH = Speech()
"""The language that the messages are written in."""
_speech: ContextVar[Speech | Callable[[], Speech] | None] = ContextVar("speech", default=None)

KEPT = "\u00a0"
"""Between a figure and what it is told in: no line ends there."""
UNKNOWN = "–"
"""Stands wherever a figure cannot be calculated or is not known. It is never replaced by a nought."""


class Message(str):
    """A text that nobody reads yet. Written out, formatted or filled in, it is in the language of the page."""

    __slots__ = ()

    def __str__(self) -> str:
        return speech().catalogue.gettext(str.__str__(self))

    def __format__(self, form: str) -> str:
        return format(str(self), form)

    def __mod__(self, values: Any) -> str:
        return str.__mod__(str(self), values)

    def format(self, *values: object, **named: object) -> str:
        """The message with its places filled."""
        return str(self).format(*values, **named)

    def replace(self, old: str, new: str, count: Any = -1) -> str:
        """The message with one place filled."""
        return str(self).replace(old, new, count)


def speech() -> Speech:
    """How the reader of what is being written reads; English where nobody said."""
    found = _speech.get()
    return ENGLISH if found is None else found if isinstance(found, Speech) else found()


@contextmanager
def speaking(to: Speech | Callable[[], Speech]) -> Iterator[None]:
    """All that is written within is for a reader who reads so; a function is asked once something is."""
    before = _speech.set(to)
    try:
        yield
    finally:
        _speech.reset(before)


def _(message: str) -> str:
    """The message in the language of the page; where nobody reads yet, one that waits for its reader."""
    return Message(message) if _speech.get() is None else speech().catalogue.gettext(message)


def plural(singular: str, several: str, n: int) -> str:
    """The form of the message that goes with `n`, with `n` filled in for `%(n)s`."""
    return speech().catalogue.ngettext(singular, several, n) % {"n": number(n)}


def plain(value: object) -> str:
    """For encoders, which know no `Message`: its text. TypeError for everything else that they do not know."""
    if isinstance(value, Message):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no text")


def number(value: float | None) -> str:
    """`4,111`, with the signs of the reader's language; a true minus; at most one decimal."""
    if value is None:
        return UNKNOWN
    if speech().plain:
        return str(value)
    text = _signed(f"{abs(value):,.0f}" if float(value).is_integer() else f"{abs(value):,.1f}")
    return f"−{text}" if value < 0 else text


def decimal(value: Decimal) -> str:
    """`4.25` with the signs of the reader's language and every digit that it has; a true minus."""
    return f"{value:f}" if speech().plain else _signed(f"{value:,f}").replace("-", "−")


def _signed(text: str) -> str:
    to = speech()
    return text.translate({ord(","): to.thousands, ord("."): to.decimal})


def money(minor: int | None, currency: str) -> str:
    """`1,234.50 EUR` of minor units, with the digits of the currency and a true minus."""
    if minor is None:
        return UNKNOWN
    digits = CURRENCIES.get(currency, 2)
    if speech().plain:
        return f"{Decimal(minor).scaleb(-digits):.{digits}f} {currency}".rstrip()
    text = f"{_signed(f'{abs(Decimal(minor)).scaleb(-digits):,.{digits}f}')} {currency}".rstrip()
    return f"−{text}" if minor < 0 else text


def percent(ratio: float | None) -> str:
    """`0.843` is `84.3 %`."""
    return bare_percent(ratio) if ratio is None or speech().plain else f"{bare_percent(ratio)} %"


def bare_percent(ratio: float | None) -> str:
    """`0.843` is `84.3`, for where the sign stands apart."""
    if ratio is None:
        return UNKNOWN
    return str(ratio) if speech().plain else _signed(f"{ratio * 100:,.1f}").replace("-", "−")


def of_hundred(percent: str | None) -> str:
    """A share that is given as a text in per cent: `84.31 %`, with every digit that it has."""
    if percent is None:
        return UNKNOWN
    value = Decimal(percent)
    return decimal(value.scaleb(-2)) if speech().plain else f"{decimal(value)} %"


def duration(seconds: float | None) -> str:
    """`m:ss`, from an hour on `h:mm:ss`. Seconds are cut, not rounded, as a clock does."""
    if seconds is None:
        return UNKNOWN
    if speech().plain:
        return str(seconds)
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def milliseconds(value: int | None) -> str:
    """A length of time given in milliseconds, as `m:ss`."""
    return duration(None if value is None else value / 1000)


def seconds(value: float | None) -> str:
    """A length of time given in milliseconds, as `1,234.567 s`: amounts so written can be added up again."""
    if value is None:
        return UNKNOWN
    return str(value / 1000) if speech().plain else f"{_signed(f'{value / 1000:,.3f}')} s"


def moment(at: datetime | str | None) -> str:
    """`2026-03-02 09:05:00` by the reader's clock, whose zone the page names; in the hour that comes twice, with which
    of the two it is. Of text: ISO 8601 with an offset."""
    if at is None:
        return UNKNOWN
    told = datetime.fromisoformat(at) if isinstance(at, str) else at
    local = told.astimezone(speech().zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return local.strftime("%Y-%m-%d %H:%M:%S %Z" if twice else "%Y-%m-%d %H:%M:%S")


def zoned(at: datetime | str) -> str:
    """The same with the zone, where nothing beside it says by which clock."""
    return f"{moment(at)} {zone()}"


def zone() -> str:
    """The name of the reader's time zone, as it stands beside times."""
    return str(speech().zone)


def named(some: Sequence[str], most: int) -> str:
    """The first of them, and how many more there are."""
    first, more = ", ".join(some[:most]), len(some) - most
    rest = _("and {n} more").format(n=number(more))
    return f"{first} {rest}" if more > 0 else first


def link(path: str, **query: str | None) -> str:
    """An address of ours with those parameters that have a value."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def agent_link(partner: str, agent: str) -> str:
    """The address of an agent's scorecard."""
    return f"/agents/{quote(partner, safe='')}/{quote(agent, safe='')}"


def call_link(call: str) -> str:
    """The address of a call's page."""
    return "/calls/" + quote(call, safe=":")


def order_link(order: str) -> str:
    """The address of an order's page."""
    return "/orders/" + quote(order, safe=":")
