"""Packs of one partner: what a colleague is handed, what a month's review shows, and the actions agreed in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.process_managers.reviews import carry_actions
from services.partners.domain.review import (
    AgreeAction,
    CarryAction,
    FinishAction,
    review,
)
from services.partners.events import ContactNamed, FactNoted, NextActionPlanned, OwnerAssigned
from services.partners.events.support import ActionAgreed, ActionCarried, ActionDone
from services.partners.events.transition import IssueRaised, PlanMade, TaskFinished, TaskPlanned
from services.partners.views.reviews import reviews
from services.partners.views.volumes import Volume, volumes
from shared.contracts.calls import CallAnswered, CallEnded, CallStarted, SaleRecorded
from shared.contracts.partners import (
    AgentRegistered,
    PartnerMoved,
    PartnerRegistered,
    RampCapExceeded,
    SourceConfigured,
    SourceSettings,
)
from shared.contracts.rating import months_later
from shared.kernel import Money, Send
from tests.spec import given, published, seen
from tests.unit.partners.service import World, world

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AGREE = AgreeAction(
    partner_id="acme", month="2026-12", action_id="a1", text="Train two more.", owner="Ana", due=date(2027, 1, 9),
    at=AT, by="boss",
)  # fmt: skip
AGREED = ActionAgreed(**{name: getattr(AGREE, name) for name in AGREE.__struct_fields__})
DONE = ActionDone(partner_id="acme", month="2026-12", action_id="a1", outcome="Both trained.", at=AT, by="Ana")
CARRIED = ActionCarried(
    partner_id="acme", month="2026-12", action_id="a1", text="Train two more.", owner="Ana", due=date(2027, 2, 9),
    reason="No room.", at=AT, by="boss",
)  # fmt: skip


# Actions


def test_an_action_is_agreed_once_and_done_once() -> None:
    given(review).when(AGREE).then(AGREED)
    given(review, AGREED).when(msgspec.structs.replace(AGREE, owner="Ivo")).then_rejected("action_exists")
    finish = FinishAction(partner_id="acme", month="2026-12", action_id="a1", outcome="Both trained.", at=AT, by="Ana")
    given(review, AGREED).when(finish).then(DONE)
    given(review).when(finish).then_rejected("unknown_action")
    given(review, AGREED, CARRIED).when(finish).then_rejected("action_carried")
    masked = msgspec.structs.replace(AGREE, text="Call 0912345678 back.")
    assert given(review).when(masked).events[0].text == "Call [number] back."


def test_an_action_that_is_not_done_goes_on_in_the_next_month() -> None:
    carry = CarryAction(
        partner_id="acme", month="2026-12", action_id="a1", due=date(2027, 2, 9), reason="No room.", at=AT, by="boss"
    )
    given(review, AGREED).when(carry).then(CARRIED)
    given(review, AGREED, DONE).when(carry).then_rejected("action_done")
    given(review).when(carry).then_rejected("unknown_action")
    again = msgspec.structs.replace(AGREE, month="2027-01", due=date(2027, 2, 9), carried_from="2026-12")
    assert carry_actions.handle(published(CARRIED)) == [Send(review, "acme:2027-01", again)]


@over(st.integers(1000, 9998), st.integers(1, 12))
def test_months_follow_each_other(year: int, month: int) -> None:
    name = f"{year}-{month:02}"
    assert months_later(months_later(name, 1), -1) == name
    assert months_later(name, 1) > name


def test_the_view_says_what_became_of_each_action() -> None:
    other = msgspec.structs.replace(AGREED, action_id="a2")
    doc = seen(reviews, AGREED, other, DONE, msgspec.structs.replace(CARRIED, action_id="a2"))["acme:2026-12"]
    assert [(a.action_id, a.state, a.outcome) for a in doc.actions] == [
        ("a1", "done", "Both trained."),
        ("a2", "carried", "No room."),
    ]
    few = seen(reviews, AGREED)["acme:2026-12"]
    assert reviews.merge(few, doc) == reviews.merge(doc, few) == doc


# Sums


CALL: dict[str, Any] = {
    "call": "s:1", "source": "s", "partner": "acme", "direction": "inbound", "at": AT, "interval": AT,
    "day": "2026-03-02",
}  # fmt: skip
FACTS = [
    CallStarted(**CALL, phase="queued", offered=True, dialed=False),
    CallAnswered(**CALL, answered_by="human", first=True, offered=True, dialed=False, wait_ms=100),
    CallAnswered(**CALL, answered_by="human", first=False, offered=True, dialed=False),
    CallEnded(**CALL, scope="leg", reason="x", ended_by="agent", talk_ms=60_000),
    CallEnded(**CALL, scope="call", reason="x", ended_by="agent", outcome="answered", offered=True),
    CallEnded(**CALL, scope="call", reason="x", ended_by="customer", outcome="abandoned", offered=True),
    SaleRecorded(**CALL, amount=Money(1990, "EUR")),
    SaleRecorded(**CALL),
    CallStarted(**CALL, phase="dialing", offered=False, dialed=True),
]


def test_sums_are_those_of_the_facts_and_tests_do_not_count() -> None:
    test = [msgspec.structs.replace(fact, counts="test") for fact in FACTS]
    assert seen(volumes, *test) == {}
    assert seen(volumes, *FACTS) == {
        "acme:2026-03": Volume(
            partner_id="acme",
            month="2026-03",
            offered=1,
            answered=1,
            abandoned=1,
            dials=1,
            contacts=1,
            handled=1,
            talk_ms=60_000,
            sales_reported=2,
            revenue={"EUR": 1990},
        )
    }


@over(st.lists(st.sampled_from(FACTS), min_size=1), st.data())
def test_sums_are_taken_back_and_added_in_any_shards(facts: list[Any], data: st.DataObject) -> None:
    recorded = [published(fact, number) for number, fact in enumerate(facts, 1)]
    back = [published(fact.event, 100 + fact.position[0], reverses=fact) for fact in recorded]
    nothing = {key: Volume(partner_id=doc.partner_id, month=doc.month) for key, doc in seen(volumes, *facts).items()}
    assert seen(volumes, *recorded, *back) == nothing
    cut = data.draw(st.integers(0, len(facts)))
    one, two = seen(volumes, *facts[:cut]), seen(volumes, *facts[cut:])
    whole = seen(volumes, *facts)
    for key in one.keys() & two.keys():
        assert volumes.merge(one[key], two[key]) == whole[key]


# Packs


def furnish(at: World) -> None:
    at.service.events += [
        PartnerRegistered(partner_id="acme", name="Acme | <b>BPO</b>"),
        OwnerAssigned(partner_id="acme", owner="J. Horvat", at=AT, by="boss"),
        ContactNamed(partner_id="acme", name="Ana", email="ana@acme.example"),
        NextActionPlanned(partner_id="acme", action="Agree the month", owner="J. Horvat", due=date(2026, 4, 7)),
        PartnerMoved(
            partner_id="acme", source="found", target="live", at=AT, by="boss", reason="Since 2019.", adopted=True
        ),
        FactNoted(partner_id="acme", fact="open_month", ref="2026-02", holds=True, says="late"),
        AgentRegistered(partner_id="acme", agent="7", name="Ivo", team="Blue"),
        AgentRegistered(partner_id="globex", agent="9", name="Strange"),
        SourceConfigured(source_id="s-1", revision=1, settings=SourceSettings(connector="native", partner="acme")),
        *FACTS,
    ]


def rows(pack: Any, name: str) -> list[dict[str, Any]]:
    (section,) = [section for section in pack["sections"] if section["name"] == name]
    found: list[dict[str, Any]] = section["rows"]
    return found


async def test_the_handover_pack_holds_all_that_is_known_and_says_what_is_not() -> None:
    async with world() as at:
        furnish(at)
        ticket = {"partner_id": "acme", "subject": "No calls", "text": "None.", "category": "telephony"}
        ticket_id = (await at.http.post("/api/v1/tickets", json=ticket)).json()["id"]
        action = {"text": "Train two more.", "owner": "Ana", "due": "2026-04-01"}
        agreed = await at.http.post("/api/v1/partners/acme/reviews/2026-03/actions", json=action)
        assert agreed.status_code == 202, agreed.text
        pack = (await at.http.get("/api/v1/partners/acme/handover")).json()
        kinds = {(row["kind"], row["what"]) for row in rows(pack, "open")}
        assert kinds == {
            ("next action", "Agree the month"), ("ticket", "No calls"), ("action", "Train two more."),
            ("open month", "late"),
        }  # fmt: skip
        assert ticket_id in {row["id"] for row in rows(pack, "open")}
        assert [(row["to"], row["adopted"]) for row in rows(pack, "history")] == [("live", "adopted")]
        assert [row["name"] for row in rows(pack, "agents")] == ["Ivo"]
        assert [row["source"] for row in rows(pack, "sources")] == ["s-1"]
        assert [(row["month"], row["offered"]) for row in rows(pack, "performance")] == [("2026-03", 1)]
        assert rows(pack, "terms") == []
        text = (await at.http.get("/api/v1/partners/acme/handover", headers={"accept": "text/markdown"})).text
        assert "# Handover of Acme \\| \\<b\\>BPO\\</b\\>" in text
        assert "Agree the month" in text
        page = await at.http.get("/api/v1/partners/acme/handover", headers={"accept": "text/html"})
        assert "<b>" not in page.text
        assert "Strange" not in text + page.text + str(pack)


async def test_what_is_left_of_a_transition_stands_in_both_packs() -> None:
    people: dict[str, Any] = {"accountable": "J. Horvat", "ours": "J. Horvat", "theirs": "Ana", "at": AT, "by": "boss"}
    task = TaskPlanned(
        partner_id="acme", task="t1", name="Order lines", side="ours", start=date(2026, 3, 2), end=date(2026, 3, 9)
    )
    alert = RampCapExceeded(partner_id="acme", phase="first", day="2026-03-02", daily_cap=50, calls=51, at=AT)
    async with world() as at:
        furnish(at)
        at.service.events += [
            PlanMade(partner_id="acme", templates=("inbound",), start=date(2026, 3, 2), **people),
            task,
            msgspec.structs.replace(task, task="t2", name="Done already"),
            TaskFinished(partner_id="acme", task="t2", at=AT, by="Ana"),
            IssueRaised(
                partner_id="acme",
                issue="i1",
                title="No lines",
                severity="severe",
                owner="Ivo",
                due=AT,
                at=AT,
                by="boss",
            ),
            FactNoted(partner_id="acme", fact="severe_issue", ref="i1", holds=True, says="No lines"),
            alert,
            msgspec.structs.replace(alert, day="2026-02-27"),
        ]
        pack = (await at.http.get("/api/v1/partners/acme/handover")).json()
        left = [(row["kind"], row["id"], row["who"]) for row in rows(pack, "open") if row["kind"] in ("task", "issue")]
        assert left == [("task", "t1", "J. Horvat"), ("issue", "i1", "Ivo")]
        assert "severe issue" not in {row["kind"] for row in rows(pack, "open")}
        review_ = (await at.http.get("/api/v1/partners/acme/reviews/2026-03")).json()
        assert [row["issue"] for row in rows(review_, "issues")] == ["i1"]
        assert [(row["day"], row["calls"]) for row in rows(review_, "ramp")] == [("2026-03-02", 51)]


async def test_a_handover_is_for_our_side_only_and_a_review_for_both() -> None:
    async with world() as at:
        furnish(at)
        theirs, strange = await at.as_role("partner", "acme"), await at.as_role("partner", "globex")
        for path, mine, others in (
            ("/api/v1/partners/acme/handover", 403, 403),
            ("/api/v1/partners/acme/archive", 403, 403),
            ("/api/v1/partners/acme/reviews/2026-03", 200, 404),
            ("/api/v1/partners/acme/ending", 200, 404),
        ):
            assert (await at.http.get(path, headers=theirs)).status_code == mine, path
            assert (await at.http.get(path, headers=strange)).status_code == others, path
        assert (await at.http.get("/api/v1/partners/none/handover")).status_code == 404


async def test_a_review_shows_the_month_beside_the_one_before_and_its_actions() -> None:
    async with world() as at:
        furnish(at)
        base = "/api/v1/partners/acme/reviews"
        action = {"text": "Train two more.", "owner": "Ana", "due": "2026-04-01"}
        for key in ("k1", "k1", "k2"):
            headers = {"idempotency-key": key}
            assert (await at.http.post(f"{base}/2026-02/actions", json=action, headers=headers)).status_code == 202
        one, two = [row["action"] for row in rows((await at.http.get(f"{base}/2026-02")).json(), "actions")]
        done = await at.http.post(f"{base}/2026-02/actions/{one}/done", json={"outcome": "Trained."})
        carry = {"due": "2026-05-01", "reason": "No room."}
        carried = await at.http.post(f"{base}/2026-02/actions/{two}/carry", json=carry)
        assert (done.status_code, carried.status_code) == (202, 202)
        pack = (await at.http.get(f"{base}/2026-03")).json()
        assert {row["action"]: row["state"] for row in rows(pack, "last_actions")} == {one: "done", two: "carried"}
        assert rows(pack, "performance")[0] == {"figure": "offered", "2026-03": 1, "2026-02": 0}
        assert rows(pack, "mismatches") == [{"id": "2026-02", "says": "late"}]
        assert {s["name"] for s in pack["sections"] if s["no_data"]} == {
            "goals", "quality", "training", "invoices", "ramp", "issues",
        }  # fmt: skip
        page = await at.http.get(f"{base}/2026-03.html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "@media print" in page.text
        assert "No data yet." in page.text


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "now", "0999-01"])
async def test_a_month_that_is_none_is_refused(month: str) -> None:
    async with world() as at:
        furnish(at)
        shown = await at.http.get(f"/api/v1/partners/acme/reviews/{month}")
        action = {"text": "Train two more.", "owner": "Ana", "due": "2026-04-01"}
        agreed = await at.http.post(f"/api/v1/partners/acme/reviews/{month}/actions", json=action)
        for answer in (shown, agreed):
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "month")
