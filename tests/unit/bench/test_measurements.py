"""Every measurement runs, on little work: what it prints is for people to judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.bench import coaching, door, folding, growth, living, parsing, popping, questions, whole
from services.bench.on import On
from shared.settings import Ports

pytestmark = pytest.mark.slow


async def test_the_folds_count_what_they_have_folded() -> None:
    tracked = await folding.tracker(300)
    assert tracked["n"] >= 300
    assert tracked["facts"] > 0
    projected = await folding.projection(300)
    assert projected["n"] == tracked["facts"]


async def test_each_view_is_built_anew_over_all_facts() -> None:
    figures = await folding.rebuild(300)
    assert figures["n"] > 0
    for view in ("performance", "performance_day", "performance_month", "evidence"):
        assert figures[view]["n"] == figures["n"]


async def test_growth_is_measured_by_day_and_by_kind_of_thing() -> None:
    figures = await growth.growth(days=2, partners=1, agents=2)
    assert len(figures["costs"]) == 2
    sizes = figures["sizes"]
    assert sizes["tallyline.telephony"]["n"] == sum(day["items"] for day in figures["costs"])
    assert sizes["tallyline.calls"]["n"] == sum(day["events"] for day in figures["costs"])
    assert 0 < sizes["tallyline.calls"]["packed"] < sizes["tallyline.calls"]["bytes"] < sizes["file"]
    assert sizes["tracked_calls"]["largest"] * sizes["tracked_calls"]["n"] >= sizes["tracked_calls"]["bytes"] > 0


async def test_a_measurement_names_the_ports_that_it_runs_on() -> None:
    figures = await folding.projection(300, On(ports=Ports(bus="sqlite", documents="sqlite")))
    assert (figures["bus"], figures["documents"]) == ("sqlite", "sqlite")


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
    figures = await whole.end_to_end(rate=40, seconds=4, batch=3)
    assert figures["answers"] == {202: 160}
    assert figures["probes"] > 0
    assert figures["p50_ms"] > 0


def test_each_platform_is_measured_on_its_recorded_set(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "fixtures" / "telephony"
    figures = parsing.parsing(folder, 2)
    assert sorted(figures) == sorted(path.parent.name for path in folder.glob("*/expected.json"))
    for measured in figures.values():
        assert measured["events_per_s"] > 0
        assert measured["items_per_s"] > 0
    with pytest.raises(ValueError, match="no recorded sets"):
        parsing.parsing(tmp_path, 1)


async def test_screens_pop_and_calls_ring_under_traffic() -> None:
    figures = await popping.screen_pop(rate=20, seconds=4, batch=3)
    assert figures["answers"] == {202: 80}
    assert figures["pops"] > 0
    assert figures["rings"] > 0
    assert figures["ring"]["max_ms"] > 0


async def test_coaching_is_measured_on_agents_of_known_skill() -> None:
    figures = await coaching.coaching(agents=300, rounds=2, seed=1, rate=0.1)
    assert figures["truly_low"] == 60
    assert 0 < figures["proposals"] == figures["effects"] + figures["too_few"]
    assert figures["precision"] > 0.5
    assert 0.7 < figures["coverage"] <= 1
    again = await coaching.coaching(agents=300, rounds=2, seed=1, rate=0.1)
    for name in ("proposals", "recall", "coverage", "together_helped"):
        assert figures[name] == again[name], "a seed gives the same company"


async def test_every_viewer_sees_the_rows_that_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(living, "CALM_S", 0.5)
    monkeypatch.setattr(living, "_browser", lambda: None)
    figures = await living.live(rate=20, seconds=4, viewers=2, stalled=2, batch=3)
    assert 0 < figures["on_screen"] == figures["probes"]
    assert figures["screen"]["p50_ms"] > 0
    assert figures["ticks_a_viewer"] >= 2
    assert set(figures["answers"]) == {202}
    assert figures["usable"] is None
