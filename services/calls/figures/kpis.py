"""Every KPI as data: its formula, its variants, and how it is worked out from the sums of a tally."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.calls.views.tally import Tally, within
from shared.contracts.codes import AGENT_STATES, WAIT_BOUNDS_S

Unit = Literal["count", "share", "time_share", "ms", "per_hour", "per_contact", "money"]
Better = Literal["up", "down"]
Sum = Callable[[Tally], int]
Sums = Callable[[Tally], dict[str, int]]

HOUR_MS = 3_600_000
CERTAIN_FROM = 100
"""From this many cases on, a share is shown without its confidence interval."""
_Z = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


class UnknownKpi(ValueError):
    """There is no KPI of this name."""


class UnknownVariant(ValueError):
    """The KPI has no variant of this name."""


@dataclass(frozen=True)
class Variant:
    """One way to count a KPI. Without a denominator the value is the numerator; else it is their ratio times `per`."""

    formula: str
    numerator: Sum
    denominator: Sum | None = None


@dataclass(frozen=True)
class Kpi:
    """A figure's definition. `variants` by name, `default` among them; `note` says what to know when reading it."""

    key: str
    label: str
    unit: Unit
    better: Better
    defined_by: str
    default: str
    variants: Mapping[str, Variant]
    per: int = 1
    note: str = ""

    def variant(self, name: str | None) -> Variant:
        """The variant of a name, the default for None. UnknownVariant if there is none of this name."""
        found = self.variants.get(name or self.default)
        if found is None:
            raise UnknownVariant(f"{self.key} has no variant {name!r}; it has {', '.join(self.variants)}.")
        return found


@dataclass(frozen=True)
class MoneyKpi:
    """A figure in money, by currency, never added across currencies. A mean is rounded to whole minor units."""

    key: str
    label: str
    formula: str
    numerator: Sums
    denominator: Sums | None
    defined_by: str
    cases: Sum = lambda tally: sum(tally.orders.values())  # how many amounts there are
    unit: Unit = "money"
    better: Better = "up"
    note: str = "Integer minor units by currency; amounts of different currencies are never added."


def _ms_in(*codes: str) -> Sum:
    return lambda tally: sum(tally.agent_ms.get(code, 0) for code in codes)


_PRODUCTIVE = _ms_in(*(state.code for state in AGENT_STATES.values() if state.productive))
_LOGGED_IN = _ms_in(*(state.code for state in AGENT_STATES.values() if state.logged_in))
_LOGIN_WITHOUT_PAUSES = _ms_in(*(s.code for s in AGENT_STATES.values() if s.logged_in and not s.paused))


def _handling(tally: Tally) -> int:
    return tally.talk_ms + tally.hold_ms + tally.wrap_ms


def _transfers(tally: Tally) -> int:
    return tally.cold_transfers + tally.warm_transfers + tally.unknown_transfers


def _count(key: str, label: str, better: Better, formula: str, number: Sum, note: str = "") -> Kpi:
    return Kpi(key, label, "count", better, "Tallyline", "sum", {"sum": Variant(formula, number)}, note=note)


def _ratio(
    key: str, label: str, unit: Unit, better: Better, by: str, formula: str, over: Sum, under: Sum, note: str = ""
) -> Kpi:
    return Kpi(key, label, unit, better, by, "default", {"default": Variant(formula, over, under)}, note=note)


def _answered_in(seconds: int) -> Sum:
    return lambda tally: within(tally.answered_waits, seconds)


def _without_short(short: int) -> Sum:
    return lambda tally: tally.offered - within(tally.abandoned_waits, short)


def _ended_in(seconds: int) -> Sum:
    return lambda tally: within(tally.answered_waits, seconds) + within(tally.abandoned_waits, seconds)


