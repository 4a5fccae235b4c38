"""Finding partners: briefs, candidates held against them, lists from elsewhere, companies that stand twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.brief import CloseBrief, WriteBrief, brief
from services.partners.domain.fit import Fit, Point, fit, rank
from services.partners.domain.partner import RegisterPartner
from services.partners.domain.prospects import Known, Unreadable, candidates, new_id, rows_of, traits
from services.partners.events import BriefClosed, BriefWritten, PartnerDescribed
from shared.kernel import Money, said
from tests.spec import given
from tests.unit.partners.service import world

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WRITE = WriteBrief(
    brief_id="german",
    title="German inbound",
    services=("inbound",),
    languages=("de", "hr"),
    countries=("HR", "BA"),
    seats=25,
    around_the_clock=True,
    agent_hours=4000,
    hourly_budget=Money(1850, "EUR"),
    monthly_budget=Money(7_000_000, "EUR"),
    at=AT,
    by="boss",
)
WRITTEN = said(BriefWritten, WRITE)
CLOSE = CloseBrief(brief_id="german", outcome="Adria does it.", at=AT, by="boss")

# Briefs


def test_a_brief_is_written_again_until_it_is_closed() -> None:
    given(brief).when(WRITE).then(WRITTEN)
    later = msgspec.structs.replace(WRITE, at=AT.replace(hour=11))
    given(brief, WRITTEN).when(later).then()
    given(brief, WRITTEN).when(msgspec.structs.replace(WRITE, seats=30)).then(
        msgspec.structs.replace(WRITTEN, seats=30)
    )
    closed = said(BriefClosed, CLOSE)
    given(brief, WRITTEN).when(CLOSE).then(closed)
    given(brief, WRITTEN, closed).when(msgspec.structs.replace(WRITE, seats=9)).then_rejected("brief_closed")
    given(brief).when(CLOSE).then_rejected("unknown_brief")


def test_a_candidate_is_held_against_each_point_of_a_brief() -> None:
    profile = PartnerDescribed(
        partner_id="adria",
        services=("inbound", "support"),
        languages=("de",),
        countries=("HR",),
        seats=24,
        around_the_clock=True,
        hourly_rate=Money(1800, "EUR"),
    )
    verdicts = {point.asks: point.verdict for point in fit(WRITTEN, profile).points}
    assert verdicts == {
        "service inbound": "met",
        "language de": "met",
        "language hr": "unmet",
        "country HR or BA": "met",
        "25 seats": "unmet",
        "work around the clock": "met",
        "at most 1850 minor units EUR an hour": "met",
        "at most 7000000 minor units EUR a month for 4000 hours": "unmet",
    }


def test_what_nobody_knows_counts_neither_for_a_candidate_nor_against_it() -> None:
    nothing = fit(WRITTEN, None)
    assert (nothing.met, nothing.unmet, nothing.unknown) == (0, 0, len(nothing.points))
    dollars = fit(WRITTEN, PartnerDescribed(partner_id="x", hourly_rate=Money(1, "USD")))
    assert [p.verdict for p in dollars.points if p.asks.startswith("at most")] == ["unknown", "unknown"]


def held(met: int, unmet: int, unknown: int = 0) -> Fit:
    return Fit(met, unmet, unknown, [Point("x", "met", "")] * (met + unmet + unknown))


def test_the_best_stands_first_and_of_equals_the_better_known() -> None:
    fits = [
        ("none", held(0, 0, 5)),
        ("half", held(2, 2)),
        ("all", held(3, 0, 1)),
        ("more", held(4, 0)),
        ("no", held(0, 4)),
    ]
    assert [name for name, _ in rank(fits)] == ["more", "all", "half", "no", "none"]


# Lists

MAPPING = {"Company": "name", "Country": "country", "Languages": "languages", "Tel": "phone", "Web": "domain"}
LIST = (
    "Company;Country;Languages;Tel;Web\n"
    "Adria Direct d.o.o.;HR;de, hr;+385 1 234 5678;https://www.adria.example/about\n"
    "Bosna Call;BA;bs;033 123 456;bosnacall.example\n"
)


def test_a_list_becomes_candidates_by_its_mapping() -> None:
    read, wrong = candidates(rows_of(LIST, MAPPING), ["adria-direct"], "Europe/Zagreb", "referral")
    assert wrong == []
    assert [c.register.partner_id for c in read] == ["adria-direct-2", "bosna-call"]
    first = read[0].describe
    assert (first.languages, first.domain, first.countries, first.found_by) == (
        ("de", "hr"),
        "adria.example",
        ("HR",),
        "referral",
    )
    assert read[0].register.time_zone == "Europe/Zagreb"


@pytest.mark.parametrize(
    ("column", "cell", "field"),
    [
        ("name", "=cmd|' /C calc'!A0", "rows[1].name"),
        ("name", "@SUM(1)", "rows[1].name"),
        ("name", "", "rows[1].name"),
        ("note", "-2+3", "rows[1].note"),
        ("country", "Croatia", "rows[1].country"),
        ("seats", "many", "rows[1].seats"),
        ("phone", "+1=1", "rows[1].phone"),
        ("phone", "call us", "rows[1].phone"),
        ("contact_email", "nobody", "rows[1].contact_email"),
        ("contact_name", "", "rows[1].contact_name"),
        ("found_by", "dream", "rows[1].found_by"),
        ("services", "juggling", "rows[1].services[0]"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(column: str, cell: str, field: str) -> None:
    row = {"name": "Acme", "contact_name": "Ana", "contact_phone": "+38512345678", column: cell}
    read, wrong = candidates([row], [], "UTC", None)
    assert ([one.field for one in wrong], read) == ([field], [])


def test_somebody_who_cannot_be_reached_is_no_contact() -> None:
    _, wrong = candidates([{"name": "Acme", "contact_name": "Ana"}], [], "UTC", None)
    assert [one.field for one in wrong] == ["rows[1].contact_email"]


@pytest.mark.parametrize(
    ("text", "mapping", "says"),
    [
        ("", {"A": "name"}, "empty"),
        ("A,B\nx,y", {"A": "name", "C": "phone"}, "'C' 0 times"),
        ("A,A\nx,y", {"A": "name"}, "2 times"),
        ("A,B\nx,y", {"A": "phone"}, "mapped to `name`"),
        ("A,B\nx,y", {"A": "name", "B": "name"}, "no two to the same"),
        ("A,B\nx,y", {"A": "name", "B": "mood"}, "no such field: mood"),
        ('A,B\n"x,y', {"A": "name"}, "not CSV"),
        ("A\n" + "x\n" * 5_001, {"A": "name"}, "at most 5000"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(text: str, mapping: dict[str, str], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        rows_of(text, mapping)


@over(st.lists(st.text(max_size=30), max_size=20))
def test_ids_speak_and_never_collide(names: list[str]) -> None:
    used: list[str] = []
    for name in names:
        used.append(new_id(name, used))
    assert len(set(used)) == len(names)
    for one in used:
        assert msgspec.convert({"partner_id": one, "name": "x"}, RegisterPartner).partner_id == one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Adria Direct d.o.o.", None, None, "HR"), ("ADRIA DIRECT", None, None, None)),
        (("Žito Čall Sp. z o.o.", None, None, None), ("zito call sp z oo", None, None, None)),
        (("A", "https://www.adria.example/x", None, None), ("B", "adria.example", None, None)),
        (("A", None, "033 123 456", "BA"), ("B", None, "+387 33 123-456", None)),
    ],
)
def test_a_company_is_recognised_by_name_domain_or_number(one: Any, other: Any) -> None:
    known = Known()
    known.add("first", traits(*one))
    assert (known.find(traits(*other)) or ("",))[0] == "first"


@pytest.mark.parametrize("other", [("Adria Call", "b.example", "+385 1 234 5679", "HR"), ("", None, None, None)])
def test_another_company_is_not(other: Any) -> None:
    known = Known()
    known.add("first", traits("Adria Direct", "a.example", "+385 1 234 5678", "HR"))
    assert known.find(traits(*other)) is None


# Over HTTP


async def test_a_list_is_imported_once_and_duplicates_are_named() -> None:
    async with world() as at:
        asked = {"csv": LIST, "mapping": MAPPING}
        dry = await at.http.post("/api/v1/partners/import", json=asked | {"dry_run": True})
        assert [row["result"] for row in dry.json()["items"]] == ["new", "new"]
        assert at.service.events == []
        done = await at.http.post("/api/v1/partners/import", json=asked)
        assert [row["result"] for row in done.json()["items"]] == ["registered", "registered"]
        again = await at.http.post("/api/v1/partners/import", json=asked)
        assert [(row["result"], row["by"]) for row in again.json()["items"]] == [("known", "domain")] * 2
        assert (await at.http.get("/api/v1/partners/adria-direct")).json()["profile"]["languages"] == ["de", "hr"]
        await at.http.post("/api/v1/partners", json={"partner_id": "adria-2", "name": "Adria Direct"})
        pairs = (await at.http.get("/api/v1/partners/duplicates")).json()["items"]
        assert pairs == [{"partner_id": "adria-direct", "same_as": "adria-2", "by": "name"}]


async def test_an_import_that_was_cut_off_behind_a_registration_is_completed() -> None:
    async with world() as at:
        await at.http.post("/api/v1/partners", json={"partner_id": "adria", "name": "Adria Direct"})
        done = await at.http.post("/api/v1/partners/import", json={"csv": LIST, "mapping": MAPPING})
        assert done.json()["items"][0] | {"row": 1} == {
            "row": 1,
            "partner_id": "adria",
            "name": "Adria Direct d.o.o.",
            "result": "completed",
            "by": "name",
        }
        assert (await at.http.get("/api/v1/partners/adria")).json()["profile"]["domain"] == "adria.example"


async def test_a_list_with_a_formula_is_refused_whole_and_by_the_cell() -> None:
    async with world() as at:
        asked = {"csv": LIST + "=HYPERLINK(1);BA;;;\n", "mapping": MAPPING}
        answer = await at.http.post("/api/v1/partners/import", json=asked)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "rows[3].name")
        bad_zone = await at.http.post("/api/v1/partners/import", json=asked | {"time_zone": "Europe/Atlantis"})
        assert bad_zone.json()["errors"][0]["field"] == "time_zone"
        assert at.service.events == []


async def test_candidates_are_shown_against_a_brief() -> None:
    async with world() as at:
        body = {
            name: value for name, value in msgspec.to_builtins(WRITE).items() if name not in ("brief_id", "at", "by")
        }
        assert (await at.http.put("/api/v1/briefs/german", json=body)).status_code == 202
        await at.http.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"})
        await at.http.put("/api/v1/partners/acme/profile", json={"languages": ["de", "hr"], "seats": 30})
        await at.http.post("/api/v1/partners", json={"partner_id": "bare", "name": "Bare"})
        shown = (await at.http.get("/api/v1/briefs/german/candidates")).json()["items"]
        assert [(row["partner_id"], row["met"], row["unmet"]) for row in shown] == [("acme", 3, 0), ("bare", 0, 0)]
        limited = await at.as_role("partner", "acme")
        assert (await at.http.get("/api/v1/briefs", headers=limited)).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hourly_budget": {"minor": 5, "currency": "euro"}}, "hourly_budget.currency"),
        ({"monthly_budget": {"minor": 0, "currency": "EUR"}}, "monthly_budget.minor"),
        ({"languages": []}, "languages"),
        ({"calls_a_day": {"2026-13": 1}}, "calls_a_day"),
        ({"mood": "good"}, "mood"),
    ],
)
async def test_a_brief_that_makes_no_sense_is_refused_by_the_field(change: dict[str, Any], field: str) -> None:
    async with world() as at:
        body = {"title": "x", "services": ["inbound"], "languages": ["de"]} | change
        answer = await at.http.put("/api/v1/briefs/b", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith(field)
