"""Every figure is what an independent count says: of the recorded sets, and of a simulated day's truth."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.simulate.calls import Call
from services.simulate.company import Company, Partner, company
from services.simulate.driver import requests_of, send, set_up_company
from services.simulate.stream import history_day, truth
from tests.e2e.recorded import FROM, SETS, TO, Delivered, deliver
from tests.e2e.recount import SPOKE_TO_THE_DECIDER, Sums, recount
from tests.e2e.systems import System, ask, everything

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED, DAY = 5, date(2026, 11, 17)
COUNTS = {
    "offered": "offered", "answered": "answered", "abandoned": "abandoned", "short_abandoned": "short_abandoned",
    "flowed_out": "flowed_out", "dials": "dials", "contacts": "contacts", "handled": "handled",
    "transfers": "transfers", "sales_reported": "sales", "units": "units", "decision_contacts": "decision_contacts",
}  # fmt: skip
NUMERATORS = {
    "asa": "answered_wait_ms", "delay_to_abandon": "abandoned_wait_ms", "service_level": "answered_in_20",
    "talk": "talk_ms", "hold": "hold_ms", "wrap": "wrap_ms", "connect_rate": "connects",
    "utilisation": "productive_ms",
}  # fmt: skip
DENOMINATORS = {"utilisation": "logged_in_ms", "connect_rate": "dials", "conversion": "contacts"}
KPIS = ",".join({*COUNTS, *NUMERATORS, *DENOMINATORS, "revenue"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sets(system: System) -> dict[str, Delivered]:
    """All sets, delivered."""
    found = {name: await deliver(system, folder) for name, folder in SETS.items()}
    await system.settled()
    return found


def told(figures: dict[str, Any], without: frozenset[str] = frozenset()) -> dict[str, int]:
    """Figures of a row, by the names of the recount. What is nothing is left out."""
    found = {name: figures[kpi]["value"] for kpi, name in COUNTS.items()}
    found |= {name: figures[kpi]["numerator"] for kpi, name in NUMERATORS.items()}
    for kpi, name in DENOMINATORS.items():
        assert found.setdefault(name, figures[kpi]["denominator"]) == figures[kpi]["denominator"]
    return {name: n for name, n in found.items() if n and name not in without}


async def rows(system: System, dimension: str, partner: str, **more: Any) -> list[Any]:
    """The rows of a partner's table."""
    period = {"from": FROM, "to": TO} | more
    return await everything(
        system.client, f"/api/v1/performance/{dimension}", partner=partner, kpis=KPIS, limit=500, **period
    )


@pytest.mark.parametrize("name", SETS)
async def test_a_sets_figures_are_those_that_its_answers_add_up_to(
    name: str, system: System, sets: dict[str, Delivered]
) -> None:
    delivered = sets[name]
    whole, agents = recount(delivered.expected)
    (row,) = await rows(system, "partners", delivered.partner)
    assert told(row["figures"]) == {n: value for n, value in whole.n.items() if value}
    assert Counter(row["figures"]["revenue"]["numerator"]) == whole.revenue

    by_agent = {row["agent"]: row["figures"] for row in await rows(system, "agents", delivered.partner)}
    for kpi, counted in (("handled", "handled"), ("sales_reported", "sales"), ("dials", "dials")):
        expected = {agent: sums.n[counted] for agent, sums in agents.items() if sums.n[counted]}
        assert {agent: f[kpi]["value"] for agent, f in by_agent.items() if f[kpi]["value"]} == expected
    logged_in = {agent: sums.n["logged_in_ms"] for agent, sums in agents.items() if sums.n["logged_in_ms"]}
    assert {a: f["utilisation"]["n"] for a, f in by_agent.items() if f["utilisation"]["n"]} == logged_in
    revenue = {agent: dict(sums.revenue) for agent, sums in agents.items() if sums.revenue}
    assert {a: f["revenue"]["value"] for a, f in by_agent.items() if f["revenue"]["value"]} == revenue


@pytest.mark.parametrize("name", SETS)
async def test_calls_count_in_the_interval_of_their_start_and_sales_in_their_own(
    name: str, system: System, sets: dict[str, Delivered]
) -> None:
    delivered = sets[name]
    whole, _ = recount(delivered.expected)
    # Quarters of an hour are told of a month at most, and a set that crosses a clock change may have half a year.
    offered, sold, results = Counter[str](), Counter[str](), Counter[str]()
    for day in sorted({event["at"][:10] for event in delivered.expected["events"]}):
        period = {
            "from": day,
            "to": (date.fromisoformat(day) + timedelta(days=1)).isoformat(),
            "time_zone": "UTC",
        }
        for r in await rows(system, "partners", delivered.partner, group_by="interval", **period):
            offered[r["interval"]] += r["figures"]["offered"]["value"]
            sold[r["interval"]] += r["figures"]["sales_reported"]["value"]
        evidence = await ask(
            system.client,
            "/api/v1/performance/evidence",
            partner=delivered.partner,
            measure="dispositions",
            limit=1000,
            **period,
        )
        results.update(evidence["total"] or {})
    assert +offered == whole.offered_at
    assert +sold == whole.sold_at
    assert results == whole.dispositions