def _service_levels() -> dict[str, Variant]:
    found: dict[str, Variant] = {}
    for x in WAIT_BOUNDS_S:
        inside = f"answered within {x} s"
        found[f"1-{x}"] = Variant(f"{inside} / offered", _answered_in(x), lambda t: t.offered)
        found[f"2-{x}"] = Variant(
            f"{inside} / (answered + abandoned)", _answered_in(x), lambda t: t.answered + t.abandoned
        )
        for s in WAIT_BOUNDS_S:
            formula = f"{inside} / (offered - abandoned within {s} s)"
            found[f"3-{x}-{s}"] = Variant(formula, _answered_in(x), _without_short(s))
        formula = f"({inside} + abandoned within {x} s) / offered"
        found[f"4-{x}"] = Variant(formula, _ended_in(x), lambda t: t.offered)
        found[f"5-{x}"] = Variant(f"{inside} / answered", _answered_in(x), lambda t: t.answered)
    return found


def _abandonment() -> dict[str, Variant]:
    return {
        "all": Variant("abandoned / offered", lambda t: t.abandoned, lambda t: t.offered),
        "long": Variant(
            "(abandoned - short) / offered", lambda t: t.abandoned - t.short_abandoned, lambda t: t.offered
        ),
        "without_short": Variant(
            "(abandoned - short) / (offered - short)",
            lambda t: t.abandoned - t.short_abandoned,
            lambda t: t.offered - t.short_abandoned,
        ),
    }


def _sales_over(name: str, under: Sum) -> Variant:
    return Variant(f"sales / {name}", lambda t: t.sales_reported, under)


_BY_LEG_END = "Counted in the interval in which the leg ended."
_BY_CALL_START = "Counted in the interval in which the call started."
_AGENT_TIME = "Agents' time belongs to no campaign and no direction: there is none to divide by in a row of one."

_BY_ORDER = "From the order store, not from telephony: at the order's own time, without repeat shipments."


def _placed(tally: Tally) -> int:
    return tally.sales_confirmed


