"""The schedule: the same for the same seed, every kind of harm in it, and nothing that the machine can't do."""

from __future__ import annotations

from tests.chaos.faults import schedule
from tests.chaos.profiles import PROFILES

SHORT, LONG = PROFILES["short"], PROFILES["long"]


def test_one_seed_gives_one_schedule() -> None:
    assert schedule(7, SHORT.picks, 1, 4.0) == schedule(7, SHORT.picks, 1, 4.0)
    assert schedule(7, SHORT.picks, 1, 4.0) != schedule(8, SHORT.picks, 1, 4.0)


def test_the_long_profile_leaves_nothing_out() -> None:
    assert schedule(1, LONG.picks, LONG.rounds, LONG.gap)[1] == []


def test_thirty_seeds_of_the_short_profile_do_all_that_the_long_one_does() -> None:
    done = {fault.harm[:2] for seed in range(1, 31) for fault in schedule(seed, SHORT.picks, 1, SHORT.gap)[0]}
    assert done == {fault.harm[:2] for fault in schedule(1, LONG.picks, 1, LONG.gap)[0]}


def test_what_can_not_be_done_here_is_said_to_be_left_out() -> None:
    faults, left = schedule(1, LONG.picks, 1, LONG.gap, {"clock jump", "full disk"})
    assert not {"clock jump", "full disk"} & {fault.harm.kind for fault in faults}
    assert {"clock jump", "full disk"} <= {harm.kind for harm in left}
