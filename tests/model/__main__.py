"""Searches schedules by hand: `python -m tests.model --schedules 5000 --seed 0`, or `--plant NAME` with its trace."""

from __future__ import annotations

import argparse

from tests.model.plants import Plant, Setting
from tests.model.schedule import Play


def main() -> int:
    """1 when the protocol broke, or a planted mistake was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000, help="in each setting, and for each planted mistake")
    parser.add_argument("--seed", type=int, default=0, help="of the first schedule")
    parser.add_argument("--plant", choices=[plant.name for plant in Plant], help="this one alone, and its first trace")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.schedules)
    if options.plant:
        return trace(Plant[options.plant], seeds)
    failures = 0
    for setting in Setting:
        broken = {seed: found for seed in seeds if (found := Play(seed, setting).run())}
        failures += len(broken)
        print(f"{setting.name}: {len(broken)} of {len(seeds)} schedules broken ({setting.value})", flush=True)
        for seed, found in list(broken.items())[:3]:
            print(f"  seed {seed}: {found[0]}")
    for plant in Plant:
        shown = sum(1 for seed in seeds if Play(seed, plant.setting, plant).run())
        failures += not shown
        print(f"{100 * shown / len(seeds):6.1f} %  {plant.name}: {plant.words}", flush=True)
    return min(failures, 1)


def trace(plant: Plant, seeds: range) -> int:
    """The first schedule that shows a mistake, step by step."""
    for seed in seeds:
        play = Play(seed, plant.setting, plant)
        if found := play.run():
            for step in play.world.trace:
                print(*step)
            print(f"seed {seed}:", *found, sep="\n  ")
            return 0
    print("not found")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
