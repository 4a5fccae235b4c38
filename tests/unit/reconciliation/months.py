"""Months for tests: made by the generator, read by their profile, reconciled and scored."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from services.reconciliation.matching.own import OwnSide
from services.reconciliation.matching.results import Outcome, exported, reconcile
from services.reconciliation.sets import read_set
from tests.tools.reports.layouts import LAYOUTS
from tests.tools.reports.writing import make_set, parse_faults
from tests.unit.reconciliation.profiled import read
from tests.unit.reconciliation.scoring import Score, score

MONTHS = ("2025-09", "2025-10", "2025-11", "2026-02", "2026-03")
SPECIAL = (
    "timezone_shift=+60@half,missing_line",
    "timezone_shift=-120@12,duplicate_block,duplicate_line=3",
    "duration_rounding=up60@15,wrong_disposition",
    "duration_rounding=near60,phantom_sale",
    "duration_rounding=up30@half,own_duration_ring,agent_remap=swap",
    "number_format=masked,missing_line,extra_line,timezone_shift=+60",
    "number_format=sci,agent_remap,duration_rounding=up60,missing_line",
    "number_format=lost_zero,agent_remap=swap",
    "decimal_mixup=0.01,cancelled_sale_counted,sale_missing_own",
    "month_boundary,missing_day,duplicate_line,call_missing_own",
    "none",
)


@dataclass
class Month:
    """A set in memory: our side, the partner's lines and the truth."""

    own: OwnSide
    lines: pl.DataFrame
    truth: dict[str, object]

    def reconciled(self) -> Outcome:
        return reconcile(self.lines, self.own)

    def scored(self, outcome: Outcome) -> Score:
        words = {one.explanation_id: one.confidence for one in outcome.explanations}
        return score(self.truth, written(outcome), words)


def written(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(one) for one in exported(outcome)]


def loaded(folder: Path) -> Month:
    return Month(read_set(folder).own, read(folder), json.loads((folder / "truth.json").read_text(encoding="utf-8")))


def made(folder: Path, faults: str, layout: str = "de_csv", seed: int = 1, calls: int = 300, **more: str) -> Month:
    lay = LAYOUTS[layout]
    month, noise = more.get("month", "2025-10"), more.get("noise", "low")
    make_set(folder, lay, seed, calls, month, parse_faults(faults, lay, seed, month), "P-01", noise=noise)
    return loaded(folder)


def drawn(folder: Path, seed: int, calls: int = 300) -> Month:
    """A month by its seed alone: layout, month, noise and faults."""
    dice = random.Random(f"month:{seed}")
    layout, month = dice.choice(sorted(LAYOUTS)), dice.choice(MONTHS)
    faults = dice.choice(SPECIAL) if seed % 3 == 0 else "mix"
    return made(folder, faults, layout, seed, calls, month=month, noise="high" if seed % 4 == 1 else "low")
