"""What the company and the contract say about a partner's month, before anything is compared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.contracts.terms.values import CURRENCIES


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """How far a reported value may be from ours: below and above apart, absolute, and as a share of ours where one is
    given. The narrower of the two holds."""

    below: float
    above: float
    below_share: float | None = None
    above_share: float | None = None


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """What the contract says on how durations are counted: the increment in seconds after the first."""

    first_seconds: int
    next_seconds: int


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """The month to agree on. `start` and `end` are the contract's instants (UTC), `cutoff` the last at which a
    cancellation takes a sale away; `rates` are units of a currency for one euro; without `clause` the contract is not
    known to say anything on durations."""

    partner_id: str
    partner_tz: str
    company_tz: str
    country: str
    currency: str
    start: datetime
    end: datetime
    cutoff: datetime
    time_s: Tolerance
    duration_s: Tolerance
    amount_minor: Tolerance
    rates: dict[str, float] = {}
    clause: Clause | None = None

    @property
    def digits(self) -> int:
        """Digits of the contract currency's minor unit."""
        return CURRENCIES[self.currency]

    @property
    def month(self) -> int:
        """The month of the year that is reconciled."""
        return (self.start + (self.end - self.start) / 2).month


def basis_of(meta: dict[str, Any]) -> Basis:
    """The basis in a set's `meta.json`. Raises KeyError, TypeError or ValueError where it is not one."""
    allowed = meta["tolerances"]
    scale = 10 ** CURRENCIES[meta["currency"]]
    clause = meta.get("duration_clause")
    return Basis(
        partner_id=meta["partner_id"],
        partner_tz=meta["partner_tz"],
        company_tz=meta["company_tz"],
        country=meta["country"],
        currency=meta["currency"],
        start=_instant(meta["period"]["start_utc"]),
        end=_instant(meta["period"]["end_utc"]),
        cutoff=_instant(meta["cutoff_utc"]),
        time_s=_tolerance(allowed["start_s"]),
        duration_s=_tolerance(allowed["duration_s"]),
        amount_minor=_tolerance(allowed["amount"], scale),
        rates={name: float(rate) for name, rate in meta.get("eur_rates", {}).items()},
        clause=msgspec.convert(clause, Clause) if clause else None,
    )


def _tolerance(given: Any, scale: int = 1) -> Tolerance:
    if isinstance(given, dict):
        sides = {name: float(given[name]) * scale for name in ("below", "above")}
        shares = {name: given.get(name) for name in ("below_share", "above_share")}
        return msgspec.convert(sides | shares, Tolerance)
    return Tolerance(below=float(given) * scale, above=float(given) * scale)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
