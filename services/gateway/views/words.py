"""How the pages speak: the one door for translations, and how numbers and times are written."""

from __future__ import annotations

import gettext
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

from shared.contracts.terms.values import CURRENCIES

_catalogue = gettext.NullTranslations()

UNKNOWN = "–"
"""Stands wherever a figure cannot be calculated or is not known. It is never replaced by a nought."""


def _(message: str) -> str:
    """The message in the language of the page."""
    return _catalogue.gettext(message)


def plural(singular: str, several: str, n: int) -> str:
    """The form of the message that goes with `n`, with `n` filled in for `%(n)s`."""
    return _catalogue.ngettext(singular, several, n) % {"n": number(n)}


def number(value: float | None) -> str:
    """`4,111`; a true minus; at most one decimal."""
    if value is None:
        return UNKNOWN
    text = f"{abs(value):,.0f}" if float(value).is_integer() else f"{abs(value):,.1f}"
    return f"−{text}" if value < 0 else text


def money(minor: int | None, currency: str) -> str:
    """`1,234.50 EUR` of minor units, with the digits of the currency and a true minus."""
    if minor is None:
        return UNKNOWN
    digits = CURRENCIES.get(currency, 2)
    text = f"{abs(Decimal(minor)).scaleb(-digits):,.{digits}f} {currency}".rstrip()
    return f"−{text}" if minor < 0 else text


def percent(ratio: float | None) -> str:
    """`0.843` is `84.3 %`."""
    return UNKNOWN if ratio is None else f"{bare_percent(ratio)} %"


def bare_percent(ratio: float | None) -> str:
    """`0.843` is `84.3`, for where the sign stands apart."""
    return UNKNOWN if ratio is None else f"{ratio * 100:,.1f}".replace("-", "−")


def duration(seconds: float | None) -> str:
    """`m:ss`, from an hour on `h:mm:ss`. Seconds are cut, not rounded, as a clock does."""
    if seconds is None:
        return UNKNOWN
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def milliseconds(value: int | None) -> str:
    """A length of time given in milliseconds, as `m:ss`."""
    return duration(None if value is None else value / 1000)


def seconds(value: float | None) -> str:
    """A length of time given in milliseconds, as `1,234.567 s`: amounts so written can be added up again."""
    return UNKNOWN if value is None else f"{value / 1000:,.3f} s"


def moment(at: datetime | None) -> str:
    """`2026-03-02 09:05:00` in UTC; the page names the zone."""
    return UNKNOWN if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


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
