"""Evaluating candidates: scores apart, disagreement, decision; sites and their readiness."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.evaluation import DecideEvaluation, OpenEvaluation, ScoreCandidate, evaluation
from services.partners.domain.process_managers.evaluations import note_evaluations
from services.partners.domain.scorecard import CRITERIA, DefineScorecard, scorecard
from services.partners.domain.scores import APART, MOST, standing
from services.partners.domain.site import READINESS, CheckReadiness, DescribeSite, air, site
from services.partners.events import (
    CandidateScored,
    Criterion,
    EvaluationDecided,
    EvaluationOpened,
    ReadinessChecked,
    Score,
    ScorecardDefined,
    Site,
    SiteDescribed,
)
from shared.kernel import said
from tests.spec import given, published
from tests.unit.partners.service import World, world

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TWO = (
    Criterion(id="cost", text="Cost", weight=30),
    Criterion(id="privacy", text="Data protection", weight=10, minimum=3),
)
OPEN = OpenEvaluation(
    evaluation_id="acme:first", partner_id="acme", scorecard_id="own", criteria=TWO, evaluators=2, at=AT, by="boss"
)
OPENED = said(EvaluationOpened, OPEN)


def scored(by: str, cost: int | None, privacy: int | None) -> CandidateScored:
    scores = {"cost": Score(points=cost), "privacy": Score(points=privacy)}
    return CandidateScored(evaluation_id="acme:first", partner_id="acme", scores=scores, at=AT, by=by)


def decide(decision: Any) -> DecideEvaluation:
    return DecideEvaluation(evaluation_id="acme:first", decision=decision, reason="As discussed.", at=AT, by="boss")


# Scorecards


def test_the_scorecard_that_comes_along_asks_for_all_that_matters() -> None:
    assert sum(criterion.weight for criterion in CRITERIA) == 100
    assert len({criterion.id for criterion in CRITERIA}) == len(CRITERIA) == 8


def test_a_scorecard_holds_each_criterion_once() -> None:
    define = DefineScorecard(scorecard_id="own", title="Own", criteria=TWO, at=AT, by="boss")
    given(scorecard).when(define).then(said(ScorecardDefined, define))
    twice = msgspec.structs.replace(define, criteria=(*TWO, TWO[0]))
    given(scorecard).when(twice).then_rejected("criterion_twice")


# Evaluations


def test_an_evaluation_keeps_the_criteria_that_it_began_with() -> None:
    given(evaluation).when(OPEN).then(OPENED)
    given(evaluation, OPENED).when(msgspec.structs.replace(OPEN, criteria=TWO[:1])).then_rejected("evaluation_exists")


def test_each_evaluator_scores_apart_and_the_last_scores_count() -> None:
    first, better = scored("ana", 2, 4), scored("ana", 5, 4)
    state = given(evaluation, OPENED, first, scored("ivo", 3, 3), better).state
    assert {by: given_["cost"].points for by, given_ in state.scores.items()} == {"ana": 5, "ivo": 3}
    command = ScoreCandidate(evaluation_id="acme:first", scores={"mood": Score(points=1)}, at=AT, by="ana")
    given(evaluation, OPENED).when(command).then_rejected("unknown_criterion")
    given(evaluation).when(command).then_rejected("unknown_evaluation")


def test_nothing_is_decided_before_enough_people_have_scored_all() -> None:
    part = CandidateScored(
        evaluation_id="acme:first", partner_id="acme", scores={"cost": Score(points=5)}, at=AT, by="ivo"
    )
    given(evaluation, OPENED, scored("ana", 5, 5), part).when(decide("take")).then_rejected("scores_missing")
    decided = EvaluationDecided(
        evaluation_id="acme:first", partner_id="acme", decision="take", reason="As discussed.", at=AT, by="boss"
    )
    ready = [OPENED, scored("ana", 5, 5), scored("ivo", 4, 3)]
    given(evaluation, *ready).when(decide("take")).then(decided)
    given(evaluation, *ready, decided).when(decide("leave")).then_rejected("evaluation_decided")
    late = ScoreCandidate(evaluation_id="acme:first", scores={"cost": Score(points=0)}, at=AT, by="eva")
    given(evaluation, *ready, decided).when(late).then_rejected("evaluation_decided")


def test_below_the_least_nobody_is_taken_but_may_be_left() -> None:
    ready = [OPENED, scored("ana", 5, 2), scored("ivo", 5, 3)]
    given(evaluation, *ready).when(decide("take")).then_rejected("below_minimum")
    assert given(evaluation, *ready).when(decide("leave")).state.decided is not None


@pytest.mark.parametrize(("decision", "holds"), [("take", True), ("leave", False)])
def test_a_decision_is_noted_on_the_partner(decision: Any, holds: bool) -> None:
    event = EvaluationDecided(
        evaluation_id="acme:first", partner_id="acme", decision=decision, reason="As discussed.", at=AT, by="boss"
    )
    (send,) = note_evaluations.handle(published(event))
    assert (send.stream_id, send.command.fact, send.command.holds) == ("acme", "positive_evaluation", holds)  # type: ignore[attr-defined]


points = st.one_of(st.none(), st.integers(0, MOST))


@over(st.dictionaries(st.sampled_from("abcd"), st.tuples(points, points), max_size=4))
def test_a_standing_adds_up(given_points: dict[str, tuple[int | None, int | None]]) -> None:
    scores = {by: {"cost": Score(points=c), "privacy": Score(points=p)} for by, (c, p) in given_points.items()}
    now = standing(TWO, scores)
    assert now.complete == sorted(given_points)
    weighed = Fraction(0)
    weight = 0
    for row, n in zip(now.criteria, (0, 1), strict=True):
        counted = [value for pair in given_points.values() if (value := pair[n]) is not None]
        assert (row.total, row.n) == (sum(counted), len(counted))
        assert row.disagree == any(abs(a - b) >= APART for a in counted for b in counted)
        if counted:
            weighed += Fraction(sum(counted), len(counted)) * TWO[n].weight
            weight += TWO[n].weight
    assert now.percent == (round(weighed * 10_000 / (weight * MOST)) if weight else None)
    assert now.percent is None or 0 <= now.percent <= 10_000


async def opened(at: World) -> None:
    body = {"title": "Own", "criteria": msgspec.to_builtins(TWO)}
    assert (await at.http.put("/api/v1/scorecards/own", json=body)).status_code == 202
    answer = await at.http.post("/api/v1/evaluations", json={"partner_id": "acme", "scorecard_id": "own"})
    assert answer.status_code == 201


async def test_who_still_scores_does_not_see_what_others_gave() -> None:
    async with world() as at:
        await opened(at)
        ana, ivo = await at.as_named("ana", "admin"), await at.as_named("ivo", "admin")
        path = "/api/v1/evaluations/acme:first"
        await at.http.put(
            f"{path}/scores", json={"scores": {"cost": {"points": 1}, "privacy": {"points": 4}}}, headers=ana
        )
        seen_by_ivo = (await at.http.get(path, headers=ivo)).json()
        assert (seen_by_ivo["scores"], seen_by_ivo["scored_by"], seen_by_ivo["standing"]["percent"]) == (
            {},
            ["ana"],
            None,
        )
        assert (await at.http.get("/api/v1/evaluations/compare?scorecard=own", headers=ivo)).json()["items"] == []
        await at.http.put(
            f"{path}/scores", json={"scores": {"cost": {"points": 4}, "privacy": {"points": 3}}}, headers=ivo
        )
        shown = (await at.http.get(path, headers=ivo)).json()
        assert set(shown["scores"]) == {"ana", "ivo"}
        assert [row["disagree"] for row in shown["standing"]["criteria"]] == [True, False]
        assert shown["standing"]["percent"] == 5500


async def test_candidates_stand_side_by_side_and_evidence_is_a_hash() -> None:
    async with world() as at:
        await opened(at)
        bad = {"scores": {"cost": {"points": 1, "evidence": ["my file"]}}}
        answer = await at.http.put("/api/v1/evaluations/acme:first/scores", json=bad)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith("scores")
        too_many = {"scores": {"cost": {"points": 6}}}
        assert (await at.http.put("/api/v1/evaluations/acme:first/scores", json=too_many)).status_code == 422
        cards = (await at.http.get("/api/v1/scorecards")).json()["items"]
        assert [card["scorecard_id"] for card in cards] == ["own", "standard"]
        assert (
            await at.http.post("/api/v1/evaluations", json={"partner_id": "x", "scorecard_id": "no"})
        ).status_code == 404
        limited = await at.as_role("admin", "acme")
        for path in ("", "/acme:first", "/compare"):
            assert (await at.http.get(f"/api/v1/evaluations{path}", headers=limited)).status_code == 403


# Sites

SITE = Site(volume_m3=900, workplaces=40, numbers=("+38512345678",))
DESCRIBE = DescribeSite(site_id="acme:zagreb", site=SITE, at=AT, by="boss")
DESCRIBED = SiteDescribed(site_id="acme:zagreb", partner_id="acme", site=SITE, at=AT, by="boss")


def test_a_site_is_described_and_checked_point_by_point() -> None:
    given(site).when(DESCRIBE).then(DESCRIBED)
    check = CheckReadiness(site_id="acme:zagreb", item="internet", met=True, says="94 Mbit/s", at=AT, by="ivo")
    seen = ReadinessChecked(
        site_id="acme:zagreb",
        partner_id="acme",
        item="internet",
        met=True,
        says="94 Mbit/s",
        proof=None,
        at=AT,
        by="ivo",
    )
    given(site, DESCRIBED).when(check).then(seen)
    given(site).when(check).then_rejected("unknown_site")
    given(site, DESCRIBED).when(msgspec.structs.replace(check, item="mood")).then_rejected("unknown_item")


@pytest.mark.parametrize(
    ("volume", "workplaces", "expected"),
    [(800, 40, (20, True)), (799, 40, (19, False)), (900, 40, (22, True)), (None, 40, None), (900, None, None)],
)
def test_the_air_of_a_workplace_is_held_against_the_usual_minimum(
    volume: int | None, workplaces: int | None, expected: tuple[int, bool] | None
) -> None:
    assert air(Site(volume_m3=volume, workplaces=workplaces)) == expected


async def test_a_site_is_shown_with_its_checklist_to_those_who_see_the_partner() -> None:
    async with world() as at:
        body = {"site": {"volume_m3": 700, "workplaces": 40, "languages": [{"language": "de", "agents": 22}]}}
        assert (await at.http.put("/api/v1/sites/acme:zagreb", json=body)).status_code == 202
        check = {"met": False, "says": "One line only."}
        assert (await at.http.put("/api/v1/sites/acme:zagreb/readiness/internet", json=check)).status_code == 202
        (shown,) = (await at.http.get("/api/v1/partners/acme/sites")).json()["items"]
        assert shown["air"] == {"m3_a_workplace": 17, "usual_minimum_m3": 20, "met": False}
        assert (shown["met"], shown["of"]) == (0, len(READINESS))
        assert [row["check"]["says"] for row in shown["readiness"] if row["check"]] == ["One line only."]
        other = await at.as_role("partner", "globex")
        assert (await at.http.get("/api/v1/partners/acme/sites", headers=other)).status_code == 404
