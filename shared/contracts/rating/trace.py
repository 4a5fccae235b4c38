"""What rating answers: a line for each step, quantity x rate = amount, with the clause that it rests on."""

from __future__ import annotations

from typing import Literal

import msgspec

from shared.contracts.rating.usage import Commission

Kind = Literal[
    "per_minute", "per_call", "per_sale", "per_hour", "per_seat", "minimum_volume", "minimum_fee", "cap",
    "service_level", "incentive", "one_off", "clawback",
]  # fmt: skip


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the trace.

    `component`: its name; `clause`: where it stands in the contract; `version`: of the contract; `quantity`, `unit`:
    how much of what; `rate`: minor units a unit, or per cent; `tier`: the range of volume whose rate it is; `volume`:
    what put it there, running up to the line or, for a slab, the whole month's; `surcharge`: per cent on top. `exact`:
    quantity x rate before rounding, minor units; `rounding`: where and how it was rounded. `amount`: minor units; the
    total is their sum.
    """

    kind: Kind
    component: str
    clause: str = ""
    version: int
    quantity: str
    unit: str
    rate: str
    tier: str = ""
    volume: str = ""
    surcharge: str = ""
    exact: str
    rounding: str
    amount: int


class Unrated(msgspec.Struct, frozen=True):
    """What could not be priced, and why. `id`: of a call, sale or stay, of a cancelled sale, or a figure's name."""

    id: str
    reason: Literal["no_terms", "foreign_currency", "unknown_sale", "no_figure"]


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """A month's price. `net`, `vat`, `gross`: minor units; `commissions`: what was paid for this month's sales, for the
    ledger; `clawed_back`: the sales that were deducted now, which must be so marked in the ledger of later months."""

    month: str
    currency: str
    lines: tuple[Line, ...]
    net: int
    vat: int
    gross: int
    commissions: tuple[Commission, ...] = ()
    clawed_back: tuple[str, ...] = ()
    unrated: tuple[Unrated, ...] = ()