# A simulated day: the simulator knows what happened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def firm(system: System) -> Company:
    """A small company whose day was delivered, with all that the network repeats and delays."""
    found = company(SEED, partners=2, agents=8, connectors=("native", "twilio"))
    await set_up_company(system.client, found, demo=True)
    sent = await send(system.client, requests_of(found, history_day(found, SEED, DAY)))
    assert sent.answers.keys() == {202}
    await system.settled()
    return found


def count_of_truth(partner: Partner, calls: list[Call]) -> tuple[Sums, dict[str, Sums]]:
    """The sums of what happened, as far as the platform tells it: of a transferred call Twilio gives no durations by
    leg, and none of holds; wrap-up of a leg without a result is never told."""
    tells_all = partner.settings.connector == "native"
    whole, agents = Sums(), {agent.id: Sums() for agent in partner.agents}
    for call in calls:
        human, line = call.answered_by == "human", "offered" if call.inbound else "dials"
        whole.n[line] += 1
        whole.n["contacts"] += human
        whole.n["connects"] += not call.inbound and call.answered_by is not None
        if call.inbound:
            name = "answered" if human else "abandoned" if call.reason == "abandoned" else "flowed_out"
            whole.n[name] += 1
            whole.n[f"{name}_wait_ms"] += 0 if name == "flowed_out" else call.wait_ms
            whole.n["short_abandoned"] += name == "abandoned" and call.wait_ms <= 5_000
            whole.n["answered_in_20"] += human and call.wait_ms <= 20_000
        handed = any(leg.handed_over for leg in call.legs)
        if call.legs:
            measured = call.talk_ms if tells_all or not handed else call.ended - (call.answered or 0)
            whole.n["talk_ms"] += measured
            whole.n["hold_ms"] += call.hold_ms if tells_all else 0
        away = bool(call.legs) and call.legs[-1].handed_over is not None and call.ended > call.legs[-1].handed_at
        whole.n["handled"] += away and not tells_all  # handed to somebody outside, who has the rest of the call
        whole.n["transfers"] += sum(leg.handed_over is not None for leg in call.legs)
        for leg in call.legs:
            mine = agents[leg.agent.id]
            for sums in (whole, mine):
                sums.n["handled"] += 1
                sums.n["wrap_ms"] += leg.wrap_ms if tells_all or leg.disposition else 0
                if leg.sale:
                    sums.n["sales"] += 1
                    sums.n["units"] += leg.sale.quantity
                    sums.revenue[leg.sale.amount.currency] += leg.sale.amount.minor
            if tells_all:
                mine.n["talk_ms"] += leg.talk_ms
                mine.n["hold_ms"] += leg.hold_ms
        results = [leg.corrected[1] if leg.corrected else leg.disposition for leg in call.legs] or [call.result]
        for result in filter(None, results):
            whole.dispositions[result] += 1
            whole.n["decision_contacts"] += result in SPOKE_TO_THE_DECIDER
    return whole, agents


@pytest.mark.parametrize("place", [0, 1], ids=["native", "twilio"])
async def test_a_simulated_days_figures_are_what_happened(place: int, system: System, firm: Company) -> None:
    partner = firm.partners[place]
    calls = [call for call in truth(firm, SEED, DAY) if call.source == partner.source]
    assert len(calls) > 100
    whole, agents = count_of_truth(partner, calls)
    day = {"from": DAY.isoformat(), "to": (DAY + timedelta(days=1)).isoformat()}
    (row,) = await rows(system, "partners", partner.id, **day)
    figures = told(row["figures"], without=frozenset({"logged_in_ms", "productive_ms"}))
    assert figures == {name: n for name, n in whole.n.items() if n}
    assert Counter(row["figures"]["revenue"]["numerator"]) == whole.revenue
    evidence = await ask(
        system.client, "/api/v1/performance/evidence", partner=partner.id, measure="dispositions", limit=1000, **day
    )
    assert Counter(evidence["total"]) == whole.dispositions

    names = ("handled", "sales", "units", "wrap_ms", "talk_ms", "hold_ms")
    shown = names if partner.settings.connector == "native" else names[:4]
    by_agent = {row["agent"]: told(row["figures"]) for row in await rows(system, "agents", partner.id, **day)}
    for agent, sums in agents.items():
        assert {n: by_agent.get(agent, {}).get(n, 0) for n in shown} == {n: sums.n[n] for n in shown}
