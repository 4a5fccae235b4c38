"""What a demo's programme manager enters is taken, once, and fills every part that a new user looks at first."""

from __future__ import annotations

from datetime import date

from services.simulate.company import company
from services.simulate.dealings import AT_THE_TABLE, IN_TRANSITION
from services.simulate.driver import enter_dealings, enter_programme
from services.simulate.programme import PROSPECTS
from tests.unit.partners.service import world


async def test_the_programme_is_entered_once_and_shows_a_pipeline() -> None:
    firm = company(1, 6, 36)
    async with world() as at:
        for partner in firm.partners:
            await at.http.post("/api/v1/partners", json={"partner_id": partner.id, "name": partner.name})
        await enter_programme(at.http, firm, date(2026, 3, 2))
        events = list(at.service.events)
        await enter_programme(at.http, firm, date(2026, 3, 2))
        assert at.service.events == events
        rows = {row["stage"]: row["now"] for row in (await at.http.get("/api/v1/pipeline")).json()["items"]}
        assert {stage: n for stage, n in rows.items() if n} == {
            "found": 2,
            "contacted": 2,
            "evaluating": 1,
            "negotiating": 1,
            "integrating": 1,
            "ramping": 1,
            "live": 5,
        }
        best = (await at.http.get("/api/v1/briefs/iberia-inbound/candidates")).json()["items"][0]
        assert (best["partner_id"], best["met"], best["unknown"]) == ("tejo-direto", 4, 0)
        listed = (await at.http.get("/api/v1/partners")).json()["items"]
        assert len(listed) == len(firm.partners) + len(PROSPECTS)
        assert all(doc["owner"] and doc["contacts"] and doc["next_action"] for doc in listed)


async def test_what_goes_on_with_partners_is_entered_once_and_leaves_something_to_do() -> None:
    firm, today = company(1, 6, 36), date(2026, 3, 2)
    async with world() as at:
        for partner in firm.partners:
            await at.http.post("/api/v1/partners", json={"partner_id": partner.id, "name": partner.name})
        await enter_programme(at.http, firm, today)
        await enter_dealings(at.http, firm, today)
        events = list(at.service.events)
        await enter_dealings(at.http, firm, today)
        assert at.service.events == events
        signed = (await at.http.get(f"/api/v1/contracts/{firm.partners[0].id}:main")).json()
        assert [version["number"] for version in signed["versions"]] == [1, 2]
        open_ = (await at.http.get(f"/api/v1/contracts/{AT_THE_TABLE}:main")).json()
        assert (open_["state"], open_["open_deviations"]) == ("drafted", 3)
        plan = (await at.http.get(f"/api/v1/transitions/{IN_TRANSITION}")).json()
        assert (plan["done"], plan["lines"]["+38111000002"]["switched"]) == (4, True)
        states = [one["state"] for one in (await at.http.get("/api/v1/tickets")).json()["items"]]
        assert sorted(states) == ["open", "resolved", "waiting"]
