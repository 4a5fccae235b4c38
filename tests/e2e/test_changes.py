"""Why a figure is another one than before: what it was then, what it is now, and the calls that came between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.simulate.company import Company, company
from services.simulate.driver import requests_of, send, set_up_company
from services.simulate.stream import deliveries
from tests.e2e.systems import System, Time, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED = 11
MEASURES = (
    "handled", "sales_reported", "talk_ms", "answered", "abandoned", "aht", "conversion", "dispositions:sale",
    "service_level",
)  # fmt: skip
ROUTE = "/api/v1/performance/changes"


def asked(firm: Company, partner: int, time: Time, measure: str, **more: str) -> dict[str, str]:
    day = time().date()
    period = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}
    return {**period, "partner": firm.partners[partner].id, "measure": measure, **more}


async def totals(system: System, firm: Company, time: Time) -> dict[tuple[int, str, str, str], int]:
    """By partner, measure, side and agent, what the evidence says now."""
    found = {}
    for partner in range(2):
        for measure in MEASURES:
            for side in ("numerator", "denominator") if measure in ("aht", "conversion", "service_level") else ("",):
                for agent in ("", firm.partners[partner].agents[0].id):
                    more = ({"side": side} if side else {}) | ({"agent": agent} if agent else {})
                    told = await ask(
                        system.client, "/api/v1/performance/evidence", **asked(firm, partner, time, measure, **more)
                    )
                    found[partner, measure, side, agent] = told["total"] or 0
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def before(system: System, time: Time) -> tuple[Company, datetime, Mapping[Any, int]]:
    """A company's twelve hours: what its figures were by all that was received in the first nine."""
    firm = company(SEED, partners=2, agents=6, connectors=("native", "twilio"))
    await set_up_company(system.client, firm, demo=True)
    arrived, moment = list(deliveries(firm, SEED, time() - timedelta(hours=12), time())), time() - timedelta(hours=3)
    early = [one for one in arrived if one.received_at <= moment]
    sent = await send(system.client, requests_of(firm, early))
    assert sent.answers.keys() == {202}
    await system.settled()
    figures = await totals(system, firm, time)
    await send(system.client, requests_of(firm, [one for one in arrived if one.received_at > moment]))
    await system.settled()
    return firm, moment, figures


async def test_what_it_was_is_what_was_said_then_and_the_calls_add_up_to_the_change(
    system: System, time: Time, before: tuple[Company, datetime, Mapping[Any, int]]
) -> None:
    firm, moment, was = before
    is_ = await totals(system, firm, time)
    moved = 0
    for key, then in was.items():
        partner, measure, side, agent = key
        more = {"since": moment.isoformat()} | ({"side": side} if side else {}) | ({"agent": agent} if agent else {})
        told = await ask(system.client, ROUTE, **asked(firm, partner, time, measure, **more))
        assert (told["then"], told["now"]) == (then, is_[key]), key
        assert sum(item["change"] for item in told["items"]) == told["change"] == is_[key] - then
        for item in told["items"]:
            assert item["change"] == item["now"] - item["then"] != 0
            assert all(datetime.fromisoformat(one["received_at"]) > moment for one in item["arrived"])
            assert item["arrived"]
        moved += len(told["items"])
    assert moved > 20


async def test_nothing_moved_it_since_everything_came(
    system: System, time: Time, before: tuple[Company, datetime, Mapping[Any, int]]
) -> None:
    firm, _, _ = before
    told = await ask(system.client, ROUTE, **asked(firm, 0, time, "handled", since=time().isoformat()))
    assert (told["change"], told["items"]) == (0, [])
    assert told["then"] == told["now"] > 0


async def test_what_cannot_be_told_is_refused(
    system: System, time: Time, before: tuple[Company, datetime, Mapping[Any, int]]
) -> None:
    firm, moment, _ = before
    since = moment.isoformat()
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"measure": "revenue"}, "measure"),
        ({"measure": "dispositions"}, "measure"),
        ({"since": "2026-11-18T00:00:00"}, "since"),
        ({"team": "x"}, "team"),
        ({"to": (time().date() + timedelta(days=30)).isoformat()}, "to"),
    )
    for more, field in wrong:
        refused = await system.client.get(ROUTE, params=asked(firm, 0, time, "handled") | {"since": since} | more)
        assert refused.status_code == 422, more
        assert refused.json()["errors"][0]["field"] == field
    everybody = {name: value for name, value in asked(firm, 0, time, "handled").items() if name != "partner"}
    assert (await system.client.get(ROUTE, params=everybody | {"since": since})).status_code == 422


async def test_it_is_the_partners_own(
    system: System, time: Time, before: tuple[Company, datetime, Mapping[Any, int]]
) -> None:
    firm, moment, _ = before
    key = (
        await system.client.post(
            "/api/v1/keys", json={"name": "l", "role": "partner", "partners": [firm.partners[0].id]}
        )
    ).json()["key"]
    bearer = {"authorization": f"Bearer {key}"}
    for partner, status in ((0, 200), (1, 403)):
        query = asked(firm, partner, time, "handled", since=moment.isoformat())
        assert (await system.client.get(ROUTE, params=query, headers=bearer)).status_code == status
