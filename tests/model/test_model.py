"""The protocol holds in every schedule that is searched, and every planted mistake is found."""

from __future__ import annotations

import pytest

from tests.model.plants import Plant, Setting
from tests.model.schedule import Play

SCHEDULES = 150
PLANTED = 300
"""Schedules in which a planted mistake must show; the rarest shows in about one of a hundred."""


@pytest.mark.parametrize("setting", Setting, ids=lambda setting: setting.name.lower())
def test_nothing_is_lost_and_nothing_is_counted_twice(setting: Setting) -> None:
    assert {seed: found for seed in range(SCHEDULES) if (found := Play(seed, setting).run())} == {}


@pytest.mark.parametrize("plant", Plant, ids=lambda plant: plant.name.lower())
def test_a_planted_mistake_is_found(plant: Plant) -> None:
    assert any(Play(seed, plant.setting, plant).run() for seed in range(PLANTED)), plant.words


def test_a_seed_is_a_schedule() -> None:
    first, again = Play(7, Setting.STEADY), Play(7, Setting.STEADY)
    assert first.run() == again.run()
    assert first.world.trace == again.world.trace


def test_the_schedules_have_what_breaks_protocols_in_them() -> None:
    """Else they would show nothing: crashes, refusals, second owners, corrections, repeats, rebuilds that switched."""
    plays = [Play(seed, Setting.STEADY) for seed in range(20)]
    for play in plays:
        play.run()
    words = {str(step[0]) for play in plays for step in play.world.trace}
    assert words >= {"crash of", "a second", "refused:", "no answer yet:"}
    outputs = [log for play in plays for log in play.world.outputs]
    assert any(event.fact.amount < 0 for log in outputs for event in log)
    assert sum(len(log) - len(set(log)) for log in outputs) > 20 * len(plays)
    assert sum("pointer/tally" in play.world.documents for play in plays) > len(plays) // 2
