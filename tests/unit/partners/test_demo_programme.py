"""What a demo's programme manager enters is taken, once, and fills every part that a new user looks at first."""

from __future__ import annotations

from datetime import date

from services.simulate.company import company
from services.simulate.driver import enter_programme
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
            "ramping": 1,
            "live": 5,
        }
        best = (await at.http.get("/api/v1/briefs/iberia-inbound/candidates")).json()["items"][0]
        assert (best["partner_id"], best["met"], best["unknown"]) == ("tejo-direto", 4, 0)
        listed = (await at.http.get("/api/v1/partners")).json()["items"]
        assert len(listed) == len(firm.partners) + len(PROSPECTS)
        assert all(doc["owner"] and doc["contacts"] and doc["next_action"] for doc in listed)