_ALL: tuple[Kpi | MoneyKpi, ...] = (
    _count("offered", "Offered", "up", "calls offered to agents", lambda t: t.offered, _BY_CALL_START),
    _count("answered", "Answered", "up", "offered calls that a human answered", lambda t: t.answered, _BY_CALL_START),
    _count("handled", "Handled", "up", "agents' parts of calls (legs)", lambda t: t.handled, _BY_LEG_END),
    _count("abandoned", "Abandoned", "down", "offered calls given up while waiting", lambda t: t.abandoned),
    _count("short_abandoned", "Short abandons", "down", "abandoned within 5 s", lambda t: t.short_abandoned),
    _count("flowed_out", "Flowed out", "down", "offered calls that ended otherwise", lambda t: t.flowed_out),
    _count("dials", "Dials", "up", "attempts of ours", lambda t: t.dials, _BY_CALL_START),
    _count("contacts", "Contacts", "up", "calls that a human answered", lambda t: t.contacts, _BY_CALL_START),
    _count("decision_contacts", "Decision contacts", "up", "talks with the decider", lambda t: t.decision_contacts),
    _count("transfers", "Transfers", "down", "cold + warm + unknown transfers", _transfers, _BY_LEG_END),
    _count("sales_reported", "Sales reported", "up", "sales that the telephony reports", lambda t: t.sales_reported),
    _count("units", "Units sold", "up", "pieces in reported sales", lambda t: t.units),
    Kpi(
        "service_level", "Service level", "share", "up", "ICMI, Genesys", "3-20-5", _service_levels(),
        note="Named variant-X, for variant 3 variant-X-s: X s to answer, abandons of at most s s left out.",
    ),
    Kpi("abandonment_rate", "Abandonment rate", "share", "down", "COPC, ICMI", "all", _abandonment()),
    _ratio(
        "asa", "Average speed of answer", "ms", "down", "COPC, ICMI", "wait of answered / answered with a known wait",
        lambda t: t.answered_wait_ms, lambda t: sum(t.answered_waits), _BY_CALL_START,
    ),
    _ratio(
        "delay_to_abandon", "Average delay to abandon", "ms", "up", "ICMI",
        "wait of abandoned / abandoned with a known wait",
        lambda t: t.abandoned_wait_ms, lambda t: sum(t.abandoned_waits), _BY_CALL_START,
    ),
    _ratio(
        "aht", "Average handling time", "ms", "down", "COPC, ICMI", "(talk + hold + wrap) / handled with a known talk",
        _handling, lambda t: t.talk_known, _BY_LEG_END,
    ),
    _ratio(
        "talk", "Average talk", "ms", "down", "Tallyline", "talk / handled with a known talk",
        lambda t: t.talk_ms, lambda t: t.talk_known, "Talk is connected time without hold.",
    ),
    _ratio(
        "hold", "Average hold", "ms", "down", "Tallyline", "hold / handled with a known hold",
        lambda t: t.hold_ms, lambda t: t.hold_known, _BY_LEG_END,
    ),
    _ratio(
        "wrap", "Average wrap-up", "ms", "down", "Tallyline", "wrap / handled with a known wrap",
        lambda t: t.wrap_ms, lambda t: t.wrap_known, _BY_LEG_END,
    ),
    _ratio(
        "ring", "Average ring time", "ms", "down", "Tallyline", "ring / dials that a human answered",
        lambda t: t.ring_ms, lambda t: t.dial_contacts, _BY_CALL_START,
    ),
    _ratio(
        "occupancy", "Occupancy", "time_share", "up", "COPC, ICMI", "(talk + hold + wrap) / productive time",
        _handling, _PRODUCTIVE,
        f"{_AGENT_TIME} Handling counts where the leg ended, so a short period may show more than 100 %.",
    ),
    Kpi(
        "utilisation", "Utilisation", "time_share", "up", "COPC", "ready",
        {
            "ready": Variant("productive time / logged-in time", _PRODUCTIVE, _LOGGED_IN),
            "handling": Variant("(talk + hold + wrap) / logged-in time", _handling, _LOGGED_IN),
        },
        note=f"{_AGENT_TIME} Logged-in time stands for paid time, which no event tells.",
    ),
    Kpi(
        "transfer_rate", "Transfer rate", "share", "down", "Genesys", "all",
        {
            "all": Variant("transfers / handled", _transfers, lambda t: t.handled),
            "cold": Variant("cold transfers / handled", lambda t: t.cold_transfers, lambda t: t.handled),
            "warm": Variant("warm transfers / handled", lambda t: t.warm_transfers, lambda t: t.handled),
        },
        note=_BY_LEG_END,
    ),
    _ratio(
        "connect_rate", "Connect rate", "share", "up", "outbound", "dials that somebody or something answered / dials",
        lambda t: t.connects, lambda t: t.dials, _BY_CALL_START,
    ),
    _ratio(
        "contact_rate", "Contact rate", "share", "up", "outbound", "dials that a human answered / dials",
        lambda t: t.dial_contacts, lambda t: t.dials, _BY_CALL_START,
    ),
    _ratio(
        "dmc_rate", "Decision-maker rate", "share", "up", "outbound", "decision-maker contacts / contacts",
        lambda t: t.decision_contacts, lambda t: t.contacts,
    ),
    Kpi(
        "conversion", "Conversion", "per_contact", "up", "the contract", "contacts",
        {
            "contacts": _sales_over("contacts", lambda t: t.contacts),
            "decision_contacts": _sales_over("decision-maker contacts", lambda t: t.decision_contacts),
            "answered": _sales_over("answered", lambda t: t.answered),
            "handled": _sales_over("handled", lambda t: t.handled),
        },
        note="Sales reported by the telephony. One contact may bring several sales.",
    ),
    Kpi(
        "sales_per_hour", "Sales per hour", "per_hour", "up", "the contract", "login",
        {
            "login": _sales_over("login hours without pauses", _LOGIN_WITHOUT_PAUSES),
            "productive": _sales_over("productive hours", _PRODUCTIVE),
            "paid": _sales_over("logged-in hours", _LOGGED_IN),
        },
        per=HOUR_MS,
        note=_AGENT_TIME,
    ),
    _count(
        "sales_confirmed", "Sales confirmed", "up", "orders that were placed", lambda t: t.sales_confirmed, _BY_ORDER,
    ),
    _count(
        "sales_cancelled", "Sales cancelled", "down", "orders that were cancelled", lambda t: t.sales_cancelled,
        _BY_ORDER,
    ),
    _ratio(
        "cancellation_rate", "Cancellation rate", "per_contact", "down", "direct response",
        "orders that were cancelled / orders that were placed", lambda t: t.sales_cancelled,
        lambda t: t.sales_confirmed, f"{_BY_ORDER} A cancellation counts on its own day, not on its order's.",
    ),
    MoneyKpi("revenue", "Revenue", "sum of the amounts of sales", lambda t: t.revenue, None, "direct response"),
    MoneyKpi(
        "revenue_confirmed", "Revenue confirmed", "sum of what customers pay for their orders, with tax",
        lambda t: t.revenue_confirmed, None, "direct response", _placed,
    ),
    MoneyKpi(
        "revenue_cancelled", "Revenue cancelled", "sum of what was cancelled or came back, with tax",
        lambda t: t.revenue_cancelled, None, "direct response", lambda t: t.sales_cancelled, better="down",
    ),
    MoneyKpi(
        "upsell_confirmed", "Upsell confirmed", "part of the confirmed revenue that is of upsells and cross-sells",
        lambda t: t.upsell_confirmed, None, "direct response", _placed,
    ),
    MoneyKpi(
        "average_order_confirmed", "Average confirmed order", "confirmed revenue / orders that were placed",
        lambda t: t.revenue_confirmed, lambda t: t.orders_confirmed, "direct response", _placed,
    ),
    MoneyKpi(
        "average_order_value", "Average order value", "revenue / sales with an amount",
        lambda t: t.revenue, lambda t: t.orders, "direct response",
    ),
)  # fmt: skip

