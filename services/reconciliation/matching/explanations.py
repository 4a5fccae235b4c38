"""Causes in words: all that those who look at a month need of a comparison, without what works it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Foretold:
    """A rule fitted on the odd days, tested on the even ones: lines that it hit there, of those that it applied to."""

    days: int
    hits: int
    of: int


@dataclass(frozen=True)
class Explanation:
    """A cause in words. `confidence` is proven, likely, suspected or undetermined; `moved_minor` is what the partner
    counts more than we do for its lines; `examples` are up to five of its findings (places in `findings`)."""

    explanation_id: str
    kind: str
    cause: str
    party: str
    confidence: str
    explained: int
    against: int
    moved_minor: int
    proof: str
    foretold: Foretold | None
    systematic: bool
    examples: list[dict[str, Any]]

    @property
    def whole_proof(self) -> str:
        """The proof, with what was foretold out of sample."""
        told = self.foretold
        if told is None:
            return self.proof
        return f"{self.proof}; found on {told.days} days, then foretold {told.hits} of {told.of} lines of the others"
