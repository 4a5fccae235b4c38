"""The life of a partner: its moves, their conditions, and how long it stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.funnel import funnel, stays
from services.partners.domain.lifecycle import BY_HAND, CONDITIONS, FIRST, MEANING, MOVES, STAGES, Fact
from services.partners.domain.partner import (
    AdoptPartner,
    AssignOwner,
    FinishNextAction,
    MovePartner,
    NameContact,
    NoteFact,
    PlanNextAction,
    RecordFact,
    RemoveContact,
    partner,
)
from services.partners.events import ContactNamed, ContactRemoved, FactNoted, NextActionPlanned, OwnerAssigned
from services.partners.views.partners import partners
from shared.contracts.partners import PartnerMoved, PartnerRegistered, Stage
from tests.spec import given, seen

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
REGISTERED = PartnerRegistered(partner_id="acme", name="Acme BPO")
CONTACT = ContactNamed(partner_id="acme", name="Ana", email="ana@acme.example")
OWNED = OwnerAssigned(partner_id="acme", owner="J. Horvat", at=AT, by="boss")


def to(target: Stage, **more: Any) -> MovePartner:
    return MovePartner(partner_id="acme", target=target, at=AT, by="boss", **more)


def at(stage: Stage) -> PartnerMoved:
    return PartnerMoved(partner_id="acme", source="found", target=stage, at=AT, by="boss")


def fact(kind: str, ref: str = "x", *, holds: bool = True) -> FactNoted:
    return FactNoted(partner_id="acme", fact=kind, ref=ref, holds=holds)


# The tables


def test_every_stage_is_explained_and_can_be_reached_and_every_fact_is_looked_at() -> None:
    assert set(MEANING) == set(STAGES)
    reached = {FIRST}
    while more := {move.target for move in MOVES.values() if move.source in reached} - reached:
        reached |= more
    assert reached == set(STAGES)
    assert {condition.fact for condition in CONDITIONS.values()} == set(get_args(Fact))
    assert {name for move in MOVES.values() for name in move.conditions} == set(CONDITIONS)


def test_no_way_leads_to_live_past_the_test_calls() -> None:
    assert all("test_calls_passed" in move.conditions for move in MOVES.values() if move.target == "live")


# Moves


@pytest.mark.parametrize(("source", "target"), [pair for pair in MOVES if MOVES[pair].conditions])
def test_a_move_is_refused_by_each_condition_that_does_not_hold(source: Stage, target: Stage) -> None:
    move = MOVES[(source, target)]
    for missing in move.conditions:
        facts = [
            fact(CONDITIONS[name].fact)
            for name in move.conditions
            if (CONDITIONS[name].wants == "some") is (name != missing)
        ]
        facts = [f for f in facts if f.fact not in ("contact", "owner")]
        held = [CONTACT] if missing != "contact_named" else []
        owned = [OWNED] if missing != "owner_assigned" else []
        before = given(partner, REGISTERED, *held, *owned, at(source), *facts)
        before.when(to(target, reason="because")).then_rejected(missing)


@pytest.mark.parametrize(("source", "target"), list(MOVES))
def test_a_move_whose_conditions_hold_is_made(source: Stage, target: Stage) -> None:
    facts = [fact(CONDITIONS[n].fact) for n in MOVES[(source, target)].conditions if CONDITIONS[n].wants == "some"]
    before = given(partner, REGISTERED, CONTACT, OWNED, *facts, at(source))
    moved = PartnerMoved(partner_id="acme", source=source, target=target, at=AT, by="boss", reason="because")
    before.when(to(target, reason="because")).then(moved)


@pytest.mark.parametrize(("source", "target"), [pair for pair in MOVES if MOVES[pair].back])
def test_a_step_back_needs_a_reason(source: Stage, target: Stage) -> None:
    given(partner, REGISTERED, fact("notice"), at(source)).when(to(target, reason=" ")).then_rejected("reason_missing")


def test_a_move_that_is_in_no_table_is_refused() -> None:
    given(partner, REGISTERED).when(to("live")).then_rejected("no_such_move")
    given(partner).when(to("contacted")).then_rejected("unknown_partner")


def test_a_named_person_can_pass_by_the_test_calls_and_it_shows_for_ever() -> None:
    ready = [REGISTERED, fact("signed_contract"), fact("conformant_source"), at("testing")]
    override = to("ramping", override=("test_calls_passed",), reason="The line is down until Monday.")
    outcome = given(partner, *ready).when(override)
    assert outcome.events[0].overridden == ("test_calls_passed",)
    given(partner, *ready).when(msgspec.structs.replace(override, reason="")).then_rejected("reason_missing")
    doc = seen(partners, *ready, *outcome.events, at("live"))["acme"]
    assert [step.overridden for step in doc.steps] == [(), ("test_calls_passed",), ()]


def test_what_the_law_or_the_money_asks_for_nobody_passes_by() -> None:
    ending = [REGISTERED, fact("settled_data"), fact("archive"), fact("open_month", "2026-02"), at("ending")]
    override = to("ended", override=("months_agreed",), reason="I am in a hurry.")
    given(partner, *ending).when(override).then_rejected("not_overridable")


def test_a_refusal_says_all_that_is_open() -> None:
    ending = [REGISTERED, fact("open_month", "2026-02"), fact("open_invoice", "R-17"), at("ending")]
    refused = given(partner, *ending).when(to("ended"))
    assert refused.rejected is not None
    assert "2026-02" in refused.rejected.detail
    assert "R-17" in refused.rejected.detail


def test_a_fact_that_no_longer_holds_closes_the_gate_again() -> None:
    held = [REGISTERED, at("integrating"), fact("conformant_source", "tw-1")]
    given(partner, *held).when(to("testing")).then(PartnerMoved(**vars_of(to("testing")), source="integrating"))
    lost = [*held, fact("conformant_source", "tw-1", holds=False)]
    given(partner, *lost).when(to("testing")).then_rejected("source_conformant")


def vars_of(command: MovePartner) -> dict[str, Any]:
    return {name: getattr(command, name) for name in ("partner_id", "target", "at", "by", "reason")}


def test_an_old_co_operation_is_taken_in_once_and_before_any_move() -> None:
    adopt = AdoptPartner(partner_id="acme", stage="live", reason="With us since 2019.", at=AT, by="boss")
    outcome = given(partner, REGISTERED).when(adopt)
    assert (outcome.state.stage, outcome.events[0].adopted) == ("live", True)
    other = msgspec.structs.replace(adopt, stage="ramping")
    given(partner, REGISTERED, *outcome.events).when(other).then_rejected("moved_already")
    given(partner, REGISTERED, at("contacted")).when(adopt).then_rejected("moved_already")


# People, actions, facts


def test_a_contact_can_be_reached_and_is_a_fact_until_removed() -> None:
    nameless = NameContact(partner_id="acme", name="Ana")
    given(partner, REGISTERED).when(nameless).then_rejected("unreachable")
    given(partner, REGISTERED).when(msgspec.structs.replace(nameless, email="ana@acme.example")).then(CONTACT)
    removed = ContactRemoved(partner_id="acme", name="Ana")
    given(partner, REGISTERED, CONTACT).when(RemoveContact(partner_id="acme", name="Ana")).then(removed)
    given(partner, REGISTERED, CONTACT, OWNED, removed).when(to("contacted")).then_rejected("contact_named")


def test_there_is_one_owner_at_a_time() -> None:
    other = AssignOwner(partner_id="acme", owner="M. Kovač", at=AT, by="boss")
    outcome = given(partner, REGISTERED, OWNED).when(other)
    assert (outcome.state.owner, outcome.state.facts["owner"]) == ("M. Kovač", {"M. Kovač": ""})


def test_a_next_action_is_planned_and_done() -> None:
    plan = PlanNextAction(partner_id="acme", action="Call them", owner="J. Horvat", due=date(2026, 3, 9))
    done = FinishNextAction(partner_id="acme", at=AT, by="J. Horvat", outcome="They are interested.")
    given(partner, REGISTERED).when(done).then_rejected("no_next_action")
    planned = NextActionPlanned(partner_id="acme", action="Call them", owner="J. Horvat", due=date(2026, 3, 9))
    given(partner, REGISTERED).when(plan).then(planned)
    assert given(partner, REGISTERED, planned).when(done).state.planned is None


def test_only_what_nobody_else_knows_is_said_by_hand() -> None:
    say = RecordFact(partner_id="acme", fact="signed_contract", ref="main", says="Trust me.")
    given(partner, REGISTERED).when(say).then_rejected("not_by_hand")
    assert "open_month" in BY_HAND
    month = msgspec.structs.replace(say, fact="open_month", ref="2026-02", says="The report is late.")
    given(partner, REGISTERED).when(month).then(
        FactNoted(partner_id="acme", fact="open_month", ref="2026-02", holds=True, says="The report is late.")
    )


def test_what_other_parts_know_is_kept_also_before_the_partner_is_registered() -> None:
    note = NoteFact(partner_id="acme", fact="active_credential", ref="c1")
    outcome = given(partner).when(note)
    outcome.then(fact("active_credential", "c1"))
    gone = msgspec.structs.replace(note, holds=False)
    given(partner, *outcome.events).when(gone).then(fact("active_credential", "c1", holds=False))
    given(partner).when(gone).then()


@over(
    st.lists(
        st.sampled_from(
            [fact(kind, ref, holds=h) for kind in ("notice", "archive") for ref in "ab" for h in (True, False)]
        )
    )
)
def test_view_and_decider_hold_the_same_facts(notes: list[FactNoted]) -> None:
    state = given(partner, REGISTERED, *notes).state
    doc = seen(partners, REGISTERED, *notes)["acme"]
    assert {k: dict(v) for k, v in state.facts.items() if v} == {k: v for k, v in doc.words().items() if v}


# How long


moves_of_one = st.lists(st.tuples(st.sampled_from(STAGES), st.integers(1, 10**6)), max_size=8)


@over(st.lists(moves_of_one, max_size=5))
def test_stays_follow_each_other_and_the_funnel_adds_up(given_moves: list[list[tuple[Stage, int]]]) -> None:
    partners_: list[list[tuple[Stage, datetime]]] = []
    for moves in given_moves:
        clock, timed = AT, []
        for stage, seconds in moves:
            clock += timedelta(seconds=seconds)
            timed.append((stage, clock))
        partners_.append(timed)
        been = stays(timed)
        assert all(one.until == other.since for one, other in pairwise(been))
        assert (been[0].stage, been[0].since, been[-1].until) == (FIRST, None, None)
    rows = funnel(partners_)
    assert [row.stage for row in rows] == list(STAGES)
    assert sum(row.now for row in rows) == len(partners_)
    for row in rows:
        assert row.entered == row.now + sum(row.left_for.values())
