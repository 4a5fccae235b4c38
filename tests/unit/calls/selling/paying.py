"""Plans, orders and states as the tests of commissions use them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from services.calls.domain.commissions import Sale
from services.calls.domain.paid_time import Stay
from services.calls.domain.statement import Facts
from services.calls.events.commissions import (
    PlanPublished,
    PlanTerms,
    Pool,
    Rate,
    Step,
    Tiers,
    TimeRule,
    TimeRulesPublished,
)
from shared.contracts.selling import LineKind, OrderCancelled, OrderLine, OrderPlaced, OrderReturned

ZAGREB = ZoneInfo("Europe/Zagreb")
AT = datetime(2026, 2, 20, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"at": AT, "by": "ana", "reason": "spring"}
MONTHS = ("2026-03", "2026-04", "2026-05", "2026-06")
SKUS = ("KOL-30", "BIO-10", "VIT-C")
KINDS: tuple[LineKind, ...] = ("main", "upsell", "cross_sell")


def plan_of(terms: PlanTerms, version: int = 1, starts: date = date(2026, 1, 1), plan: str = "global") -> PlanPublished:
    return PlanPublished(partner="adria", plan=plan, version=version, starts=starts, terms=terms, **WHO)


def rules(*said: TimeRule, version: int = 1, starts: date = date(2026, 1, 1)) -> TimeRulesPublished:
    return TimeRulesPublished(partner="adria", version=version, starts=starts, rules=said, **WHO)


def line(
    number: int = 1, net: int = 6384, quantity: int = 2, sku: str = "KOL-30", kind: LineKind = "main"
) -> OrderLine:
    return OrderLine(
        line=number,
        sku=sku,
        kind=kind,
        quantity=quantity,
        unit_net_minor=net // quantity,
        net_minor=net,
        tax_minor=0,
        tax_rate="25",
        price_list=f"{sku}/1",
    )


def placed(order: str, at: datetime, *lines: OrderLine, **more: Any) -> OrderPlaced:
    fields: dict[str, Any] = {"partner": "adria", "currency": "EUR", "country": "HR", "agent": "a7", "by": "a7"}
    return OrderPlaced(order=order, lines=lines or (line(),), at=at, customer_ref="cus_1", **fields | more)


def cancelled(order: OrderPlaced, at: datetime) -> OrderCancelled:
    return OrderCancelled(**_of(order), lines=order.lines, at=at, reason="changed their mind", by="ana")


def returned(order: OrderPlaced, at: datetime, *lines: OrderLine) -> OrderReturned:
    return OrderReturned(**_of(order), lines=lines, at=at, reason="broken", by="ana")


def _of(order: OrderPlaced) -> dict[str, Any]:
    return {
        "order": order.order,
        "partner": order.partner,
        "currency": order.currency,
        "ordered_at": order.at,
        "agent": order.agent,
        "campaign": order.campaign,
    }


def stay(at: datetime, minutes: int, state: str = "on_call", code: str = "") -> Stay:
    return Stay(since=at, until=at + timedelta(minutes=minutes), state=state, code=code)


PERCENTS = st.sampled_from(["0", "1.25", "3.3333", "10", "33.3"])
MINOR = st.integers(0, 5_000)


@st.composite
def rates(draw: st.DrawFn) -> tuple[Rate, ...]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        per: Literal["order", "line"] = draw(st.sampled_from(["order", "line"]))
        fixed = draw(st.none() | MINOR)
        of_line: dict[str, Any] = {}
        if per == "line":
            of_line = {
                "kinds": tuple(draw(st.sets(st.sampled_from(KINDS), max_size=2))),
                "skus": tuple(sorted(draw(st.sets(st.sampled_from(SKUS), max_size=2)))),
            }
        percent = draw(PERCENTS) if fixed is None else None
        found.append(Rate(name=f"r{number}", per=per, fixed_minor=fixed, percent=percent, **of_line))
    return tuple(found)


@st.composite
def all_tiers(draw: st.DrawFn) -> Tiers:
    measure: Literal["orders", "revenue"] = draw(st.sampled_from(["orders", "revenue"]))
    above = sorted(draw(st.sets(st.integers(0, 6 if measure == "orders" else 60_000), min_size=1, max_size=3)))
    steps = [
        Step(above=one, fixed_minor=draw(MINOR)) if measure == "orders" else Step(above=one, percent=draw(PERCENTS))
        for one in above
    ]
    return Tiers(measure=measure, mode=draw(st.sampled_from(["whole", "marginal"])), steps=tuple(steps))


@st.composite
def all_terms(draw: st.DrawFn, of_campaign: bool = False) -> PlanTerms:
    of_hours: dict[str, Any] = {}
    if not of_campaign:
        of_hours = {
            "hourly_minor": draw(st.none() | MINOR),
            "minimum_minor": draw(st.none() | MINOR),
            "pool": draw(
                st.none()
                | st.builds(Pool, by=st.sampled_from(["hours", "sales"]), percent=PERCENTS)
                | st.builds(Pool, by=st.sampled_from(["hours", "sales"]), fixed_minor=MINOR)
            ),
        }
    return PlanTerms(
        currency="EUR",
        rounding=draw(st.sampled_from(["half_up", "half_even", "down"])),
        rates=draw(rates()),
        tiers=draw(st.none() | all_tiers()),
        claw_back_days=draw(st.none() | st.integers(0, 90)),
        cap_minor=draw(st.none() | MINOR),
        **of_hours,
    )


@st.composite
def books(draw: st.DrawFn) -> dict[str, list[PlanPublished]]:
    starts = sorted(draw(st.sets(st.dates(date(2026, 1, 1), date(2026, 6, 1)), min_size=1, max_size=3)))
    found = {"global": [plan_of(draw(all_terms()), n, day) for n, day in enumerate(starts, 1)]}
    if draw(st.booleans()):
        found["SPRING-HR"] = [plan_of(draw(all_terms(of_campaign=True)), 1, date(2026, 3, 15), "SPRING-HR")]
    return found


TIMES = st.integers(0, 95 * 86_400).map(lambda seconds: datetime(2026, 2, 27, tzinfo=UTC) + timedelta(seconds=seconds))


@st.composite
def sales_of(draw: st.DrawFn, agent: str) -> list[Sale]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        lines = tuple(
            line(
                of,
                draw(st.integers(0, 20_000)),
                draw(st.integers(1, 4)),
                draw(st.sampled_from(SKUS)),
                draw(st.sampled_from(KINDS)),
            )
            for of in range(1, draw(st.integers(1, 3)) + 1)
        )
        order = placed(
            f"{agent}-o{number}",
            draw(TIMES),
            *lines,
            agent=agent,
            campaign=draw(st.sampled_from([None, "SPRING-HR", "LAMPS"])),
            currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "CZK"])),
        )
        after = order.at + timedelta(hours=draw(st.integers(1, 2_000)))
        taken: tuple[OrderCancelled | OrderReturned, ...] = draw(
            st.sampled_from([(), (cancelled(order, after),), (returned(order, after, order.lines[0]),)])
        )
        found.append(Sale(order, taken))
    return found


@st.composite
def all_facts(draw: st.DrawFn) -> Facts:
    """A team of three and what happened to it in some months."""
    agents = ("a7", "a8", "a9")
    stays = {
        agent: [
            stay(draw(TIMES), draw(st.integers(1, 2_000)), draw(st.sampled_from(["on_call", "break", "meal"])))
            for _ in range(draw(st.integers(0, 4)))
        ]
        for agent in agents
    }
    paid = rules(TimeRule(state="on_call", pay="yes", productive=True), TimeRule(state="break", pay="half"))
    return Facts(
        zone=ZAGREB,
        plans=draw(books()),
        rules=[paid],
        sales={agent: draw(sales_of(agent)) for agent in agents},
        stays=stays,
        teams={"a7": "red", "a8": "red", "a9": draw(st.sampled_from(["red", "blue", None]))},
    )
