"""Ideas: one vote each, merged without losing any, answered, shipped, and measured against luck."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.training.domain.idea import (
    AnswerIdea,
    MeasureIdea,
    MergeIdea,
    ProposeIdea,
    ShipIdea,
    TakeVoteBack,
    VoteForIdea,
    idea,
)
from services.training.events.ideas import (
    IdeaAnswered,
    IdeaMeasured,
    IdeaMerged,
    IdeaShipped,
    IdeaVoted,
    Share,
    VoteTakenBack,
    Watched,
)
from services.training.measuring.before_after import change, limits
from services.training.views.ideas import KnownIdea, head_of, ideas, whole_ideas
from shared.contracts.training import IdeaProposed
from shared.kernel import Event
from tests.spec import given, seen
from tests.unit.training.quality import AT

ONE, TWO = "adria:000000000001", "adria:000000000002"
SAID: dict[str, Any] = {"at": AT, "by": "a7"}
OF: dict[str, Any] = {"partner_id": "adria", "idea": ONE}
OURS: dict[str, Any] = {"at": AT, "by": "Eva"}
PROPOSED = IdeaProposed(**OF, agent="a7", subject="panel", text="t1", **SAID)
VOTED = IdeaVoted(**OF, voter="agent:a8", at=AT, by="a8")
MERGED = IdeaMerged(**OF, into=TWO, **OURS)
DECLINED = IdeaAnswered(**OF, status="declined", text="t2", **OURS)
WATCHED = Watched(measure="failed", step="address")
SHIPPED = IdeaShipped(**OF, on=AT.date(), text="t3", watched=WATCHED, **OURS)


def vote(voter: str = "agent:a8") -> VoteForIdea:
    return VoteForIdea(idea=ONE, voter=voter, at=AT, by="a8")


def ship(**more: Any) -> ShipIdea:
    return ShipIdea(idea=ONE, **{"on": AT.date(), "text": "t3", "watched": WATCHED, **OURS, **more})


def measured(before: Share, after: Share, at: timedelta = timedelta(days=30)) -> MeasureIdea:
    return MeasureIdea(idea=ONE, days=28, before=before, after=after, at=AT + at, by="Eva")


def test_an_idea_is_proposed_voted_for_answered_and_shipped() -> None:
    given(idea).when(ProposeIdea(idea=ONE, agent="a7", subject="panel", text="t1", **SAID)).then(PROPOSED)
    given(idea, PROPOSED).when(vote()).then(VOTED)
    back = TakeVoteBack(idea=ONE, voter="agent:a8", at=AT, by="a8")
    gone = VoteTakenBack(**OF, voter="agent:a8", at=AT, by="a8")
    given(idea, PROPOSED, VOTED).when(back).then(gone)
    given(idea, PROPOSED, VOTED, gone).when(vote()).then(VOTED)
    answer = AnswerIdea(idea=ONE, status="declined", text="t2", **OURS)
    given(idea, PROPOSED).when(answer).then(DECLINED)
    given(idea, PROPOSED).when(ship()).then(SHIPPED)
    given(idea, PROPOSED).when(MergeIdea(idea=ONE, into=TWO, **OURS)).then(MERGED)


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ((), vote(), "unknown_idea"),
        ((PROPOSED,), vote("agent:a7"), "own_idea"),
        ((PROPOSED, MERGED), vote(), "merged"),
        ((PROPOSED, SHIPPED), vote(), "settled"),
        ((PROPOSED, DECLINED), vote(), "settled"),
        ((PROPOSED,), TakeVoteBack(idea=ONE, voter="agent:a8", at=AT, by="a8"), "no_vote"),
        ((PROPOSED,), MergeIdea(idea=ONE, into=ONE, **OURS), "into_itself"),
        ((PROPOSED, MERGED), MergeIdea(idea=ONE, into="adria:000000000003", **OURS), "merged"),
        ((PROPOSED, SHIPPED), MergeIdea(idea=ONE, into=TWO, **OURS), "settled"),
        ((PROPOSED, SHIPPED), AnswerIdea(idea=ONE, status="declined", text="t2", **OURS), "shipped"),
        ((PROPOSED, MERGED), AnswerIdea(idea=ONE, status="declined", text="t2", **OURS), "merged"),
        ((PROPOSED,), ship(on=AT.date() + timedelta(days=1)), "not_yet"),
        ((PROPOSED,), ship(watched=Watched(measure="failed")), "watched_wrong"),
        ((PROPOSED,), ship(watched=Watched(measure="sales", step="order")), "watched_wrong"),
        ((PROPOSED, SHIPPED), ship(on=date(2026, 1, 1)), "shipped"),
        ((PROPOSED,), measured(Share(1, 2), Share(1, 2)), "not_shipped"),
        ((PROPOSED, SHIPPED), measured(Share(1, 2), Share(1, 2), timedelta(days=28)), "too_early"),
        ((PROPOSED, IdeaShipped(**OF, on=AT.date(), text="t3", **OURS)), measured(Share(1, 2), Share(1, 2)),
         "nothing_watched"),
    ],
)  # fmt: skip
def test_an_idea_has_its_rules(before: tuple[Event, ...], command: Any, code: str) -> None:
    given(idea, *before).when(command).then_rejected(code)


def test_what_an_idea_brought_is_told_with_its_interval() -> None:
    command = measured(Share(400, 10_000), Share(200, 10_000))
    told: dict[str, Any] = {"verdict": "improved", "effect": "-2.00", "low": "-2.48", "high": "-1.53"}
    event = IdeaMeasured(**OF, days=28, before=command.before, after=command.after, **told, at=command.at, by="Eva")
    given(idea, PROPOSED, SHIPPED).when(command).then(event)


def test_limits_are_those_of_published_examples() -> None:
    # Newcombe (1998), table II, method 10, 95 %: 56/70 - 48/80 = 0.2000: 0.0524 to 0.3339; 9/10 - 3/10 = 0.6000:
    # 0.1705 to 0.8090; 10/10 - 0/10 = 1: 0.6075 to 1.
    for (a, m, b, n), wanted in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ):
        assert limits(Share(b, n), Share(a, m)) == pytest.approx(wanted, abs=0.00005)


@pytest.mark.parametrize(
    ("before", "after", "more_is_better", "verdict"),
    [
        (Share(400, 10_000), Share(200, 10_000), False, "improved"),
        (Share(400, 10_000), Share(200, 10_000), True, "worse"),
        (Share(40, 1_000), Share(38, 1_000), False, "no_effect_seen"),
        (Share(40, 99), Share(0, 1_000), False, "too_few"),
    ],
)
def test_a_change_is_one_only_beyond_luck(before: Share, after: Share, more_is_better: bool, verdict: str) -> None:
    found = change(before, after, more_is_better)
    assert found.verdict == verdict
    assert (found.effect == "") == (verdict == "too_few")


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    dice = random.Random(4)
    true = (0.06, 0.05)
    covered = 0
    for _ in range(600):
        shares = [Share(sum(dice.random() < p for _ in range(300)), 300) for p in true]
        low, high = limits(*shares)
        covered += low <= true[1] - true[0] <= high
    # 95 % of 600 are 570, with a standard deviation of 5.3.
    assert 552 <= covered <= 590


def doc(number: int, author: str, *voters: str, into: int | None = None, partner: str = "adria") -> KnownIdea:
    name = f"{partner}:{number:012}"
    told: dict[str, Any] = {"partner_id": partner, "idea": name}
    merged = IdeaMerged(**told, into=f"{partner}:{into:012}", **OURS) if into is not None else None
    proposed = IdeaProposed(**told, agent=author, subject="panel", at=AT + timedelta(minutes=number), by=author)
    return KnownIdea(
        idea=name, partner=partner, proposed=proposed, merged=merged, voters=sorted({f"agent:{one}" for one in voters})
    )


def known(*docs: KnownIdea) -> dict[str, KnownIdea]:
    return {one.idea: one for one in docs}


def test_whoever_wants_an_idea_counts_once_whatever_was_merged() -> None:
    docs = known(doc(1, "a7", "a8"), doc(2, "a8", "a9", "a7", into=1), doc(3, "a9", into=2), doc(4, "b1", "a7"))
    first, second = whole_ideas(docs)
    assert (first.head.idea, first.votes) == ("adria:000000000001", 2), "a8 and a9; not the author"
    assert first.authors == [("adria", "a7"), ("adria", "a8"), ("adria", "a9")]
    assert first.merged == ["adria:000000000002", "adria:000000000003"]
    assert (second.head.idea, second.votes) == ("adria:000000000004", 1)


def test_two_that_were_merged_into_each_other_go_on_as_one() -> None:
    docs = known(doc(1, "a7", into=2), doc(2, "a8", into=1), doc(3, "a9", into=2))
    assert {head_of(name, docs) for name in docs} == {"adria:000000000001"}
    (one,) = whole_ideas(docs)
    assert len(one.authors) == 3


@drawn(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=10))
def test_however_ideas_are_merged_each_is_in_one_whole_and_no_author_is_lost(merges: list[tuple[int, int]]) -> None:
    into = {one: other for one, other in merges if one != other}
    docs = known(*(doc(number, f"a{number}", into=into.get(number)) for number in range(8)))
    wholes = whole_ideas(docs)
    members = [name for one in wholes for name in (one.head.idea, *one.merged)]
    assert sorted(members) == sorted(docs)
    assert sum(len(one.authors) for one in wholes) == 8
    assert all(one.votes == len(one.authors) - 1 for one in wholes)


def test_the_view_holds_what_stands() -> None:
    gone = VoteTakenBack(**OF, voter="agent:a8", at=AT, by="a8")
    events = (PROPOSED, VOTED, IdeaVoted(**OF, voter="agent:a9", at=AT, by="a9"), gone)
    assert seen(ideas, *events)[ONE].voters == ["agent:a9"]
    assert seen(ideas, *events)[ONE].status == "proposed"
    assert seen(ideas, *events, DECLINED)[ONE].status == "declined"
    assert seen(ideas, *events, SHIPPED)[ONE].status == "shipped"
