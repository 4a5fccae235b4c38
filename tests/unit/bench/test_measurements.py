"""Every measurement runs, on little work: what it prints is for people to judge."""

from __future__ import annotations

import pytest

from services.bench import door, folding, questions, whole

pytestmark = pytest.mark.slow


async def test_the_folds_count_what_they_have_folded() -> None:
    tracked = await folding.tracker(300)
    assert tracked["n"] >= 300
    assert tracked["facts"] > 0
    projected = await folding.projection(300)
    assert projected["n"] == tracked["facts"]


async def test_the_door_is_measured_beside_its_ceiling() -> None:
    figures = await door.ingest((1, 10), share=0.02)
    assert figures["batch_1"]["n"] == 2 * 120
    assert figures["batch_10"]["n"] == 2 * 600
    assert 0 < figures["batch_1"]["of_ceiling"] <= 1.5


async def test_every_question_has_an_answer() -> None:
    figures = await questions.query(agents=40, rounds=2)
    assert {"ranking_month", "leaderboard_day", "wallboard_now", "calls_page"} <= figures.keys()
    assert figures["ranking_month"]["bytes"] > 1000


async def test_probes_find_their_figures_under_traffic() -> None:
    figures = await whole.end_to_end(rate=40, seconds=4)
    assert figures["answers"] == {202: 160}
    assert figures["probes"] > 0
    assert figures["p50_ms"] > 0
