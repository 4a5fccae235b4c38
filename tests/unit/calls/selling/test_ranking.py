"""Who should get a call: who speaks the language, is free, and sells; a few calls decide little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.domain.ranking import PRIOR_CONTACTS, SOON, Candidate, left_out, percent, ranked, shrunk
from shared.contracts.codes import AGENT_STATES

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)
MEAN = Fraction(1, 5)


def agent(name: str, **more: Any) -> Candidate:
    return Candidate(**{"partner": "adria", "agent": name, "state": "available", "since": AT, **more})


def order(*candidates: Candidate, language: str | None = None, mean: Fraction = MEAN) -> list[str]:
    return [one.candidate.agent for one in ranked(candidates, language, mean)]


def test_a_few_calls_decide_little_and_many_decide_all() -> None:
    assert shrunk(0, 0, MEAN) == MEAN
    assert shrunk(2, 2, MEAN) < shrunk(60, 200, MEAN), "two of two is luck"
    assert shrunk(0, 1, MEAN) > shrunk(20, 200, MEAN)
    assert abs(shrunk(3000, 10_000, MEAN) - Fraction(3, 10)) < Fraction(1, 1000)
    assert order(agent("lucky", contacts=2, sales=2), agent("good", contacts=200, sales=60)) == ["good", "lucky"]


@whatever(st.integers(0, 5000), st.integers(0, 5000), st.fractions(0, 1))
def test_a_shrunk_conversion_lies_between_what_somebody_did_and_the_mean(
    sales: int, others: int, mean: Fraction
) -> None:
    contacts = sales + others
    found = shrunk(sales, contacts, mean)
    own = Fraction(sales, contacts) if contacts else mean
    assert min(own, mean) <= found <= max(own, mean)
    assert abs(found - own) * (contacts + PRIOR_CONTACTS) == PRIOR_CONTACTS * abs(own - mean)


def test_who_is_free_sooner_comes_before_who_sells_better() -> None:
    best = {"contacts": 500, "sales": 400}
    states = [agent(state, state=state, **best) for state in ("break", "on_call", "wrap_up")]
    assert order(*states, agent("free")) == ["free", "wrap_up", "on_call", "break"]
    assert order(agent("off", state="offline"), agent("lost", state=None)) == []
    assert {state.display for state in AGENT_STATES.values()} == set(SOON)


def test_a_call_goes_to_nobody_who_does_not_speak_its_language() -> None:
    speaks = agent("speaks", languages=("hr", "sl"), state="break")
    unknown, other = agent("unknown", contacts=100, sales=90), agent("other", languages=("de",))
    assert order(other, unknown, speaks, language="sl") == ["speaks", "unknown"]
    assert order(other, unknown, speaks) == ["unknown", "other", "speaks"]


def test_of_equals_the_one_with_more_contacts_comes_first_and_then_who_has_waited_longer() -> None:
    many = agent("many", contacts=200, sales=40)
    late = agent("late", since=AT + timedelta(minutes=5))
    assert order(late, agent("early"), many) == ["many", "early", "late"]


def test_every_place_has_its_reasons() -> None:
    first, second = ranked([agent("a", contacts=50, sales=20, languages=("hr",)), agent("b")], "hr", MEAN)
    assert (first.rank, first.conversion, second.conversion) == (1, "30.00", "20.00")
    reasons = {reason.of: reason for reason in first.reasons}
    assert reasons["language"].text == "speaks it"
    assert reasons["state"].text == "is free now"
    assert reasons["conversion"].text.startswith("20 of 50 contacts, drawn toward the campaign's 20.00 %")
    assert reasons["skill"].text == "has sold for the campaign"
    assert {reason.of: reason.text for reason in second.reasons}["skill"] == "is new to it"
    assert "certificate" in reasons


AGENTS = st.builds(
    agent,
    st.text("abcdefgh", min_size=1, max_size=4),
    contacts=st.integers(0, 300),
    state=st.sampled_from([*AGENT_STATES, None]),
    languages=st.sampled_from([(), ("hr",), ("de", "hr"), ("de",)]),
)


@whatever(st.lists(AGENTS, max_size=12, unique_by=lambda one: one.agent), st.sampled_from([None, "hr"]), st.randoms())
def test_the_order_of_asking_changes_no_place(found: list[Candidate], language: str | None, dice: Any) -> None:
    places = ranked(found, language, MEAN)
    dice.shuffle(found)
    assert ranked(found, language, MEAN) == places
    assert [one.rank for one in places] == list(range(1, len(places) + 1))


def test_percentages_are_rounded_half_up() -> None:
    shares = (Fraction(1, 3), Fraction(2, 3), Fraction(1), Fraction(0), Fraction(5, 100_000))
    assert [percent(share) for share in shares] == ["33.33", "66.67", "100.00", "0.00", "0.01"]


def test_who_lacks_a_certificate_of_the_campaign_gets_no_call_and_is_told_why() -> None:
    best: dict[str, Any] = {"contacts": 500, "sales": 400}
    certified = agent("certified", lacks=())
    without, away = agent("without", lacks=("k-in",), **best), agent("away", lacks=("k-in",), state="offline")
    (found,) = ranked([without, certified, away], None, MEAN)
    assert found.candidate == certified
    (told,) = [reason for reason in found.reasons if reason.of == "certificate"]
    assert told.value == "valid"
    (out,) = left_out([without, certified, away])
    assert (out.candidate.agent, out.reason.value, out.reason.text) == ("without", "k-in", "lacks k-in")
