"""Recruitment: candidates go forward through the stages, and nothing that is recorded says who they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from services.training.domain.candidate import (
    ORDER,
    EraseCandidate,
    MoveCandidate,
    RegisterCandidate,
    candidate,
)
from services.training.events.candidates import (
    OVER,
    CandidateErased,
    CandidateEvent,
    CandidateMoved,
    CandidateRegistered,
    Speaks,
)
from services.training.views.candidates import candidates
from shared.kernel import Rejected
from tests.spec import given, seen

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"partner_id": "adria", "candidate": "c17", "at": AT, "by": "iva"}
KNOWN: dict[str, Any] = {"languages": (Speaks(language="de", level="B2"),), "skills": ("telesales",)}
REGISTERED = CandidateRegistered(**WHO, **KNOWN)


def move(stage: Any, agent: str = "") -> MoveCandidate:
    return MoveCandidate(**WHO, stage=stage, agent=agent)


def moved(stage: Any, agent: str = "") -> CandidateMoved:
    return CandidateMoved(**WHO, stage=stage, agent=agent)


def test_a_candidate_is_registered_and_known_better() -> None:
    given(candidate).when(RegisterCandidate(**WHO, **KNOWN)).then(REGISTERED)
    given(candidate, REGISTERED).when(RegisterCandidate(**WHO, **KNOWN)).then()
    tested = (Speaks(language="de", level="C1", tested=True),)
    given(candidate, REGISTERED).when(RegisterCandidate(**WHO, languages=tested)).then(
        CandidateRegistered(**WHO, languages=tested)
    )
    twice = KNOWN["languages"] * 2
    given(candidate).when(RegisterCandidate(**WHO, languages=twice)).then_rejected("language_twice")


def test_stages_go_forward_until_they_are_over() -> None:
    given(candidate).when(move("screened")).then_rejected("unknown_candidate")
    given(candidate, REGISTERED).when(move("tested")).then(moved("tested"))
    given(candidate, REGISTERED, moved("tested")).when(move("screened")).then_rejected("not_forward")
    given(candidate, REGISTERED, moved("tested")).when(move("hired")).then_rejected("agent_missing")
    given(candidate, REGISTERED, moved("tested")).when(move("hired", "a7")).then(moved("hired", "a7"))
    given(candidate, REGISTERED, moved("tested")).when(move("offered", "a7")).then_rejected("agent_missing")
    given(candidate, REGISTERED, moved("rejected")).when(move("hired", "a7")).then_rejected("over")


def test_who_was_erased_is_erased() -> None:
    given(candidate).when(EraseCandidate(**WHO)).then_rejected("unknown_candidate")
    given(candidate, REGISTERED).when(EraseCandidate(**WHO)).then(CandidateErased(**WHO))
    gone = given(candidate, REGISTERED, CandidateErased(**WHO))
    gone.when(EraseCandidate(**WHO)).then()
    gone.when(move("screened")).then_rejected("erased")
    gone.when(RegisterCandidate(**WHO, **KNOWN)).then_rejected("erased")


@hypothesis_given(st.lists(st.sampled_from(ORDER), max_size=8))
def test_whatever_is_asked_stages_only_go_forward_and_end_once(asked: list[Any]) -> None:
    state, stages = candidate.evolve(candidate.initial, REGISTERED), []
    for stage in asked:
        try:
            events = candidate.decide(move(stage, "a7" if stage == "hired" else ""), state)
        except Rejected:
            continue
        for event in events:
            state = candidate.evolve(state, event)
            stages.append(state.stage)
    assert stages == sorted(set(stages), key=ORDER.index)
    assert len(OVER.intersection(stages)) <= 1


def test_the_view_follows_and_events_have_no_room_for_a_person() -> None:
    doc = seen(candidates, REGISTERED, moved("tested"), moved("hired", "a7"), CandidateErased(**WHO))["adria:c17"]
    assert (doc.stage, [one.stage for one in doc.moves], doc.erased) == ("hired", ["tested", "hired"], True)
    words = {name for kind in CandidateEvent.__args__ for name in msgspec.structs.asdict(_one(kind))}
    assert words == {"partner_id", "candidate", "languages", "skills", "stage", "agent", "at", "by"}


def _one(kind: Any) -> Any:
    examples: dict[Any, Any] = {CandidateRegistered: REGISTERED, CandidateMoved: moved("tested")}
    return examples.get(kind, CandidateErased(**WHO))
