"""A defect of ours becomes a fixture that fails before the mend, passes after it, and tells of nobody."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from typer.testing import CliRunner

from services.cli import app
from services.reconciliation.domain.defect import closes
from services.reconciliation.matching.defect_words import as_markdown
from services.reconciliation.matching.fixture import (
    MOST,
    Case,
    expectations,
    fixture_bytes,
    fixture_of,
    specified,
    wanted,
)
from services.reconciliation.matching.pseudonyms import Pseudonyms, ids_of
from services.reconciliation.matching.replaying import Fold, released, replayed
from services.reconciliation.matching.specifying import Named, found_in
from services.reconciliation.views.month_calls import Fact, Shown
from shared.contracts.calls import CallStarted, SaleRecorded
from shared.kernel import Money, Rejected
from tests.unit.reconciliation.broken import (
    BASIS,
    BROKEN,
    compared,
    documents,
    facts_of_march,
    found,
    loses_article,
    loses_campaign,
)

FACTS = facts_of_march()


@cache
def only(name: str) -> Named:
    """The one defect of a fold that is broken on purpose."""
    _, defects = found(FACTS, BROKEN[name][0])
    assert len(defects) == 1, [one.fixture.specification.predicate for one in defects]
    return defects[0]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_fold_is_found_and_its_fixture_fails_until_it_is_mended(name: str) -> None:
    fold, kind, predicate = BROKEN[name]
    fixture = only(name).fixture
    said = fixture.specification
    assert (said.kind, said.predicate) == (kind, predicate)
    assert said.calls == said.meeting
    differences = replayed(fixture, fold)
    failing = {case.call for case in fixture.cases if case.fails}
    assert {one.call for one in differences} == failing
    assert 0 < len(failing) <= MOST
    assert len(fixture.cases) - len(failing) == MOST
    assert all(one.failed for one in differences)
    assert replayed(fixture, released) == []


def test_the_specification_says_what_it_costs_from_when_on_and_shows_the_first_call() -> None:
    said = only("article").fixture.specification
    docs = documents(FACTS).values()
    lost = [doc for doc in docs if any(isinstance(one, SaleRecorded) and one.sku == "SKU-2" for one in doc.facts)]
    march = [doc for doc in lost if doc.began < datetime(2026, 3, 31, 22, tzinfo=UTC) and doc.began >= said.since]
    sums = [one.amount.minor for doc in march for one in doc.facts if isinstance(one, SaleRecorded) and one.amount]
    assert (said.calls, said.moved_minor, said.currency) == (len(march), -sum(sums), "EUR")
    first = min(march, key=lambda doc: doc.began)
    assert said.since == first.began
    assert said.until == max(doc.began for doc in march)
    assert [(type(one), one.at) for one in said.events] == [(type(one), one.at) for one in first.in_order()]
    assert said.expected.sale_status == "confirmed"
    assert (said.shown.sale_status, said.shown.there, said.shown.talk_s) == (None, True, said.expected.talk_s)


def test_the_same_month_gives_the_same_bytes_in_whatever_order_it_is_read() -> None:
    shuffled = FACTS[:]
    random.Random(7).shuffle(shuffled)
    _, again = found(shuffled, loses_article)
    data = fixture_bytes(only("article").fixture)
    assert fixture_bytes(again[0].fixture) == data
    assert fixture_of(data) == only("article").fixture


def test_a_mend_that_harms_others_is_seen() -> None:
    def hasty(facts: Any) -> Shown | None:
        """All that is missing is there, and every call lasts a second longer."""
        one = released(facts)
        return None if one is None else replace(one, talk_ms=one.talk_ms + 1000)

    differences = replayed(only("article").fixture, hasty)
    assert {one.what for one in differences} == {"talk_s"}
    assert {one.failed for one in differences} == {True, False}
    assert {one.what for one in replayed(only("article").fixture, lambda facts: None)} == {"there"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_fixture_names_no_id_and_no_number(name: str) -> None:
    data = fixture_bytes(only(name).fixture)
    named = {"a3"} if name == "agent" else set()
    ids = {id_ for fact in FACTS for _, id_ in ids_of(fact)} - named
    texts = set(strings(msgspec.json.decode(data)))
    assert not ids & texts
    for id_ in ids:
        if len(id_) > 4:
            assert id_.encode() not in data
    assert any(agent in texts for agent in ("agent-1", "agent-2"))


def strings(tree: Any) -> list[str]:
    match tree:
        case str():
            return [tree]
        case dict():
            return [text for key, value in tree.items() for text in (key, *strings(value))]
        case list():
            return [text for one in tree for text in strings(one)]
        case _:
            return []


ID = st.text("XYZ0189-:#+", min_size=7, max_size=12)
AT = datetime(2026, 3, 3, 9, tzinfo=UTC)


@st.composite
def started(draw: st.DrawFn) -> CallStarted:
    maybe = st.none() | ID
    return CallStarted(
        call=draw(ID), source="s1", partner="adria", direction="inbound", at=AT, interval=AT, day="2026-03-03",
        phase="ringing", offered=True, dialed=False, agent=draw(maybe), leg=draw(maybe), our_number=draw(maybe),
        customer_ref=draw(maybe), test_numbers=tuple(draw(st.lists(ID, max_size=2))),
    )  # fmt: skip


@st.composite
def sold(draw: st.DrawFn) -> SaleRecorded:
    return SaleRecorded(
        call=draw(ID), source="s1", partner="adria", direction="inbound", at=AT, interval=AT, day="2026-03-03",
        order_ref=draw(st.none() | ID), sku="SKU-1", amount=Money(4900, "EUR"), agent=draw(st.none() | ID),
    )  # fmt: skip


@given(st.lists(started() | sold(), min_size=1, max_size=12))
def test_words_for_ids_are_one_to_one_and_the_same_each_time(facts: list[Fact]) -> None:
    words = Pseudonyms(facts)
    told = words.of(facts)
    pairs = {
        (kind, id_): word
        for fact, other in zip(facts, told, strict=True)
        for (kind, id_), (_, word) in zip(ids_of(fact), ids_of(other), strict=True)
    }
    assert len(set(pairs.values())) == len(pairs), "two ids share a word"
    assert words.of(facts) == told == Pseudonyms(facts).of(facts)
    data = msgspec.json.encode(told).decode()
    assert not [id_ for _, id_ in pairs if id_ in data]
    assert [(type(one), one.at, one.source) for one in told] == [(type(one), one.at, one.source) for one in facts]


def test_a_word_is_nobodys_id() -> None:
    fact = next(one for one in FACTS if isinstance(one, CallStarted))
    taken = [replace(fact, call="call-2"), replace(fact, call="call-1")]
    assert [one.call for one in Pseudonyms(taken).of(taken)] == ["call-3", "call-4"]


@st.composite
def anyhow(draw: st.DrawFn) -> Fold:
    """A fold that shows something else of some calls, by what a pseudonym leaves as it is."""
    campaign, sku = draw(st.sampled_from(["vital", "nova", "lux"])), draw(st.sampled_from(["SKU-1", "SKU-3"]))
    what = draw(st.sampled_from(["nothing", "gone", "longer", "unsold", "dearer", "refused"]))

    def fold(facts: Any) -> Shown | None:
        one = released(facts)
        if one is None or one.campaign != campaign:
            return one
        match what:
            case "gone":
                return None
            case "longer":
                return replace(one, talk_ms=one.talk_ms * 2 + 499)
            case "unsold":
                return replace(one, sales=tuple(sale for sale in one.sales if sale.sku != sku))
            case "dearer":
                return replace(one, sales=tuple(replace(sale, amount_minor=1) for sale in one.sales))
            case "refused":
                return replace(one, disposition="refused")
            case _:
                return one

    return fold


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), anyhow())
def test_the_verdict_on_words_is_the_one_on_ids_and_that_of_the_audit(seed: int, fold: Fold) -> None:
    facts = facts_of_march(40, seed)
    calls, _ = found(facts, fold)
    _, defects = found(facts, BROKEN["campaign"][0])
    fixture = defects[0].fixture
    docs = documents(facts)
    ids = list(docs)
    words = Pseudonyms(one for doc in docs.values() for one in doc.facts)
    said = expectations(docs.values(), {})
    plain = tuple(Case(call=id_, fails=False, facts=tuple(docs[id_].in_order()), expected=said[id_]) for id_ in ids)
    worded = tuple(
        Case(call=words.word("call", id_), fails=False, facts=words.of(docs[id_].in_order()), expected=said[id_])
        for id_ in ids
    )
    on_ids = {(one.call, one.what) for one in replayed(replace(fixture, cases=plain), fold)}
    on_words = {(one.call, one.what) for one in replayed(replace(fixture, cases=worded), fold)}
    assert {(words.word("call", call), what) for call, what in on_ids} == on_words
    judged = calls.filter(calls["in_period"])
    failing = set(judged.filter(judged["defects"].list.len() > 0)["call_id"])
    assert {call for call, _ in on_ids} & set(judged["call_id"]) == failing


def test_a_cancelled_sale_is_judged_in_a_fixture_as_in_the_month() -> None:
    orders = sorted(one.order_ref for one in FACTS if isinstance(one, SaleRecorded) and one.order_ref)
    cancelled = {name: datetime(2026, 4, 2, tzinfo=UTC) for name in orders[::2]}
    _, defects = found(FACTS, loses_article, cancelled=cancelled)
    fixture = defects[0].fixture
    assert {case.expected.sale_status for case in fixture.cases} >= {"cancelled", "confirmed"}
    assert len(fixture.cases) == min(MOST, fixture.specification.calls) + MOST, "a call was left out"
    assert replayed(fixture, released) == []
    assert {one.expected for one in replayed(fixture, loses_article)} == {"cancelled", "confirmed"}


def test_a_call_of_which_something_was_told_since_is_left_out() -> None:
    docs = documents(FACTS)
    calls = compared(docs, loses_campaign)
    defect = found_in(calls, BASIS)[0]
    asked = wanted(defect, calls)
    facts = {call: docs[call].facts for call in asked}
    facts[asked[0]] = [one for one in facts[asked[0]] if isinstance(one, CallStarted)]
    fixture = specified(defect, calls, facts, BASIS, "2026-03")
    assert len(fixture.cases) == len(asked) - 1
    assert replayed(fixture, released) == []


def test_a_defect_has_one_name_in_each_run_and_in_the_months_after() -> None:
    def both(facts: Any) -> Shown | None:
        one = loses_article(facts)
        return None if one is None or one.campaign == "nova" else one

    _, first = found(FACTS, both)
    names = {one.defect_id: one.identity for one in first}
    assert {one.defect_id: one.fixture.specification.predicate for one in first} == {
        "adria:2026-03-1": "campaign is nova",
        "adria:2026-03-2": "sku is SKU-2",
    }
    other_month = facts_of_march(150, seed=2)
    _, again = found(other_month, loses_article, known=names | {"adria:2026-02-9": only("agent").identity})
    assert [one.defect_id for one in again] == ["adria:2026-03-2"]
    _, other = found(FACTS, BROKEN["agent"][0], known={"adria:2026-03-4": only("amounts").identity})
    assert [one.defect_id for one in other] == ["adria:2026-03-5"]


def test_a_defect_closes_once_its_month_shows_it_no_more() -> None:
    one = only("article")
    _, still = found(FACTS, loses_article)
    _, mended = found(FACTS, released)
    _, other = found(FACTS, loses_campaign)
    assert mended == []
    assert not closes(one.identity, [each.identity for each in still])
    assert closes(one.identity, [])
    assert closes(one.identity, [each.identity for each in other])


def test_the_page_for_a_developer_shows_expected_beside_shown() -> None:
    page = as_markdown("adria:2026-03-1", only("article").fixture)
    assert "# adria:2026-03-1: sale_missing_own" in page
    assert "sku is SKU-2" in page
    assert "| **sale_status** | `confirmed` |  |" in page
    assert "| talk_s |" in page
    assert page.count('"type":"SaleRecorded"') == 1
    said = only("article").fixture.specification
    tricky = replace(only("article").fixture, specification=replace(said, predicate="sku is ```\n# no"))
    assert "````\nsku is ```\n# no\n````" in as_markdown("adria:2026-03-1", tricky)


def test_the_command_ends_with_1_while_the_fixture_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "defect.json"
    file.write_bytes(fixture_bytes(only("article").fixture))
    answer = CliRunner().invoke(app, ["reconcile", "replay", str(file)])
    assert (answer.exit_code, "passes" in answer.output) == (0, True), answer.output
    monkeypatch.setattr("services.reconcile_set.released", loses_article)
    answer = CliRunner().invoke(app, ["reconcile", "replay", str(file)])
    assert answer.exit_code == 1
    assert "sale_status" in answer.output
    file.write_text("{}")
    answer = CliRunner().invoke(app, ["reconcile", "replay", str(file)])
    assert answer.exit_code == 1
    assert "not_a_fixture" in answer.stderr


def test_what_is_no_fixture_is_refused() -> None:
    for data in (b"", b"[]", b'{"format": 2}', fixture_bytes(only("article").fixture)[:-40]):
        with pytest.raises(Rejected) as refused:
            fixture_of(data)
        assert refused.value.code == "not_a_fixture"
