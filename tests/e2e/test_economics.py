"""Unit economics over HTTP: calls come in, costs and rates are told; figures, prediction, and KPIs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_month import MONTH, connected, november, report, submitted

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"

API = "/api/v1/reconciliation"
ECONOMICS = f"{API}/economics?month=2026-11"
CALLS = 8  # two a day from Tuesday the 3rd to Friday the 6th, each with 80 s of talk; the first and the fifth sell


async def told(system: System, path: str, body: dict[str, Any]) -> None:
    answer = await system.client.post(API + path, json=body)
    assert answer.status_code == 202, answer.text
    await at_rest(system)


def brief(figures: dict[str, Any]) -> dict[str, Any]:
    names = ("calls", "net_sales", "net_revenue", "price", "media", "margin")
    return {name: figures[name] for name in names}


async def test_what_calls_and_sales_cost_and_bring(system: System, time: Time) -> None:
    await connected(system)
    await november(system, time, CALLS)
    await told(system, "/media-costs/2026-11", {"campaign": "lamps", "amount": {"minor": 1000, "currency": "EUR"}})
    await told(system, "/partners/adria/lost-sales", {"sale": "adria-switch:c-4#1", "on": "2026-11-09"})

    found = await ask(system.client, ECONOMICS)
    # 640 s of talk at 55 cents a minute; one of two sales of 49 euros stands.
    whole = {"calls": 8, "net_sales": 1, "net_revenue": 4900, "price": 587, "media": 1000, "margin": 3313}
    assert [(row["name"], brief(row["figures"])) for row in found["rows"]] == [("adria", whole)]
    assert brief(found["total"]) == whole
    assert found["total"]["cost_per_call"] == {"value": "198.38", "n": 8}
    assert (found["running"], found["without_price"], found["missing_rates"]) == (True, [], [])
    end = found["prediction"]["total"]
    # Of Tuesdays three were and one is left; of Wednesdays, Thursdays and Fridays two were and two are left.
    assert (end["calls"], end["sales"], end["revenue"], end["price"]) == (15, 3, 16_333, 1076)
    assert found["prediction"]["partners"] == [
        {"partner_id": "adria", "until": "2026-11-17", "open_days_seen": 12, "open_days_left": 9, "assumed": []}
    ]
    products = await ask(system.client, f"{ECONOMICS}&by=product")
    assert [(row["name"], row["figures"]["cost"], row["figures"]["calls"]) for row in products["rows"]] == [
        ("LAMP", 1587, None),
        (None, 0, None),
    ]
    for view in ("selling", "media_costs"):
        verified = await system.client.post(f"/api/v1/operations/views/{view}/verify")
        assert verified.json()["identical"], view


async def test_another_currency_needs_a_rate_of_a_day(system: System) -> None:
    dark = await ask(system.client, f"{ECONOMICS}&currency=RSD&by=campaign")
    assert (dark["total"]["margin"], dark["missing_rates"]) == (None, ["RSD"])
    await told(system, "/rates/2026-11", {"currency": "RSD", "units": "117.2", "day": "2026-11-17", "source": "NBS"})
    found = await ask(system.client, f"{ECONOMICS}&currency=RSD&by=campaign")
    assert found["rows"][0]["name"] == "lamps"
    assert (found["total"]["price"], found["total"]["media"]) == (68_796, 117_200)
    assert [(one["currency"], one["day"], one["source"]) for one in found["rates"]] == [("RSD", "2026-11-17", "NBS")]
    shown = await ask(system.client, f"{API}/rates?month=2026-11")
    assert shown["told"]["RSD"]["2026-11-17"]["units"] == "117.2"
    refused = await system.client.post(
        f"{API}/rates/2026-11", json={"currency": "RSD", "units": "1", "day": "2026-12-01", "source": "NBS"}
    )
    assert refused.json()["type"] == "/problems/other_month"
    assert (await system.client.get(f"{ECONOMICS}&currency=XXQ")).status_code == 422


async def test_a_finished_month_has_no_prediction(system: System, time: Time) -> None:
    before, time.at = time.at, datetime(2026, 12, 1, 9, tzinfo=UTC)
    found = await ask(system.client, ECONOMICS)
    time.at = before
    assert (found["running"], found["prediction"], found["total"]["calls"]) == (False, None, 8)


async def test_reports_and_facts_have_their_kpis(system: System) -> None:
    found = await ask(system.client, f"{API}/partners/adria/completeness?month=2026-11")
    assert (found["lacking"], found["completeness"]) == (
        {"started": 0, "ended": 0, "result": 0},
        {"value": "100.00", "n": CALLS},
    )
    assert (await ask(system.client, f"{API}/partners/adria/accuracy"))["items"] == []
    month = await submitted(
        system, report(range(CALLS), **{"Amount_(EUR)": {0: "94.00", 4: ""}, "Result": {4: "Sale cancelled"}})
    )
    assert len(month["mismatches"]) == 1, (MONTH, month)
    told = (await ask(system.client, f"{API}/partners/adria/accuracy"))["items"]
    assert [(one["month"], one["agreed"]) for one in told] == [("2026-11", False)]
    assert told[0]["reports"] == [
        {"number": 1, "adjusted": False, "calls": 8, "differing": 1, "accuracy": {"value": "87.50", "n": 8}}
    ]
