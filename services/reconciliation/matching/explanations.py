"""Causes in words: all that those who look at a month need of a comparison, without what works it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.contracts.proofs import Ground, ground, proof_of


@dataclass(frozen=True)
class Foretold:
    """A rule fitted on the odd days, tested on the even ones: lines that it hit there, of those that it applied to."""

    days: int
    hits: int
    of: int


@dataclass(frozen=True)
class Explanation:
    """A cause in words. `confidence` is proven, likely, suspected or undetermined; `moved_minor` is what the partner
    counts more than we do for its lines; `examples` are up to five of its findings (places in `findings`). `proof` says
    the `grounds` in English; what was worked out before there were any has none."""

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
    grounds: tuple[Ground, ...] = ()

    @property
    def whole_proof(self) -> str:
        """The proof, with what was foretold out of sample."""
        return "; ".join([self.proof, *(proof_of([one]) for one in self._foretold)])

    @property
    def whole_grounds(self) -> tuple[Ground, ...]:
        """The grounds, with what was foretold out of sample; none where it has none."""
        return (*self.grounds, *self._foretold) if self.grounds else ()

    @property
    def _foretold(self) -> list[Ground]:
        told = self.foretold
        return [ground("foretold", days=told.days, n=told.hits, of=told.of)] if told is not None else []
