"""Shares of false findings, beside those of scipy; and who is asked first does not wait until that is loaded."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from services.training.measuring.discoveries import false_shares

FEW = """
from tests.unit.training.agents_weeks import steady, weeks
counts = counts_of(weeks({**steady(), 99: [4] * 13}))"""
NONE = "counts = counts_of([])"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_shares_are_those_of_scipy(chances: list[float]) -> None:
    given_ = np.array(chances)
    assert false_shares(given_) == pytest.approx(false_discovery_control(given_, method="bh"), abs=1e-12)


def test_of_no_chances_there_are_no_shares() -> None:
    assert len(false_shares(np.array([]))) == 0


@pytest.mark.parametrize(("agents", "costly"), [(NONE, "scipy"), (FEW, "scipy.stats")], ids=["nobody", "somebody"])
def test_looking_for_proposals_loads_no_more_than_it_needs(agents: str, costly: str) -> None:
    """A process that is asked for the first time loads it while somebody waits: ten seconds on a busy machine."""
    script = f"""
import sys
from services.training.measuring.counts import counts_of
from services.training.measuring.proposals import proposed
{agents}
print(len(proposed(counts).proposals), {costly!r} in sys.modules)"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["1" if agents == FEW else "0", "False"]
