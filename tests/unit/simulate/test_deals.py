"""What a demo's people enter follows from the seed alone, and fits what the catalogue, the script and the form say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.simulate.company import company
from services.simulate.deals import order_of, steps_of
from services.simulate.help_line import attended, first_day, helpers, in_batches, told_of
from services.simulate.hot_leads import FATES, due, fate_of
from services.simulate.judging import BOTH, QUESTIONS, Drawn, answers_of, argued
from services.simulate.selling import ARTICLES, SCRIPT, SURVEY, offered, seller

SEEDS = st.integers(1, 10_000)
CALLS = st.text("abcdef0123456789", min_size=1, max_size=12)
RESULTS = st.sampled_from(("sale", "not_interested"))
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
SKUS = st.sampled_from([sku for sku, *_ in ARTICLES])


def call(ident: str, result: str = "sale") -> dict[str, Any]:
    at = "2026-03-02T10:00:00+00:00"
    summary = {"customer_ref": "cus_1", "agents": ["a1", "a2"], "disposition": result, "answered_at": at}
    return {"call": f"adriavox-01:{ident}", "partner": "adriavox", "summary": summary | {"started_at": at}}


@given(SEEDS, CALLS, SKUS, st.integers(1, 2))
def test_an_order_follows_from_the_seed_and_its_call(seed: int, ident: str, sku: str, quantity: int) -> None:
    firm = company(seed, 2, 4)
    order = order_of(firm, call(ident), sku, quantity)
    assert order == order_of(firm, call(ident), sku, quantity)
    if order is not None:
        sold = [line["sku"] for line in order.body["lines"]]
        assert set(sold) <= {name for name, *_ in ARTICLES}
        assert "BOX-03" not in sold or sold[0] in ("KIT-01", "KIT-02", "PLUS-24"), "a box takes a kit"
        assert (order.body["agent"], order.body["partner"]) == ("a2", "adriavox")
        assert not (order.cancelled and order.moves)


@given(SEEDS, CALLS, RESULTS, st.booleans())
def test_the_way_of_a_call_is_one_that_the_script_has(seed: int, ident: str, result: str, asked: bool) -> None:
    firm, told = company(seed, 2, 4), call(ident, result)
    steps = steps_of(firm, told, asked)
    assert steps == steps_of(firm, told, asked)
    assert [one["step"] for one in steps] == list(range(1, len(steps) + 1))
    contents = {
        entry.path.split("/")[4]: entry.body["content"]
        for entry in offered(firm, date(2026, 3, 2))
        if entry.path.endswith("/draft") and "/scripts/" in entry.path
    }
    for name in (SCRIPT, SURVEY) if asked else (SCRIPT,):
        nodes = {node["id"]: node for node in contents[name]["nodes"]}
        walked = [one for one in steps if one["script"] == name]
        assert walked[0]["node"] == contents[name]["start"]
        for before, after in pairwise(walked):
            assert after["node"] in ways(nodes[before["node"]], before)
    assert ("sold" in {one["node"] for one in steps}) == (result == "sale")


def ways(node: dict[str, Any], step: dict[str, Any]) -> set[str]:
    """Where a step may lead."""
    if node["type"] == "question":
        return {one["to"] for one in node["answers"] if one["id"] == step["answer"]}
    return {node[step["answer"]]} if node["type"] == "offer" else {node["to"]}


@given(SEEDS, CALLS)
def test_what_becomes_of_a_hot_lead_follows_from_what_was_said_of_it(seed: int, ident: str) -> None:
    fate = fate_of(seed, ident)
    assert fate == fate_of(seed, ident)
    for one in FATES:
        early, late = ({"points": [one.point], "gone_ms": gone} for gone in (0, 3_600_000))
        assert due(early) is None
        assert due(late) == (one if one.taken_after is not None else None), "nobody takes those who complain"


@given(SEEDS, DAYS)
def test_a_day_of_the_help_line_is_the_same_for_everybody(seed: int, day: date) -> None:
    partner = seller(company(seed, 2, 4))[0]
    told = told_of(partner, seed, day)
    assert told == told_of(partner, seed, day)
    assert len({one.key for one in told}) == len(told), "no event is told twice"
    assert {one.at.astimezone(partner.zone).date() for one in told} == {day}
    batches = list(in_batches(partner, told))
    assert batches == list(in_batches(partner, told))
    staff = {one.id for one in helpers(seed)}
    assert {one.data["agent"] for one in told if "agent" in one.data} <= staff


@given(SEEDS, DAYS, st.integers(-1, 1))
def test_only_shifts_of_days_before_today_were_attended(seed: int, day: date, later: int) -> None:
    partner, begins = seller(company(seed, 2, 4))[0], datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    shifts = [
        {"agent": one.id, "starts": begins.isoformat(), "ends": (begins + timedelta(hours=8)).isoformat()}
        for one in helpers(seed)
    ]
    found = attended(partner, seed, shifts, day + timedelta(days=later))
    assert found == attended(partner, seed, shifts, day + timedelta(days=later))
    assert later == 1 or not found
    assert {one.data["agent"] for one in found} <= {one["agent"] for one in shifts}


@given(SEEDS, st.lists(CALLS, min_size=BOTH, max_size=BOTH, unique=True))
def test_both_sides_answer_every_question_and_the_partner_is_never_stricter(seed: int, calls: list[str]) -> None:
    drawn = [Drawn(ident, helpers(seed)[n % 7].id) for n, ident in enumerate(calls)]
    for one in drawn:
        ours, theirs = answers_of(seed, one.call, one.agent)
        assert (ours, theirs) == answers_of(seed, one.call, one.agent)
        assert ours.keys() == theirs.keys() == {name for name, *_ in QUESTIONS}
        assert all(theirs[name] == "yes" for name in ours if ours[name] == "yes")
    for one, about in argued(seed, drawn):
        ours, _ = answers_of(seed, one.call, one.agent)
        assert about
        assert all(ours[name] == "no" for name in about)


@given(DAYS)
def test_the_help_lines_past_begins_on_a_monday_with_whole_weeks_enough(today: date) -> None:
    first = first_day(today)
    assert first.weekday() == 0
    assert 42 <= (today - first).days < 49
