"""Papers: drawn from a bank by a seed, so that the same seed draws the same one, and marked."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal

import msgspec

from services.training.events.banks import QuestionWritten
from services.training.events.certificates import DrawnQuestion
from shared.kernel import Rejected

SEED_BITS = 53
"""So many bits of a seed every reader of JSON keeps."""


class Mark(msgspec.Struct, frozen=True):
    """Points reached, of so many."""

    points: int
    of_points: int

    @property
    def percent(self) -> str:
        """With two decimals, rounded down: nobody reads as passed what is not."""
        share = Decimal(100 * self.points) / Decimal(self.of_points)
        return str(share.quantize(Decimal("0.01"), ROUND_DOWN))

    def reaches(self, percent: int) -> bool:
        """Whether the points are at least so many percent, to the point and not as rounded."""
        return 100 * self.points >= percent * self.of_points


def seed_of(*parts: str) -> int:
    """A seed from what makes a paper this one."""
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:8]) >> (64 - SEED_BITS)


def drawn(questions: Sequence[QuestionWritten], count: int, seed: int) -> tuple[DrawnQuestion, ...]:
    """So many of the questions, in an order, and with choices in an order, that only the seed decides.

    The topics take turns, so that of two that have enough questions neither has two more than the other. Orders are
    those of SHA-256 over seed and name: the same on every machine, whatever order the questions came in. Rejected
    `too_few_questions`.
    """
    if len(questions) < count:
        raise Rejected("too_few_questions", f"The bank has {len(questions)} questions, and a paper needs {count}.")
    topics: dict[str, list[QuestionWritten]] = defaultdict(list)
    for one in questions:
        topics[one.topic].append(one)
    piles = [sorted(pile, key=lambda one: _place(seed, one.question)) for pile in topics.values()]
    piles.sort(key=lambda pile: _place(seed, f"topic {pile[0].topic}"))
    chosen = [one for one, _ in zip(_in_turn(piles), range(count), strict=False)]
    return tuple(_asked(one, seed) for one in sorted(chosen, key=lambda one: _place(seed, f"at {one.question}")))


def marked(
    drawn_: Sequence[DrawnQuestion], key: Mapping[str, QuestionWritten], answers: Mapping[str, Sequence[int]]
) -> Mark:
    """A question gives its points when exactly its right choices are ticked, else none. `key`: the questions as they
    were worded on the paper. Rejected `unknown_answer` for what the paper does not ask, or a choice that is none."""
    asked = {one.question: one for one in drawn_}
    for question, ticked in answers.items():
        if question not in asked or not set(ticked) <= set(asked[question].order):
            raise Rejected("unknown_answer", f"The paper has no such question or choice: {question}.")
    right = [name for name in asked if set(answers.get(name, ())) == set(key[name].right)]
    return Mark(sum(key[name].points for name in right), sum(key[name].points for name in asked))


def _in_turn(piles: Sequence[Sequence[QuestionWritten]]) -> Iterator[QuestionWritten]:
    for turn in range(max(map(len, piles))):
        for pile in piles:
            if turn < len(pile):
                yield pile[turn]


def _asked(one: QuestionWritten, seed: int) -> DrawnQuestion:
    order = sorted(range(len(one.choices)), key=lambda choice: _place(seed, f"{one.question} {choice}"))
    return DrawnQuestion(question=one.question, revision=one.revision, order=tuple(order))


def _place(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode()).digest()
