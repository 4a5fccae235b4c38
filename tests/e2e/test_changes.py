"""Why a figure is another one than before: what it was then, what it is now, and the calls that came between."""

from __future__ import annotations

from collections import Counter
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


ALL = None
"""Both partners together."""


def asked(firm: Company, partner: int | None, time: Time, measure: str, **more: str) -> dict[str, str]:
    day = time().date()
    period = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}
    whose = {} if partner is ALL else {"partner": firm.partners[partner].id}
    return {**period, **whose, "measure": measure, **more}


def scopes(firm: Company) -> list[tuple[int | None, tuple[tuple[str, str], ...]]]:
    """What pages show figures of: a partner, an agent of it, all partners, a campaign at all of them and at one."""
    agents = [(("agent", partner.agents[0].id),) for partner in firm.partners]
    campaigns = [(("campaign", one.code),) for one in firm.partners[0].campaigns]
    return [
        *((partner, ()) for partner in range(2)),
        *((partner, agent) for partner, agent in enumerate(agents)),
        (ALL, ()),
        *((whose, one) for one in campaigns for whose in (ALL, 0)),
    ]


Key = tuple[int | None, str, tuple[tuple[str, str], ...]]


async def totals(system: System, firm: Company, time: Time) -> dict[Key, int]:
    """By partner, measure and filters, what the evidence says now."""
    found: dict[Key, int] = {}
    for partner, of in scopes(firm):
        for measure in MEASURES:
            for side in ("numerator", "denominator") if measure in ("aht", "conversion", "service_level") else ("",):
                more = (*of, *((("side", side),) if side else ()))
                told = await ask(
                    system.client, "/api/v1/performance/evidence", **asked(firm, partner, time, measure, **dict(more))
                )
                found[partner, measure, more] = told["total"] or 0
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
    moved = Counter[str]()
    for key, then in was.items():
        partner, measure, of = key
        more = {"since": moment.isoformat()} | dict(of)
        told = await ask(system.client, ROUTE, **asked(firm, partner, time, measure, **more))
        assert (told["then"], told["now"]) == (then, is_[key]), key
        assert sum(item["change"] for item in told["items"]) == told["change"] == is_[key] - then
        for item in told["items"]:
            assert item["change"] == item["now"] - item["then"] != 0
            assert all(datetime.fromisoformat(one["received_at"]) > moment for one in item["arrived"])
            assert item["arrived"]
        kind = "all" if partner is ALL else "one"
        moved[f"{kind} {' '.join(name for name, _ in of if name != 'side')}"] += len(told["items"])
        if partner is ALL and not of:
            assert {item["partner"] for item in told["items"]} <= {one.id for one in firm.partners}
    assert moved.keys() == {"one ", "one agent", "all ", "all campaign", "one campaign"}
    assert min(moved.values()) > 20


async def test_all_partners_together_move_by_what_each_of_them_does(
    system: System, time: Time, before: tuple[Company, datetime, Mapping[Any, int]]
) -> None:
    firm, moment, _ = before
    for measure in ("handled", "talk_ms"):
        told = [
            await ask(system.client, ROUTE, **asked(firm, whose, time, measure, since=moment.isoformat()))
            for whose in (ALL, 0, 1)
        ]
        together, *each = told
        for name in ("then", "now", "change", "unmoved"):
            assert together[name] == sum(one[name] for one in each), (measure, name)
        assert {one["partner"] for one in together["items"]} == {one.id for one in firm.partners}


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
    long = {"since": since, "to": (time().date() + timedelta(days=3)).isoformat()}
    assert (await system.client.get(ROUTE, params=asked(firm, 0, time, "handled", **long))).status_code == 200
    assert (await system.client.get(ROUTE, params=asked(firm, ALL, time, "handled", **long))).status_code == 422


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
    theirs, all_of_theirs = [
        (await system.client.get(ROUTE, params=query, headers=bearer)).json()
        for query in (asked(firm, whose, time, "handled", since=moment.isoformat()) for whose in (0, ALL))
    ]
    assert {**theirs, "as_of": None} == {**all_of_theirs, "as_of": None}, "who sees one partner has no other"
    assert theirs["items"]