KPIS: dict[str, Kpi | MoneyKpi] = {kpi.key: kpi for kpi in _ALL}
"""Every KPI by its key, in the order in which they are shown."""


def kpi(key: str) -> Kpi | MoneyKpi:
    """The KPI of a key. UnknownKpi if there is none."""
    found = KPIS.get(key)
    if found is None:
        raise UnknownKpi(f"There is no KPI {key!r}; there are {', '.join(KPIS)}.")
    return found


def figure(definition: Kpi | MoneyKpi, tally: Tally, variant: str | None = None) -> dict[str, Any]:
    """The KPI of these sums: value, n, numerator, denominator and variant.

    The value is None where it can't be calculated because there is nothing to divide by. A share of fewer than
    `CERTAIN_FROM` cases comes with its 95 % confidence interval (Wilson).
    """
    if isinstance(definition, MoneyKpi):
        return _money(definition, tally)
    chosen = definition.variant(variant)
    over = chosen.numerator(tally)
    if chosen.denominator is None:
        return {"value": over, "n": over, "numerator": over, "denominator": None}
    under = chosen.denominator(tally)
    result: dict[str, Any] = {
        "value": over * definition.per / under if under > 0 else None,
        "n": under,
        "numerator": over,
        "denominator": under,
        "variant": variant or definition.default,
    }
    if definition.unit == "share" and 0 < under < CERTAIN_FROM and 0 <= over <= under:
        result["interval"] = wilson(over, under)
    return result


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share, by Wilson's score."""
    share, square = hits / cases, _Z * _Z / cases
    middle = (share + square / 2) / (1 + square)
    half = _Z * ((share * (1 - share) / cases + square / (4 * cases)) ** 0.5) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def _money(definition: MoneyKpi, tally: Tally) -> dict[str, Any]:
    over = definition.numerator(tally)
    if definition.denominator is None:
        return {
            "value": dict(over) or None,
            "n": definition.cases(tally),
            "numerator": over,
            "denominator": None,
        }
    under = definition.denominator(tally)
    means = {currency: _mean(over.get(currency, 0), orders) for currency, orders in under.items() if orders > 0}
    return {"value": means or None, "n": sum(under.values()), "numerator": over, "denominator": under}


def _mean(total: int, count: int) -> int:
    """Rounded half to even, in integers throughout."""
    whole, rest = divmod(total, count)
    return whole + (2 * rest > count or (2 * rest == count and whole % 2 == 1))
