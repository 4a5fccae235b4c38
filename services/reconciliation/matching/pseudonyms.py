"""Facts of calls without whose they are: every id becomes a word with a number, the same id always the same word."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, TypeVar

from msgspec.structs import replace

from services.reconciliation.views.month_calls import Fact, sale_id
from shared.contracts.calls import CallStarted, SaleRecorded

Kind = Literal["call", "leg", "agent", "customer", "number", "order"]
F = TypeVar("F", bound=Fact)


class Pseudonyms:
    """Words for ids, numbered as they are met: they tell nothing of the id, not even to whoever guesses it.

    Kept as they are: partner, source, campaign, queue, article, codes and times, since a defect may hang on them; and
    the ids of the agents in `named`, whom the defect's own predicate names. The facts of a call go in together.
    """

    def __init__(self, facts: Iterable[Fact], named: Collection[str] = ()) -> None:
        """`facts`: all that will be asked about, so that no word is anybody's id."""
        self._named = frozenset(named)
        self._words: dict[tuple[Kind, str], str] = {}
        self._counts: dict[Kind, int] = {}
        self._taken = {id_ for fact in facts for _, id_ in ids_of(fact)}

    def word(self, kind: Kind, id_: str) -> str:
        """The word for an id."""
        if kind == "agent" and id_ in self._named:
            return id_
        known = self._words.get((kind, id_))
        if known is None:
            known = self._words[kind, id_] = self._next(kind)
        return known

    def of(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """The facts with words for ids."""
        return tuple(self._fact(fact) for fact in facts)

    def sales(self, facts: Iterable[Fact], cancelled: dict[str, datetime]) -> dict[str, datetime]:
        """When sales of these facts of one call were cancelled, by the words for the sales' ids."""
        sales = [fact for fact in facts if isinstance(fact, SaleRecorded)]
        named = {sale_id(sale, place): sale_id(self._fact(sale), place) for place, sale in enumerate(sales, 1)}
        return {word: cancelled[id_] for id_, word in named.items() if id_ in cancelled}

    def _fact(self, fact: F) -> F:
        common = replace(
            fact,
            call=self.word("call", fact.call),
            leg=self._maybe("leg", fact.leg),
            agent=self._maybe("agent", fact.agent),
            test_numbers=tuple(self.word("number", name) for name in fact.test_numbers),
        )
        if isinstance(common, CallStarted):
            customer, number = self._maybe("customer", common.customer_ref), self._maybe("number", common.our_number)
            return replace(common, customer_ref=customer, our_number=number)
        if isinstance(common, SaleRecorded):
            return replace(common, order_ref=self._maybe("order", common.order_ref))
        return common

    def _maybe(self, kind: Kind, id_: str | None) -> str | None:
        """The word for an id; what says nothing goes on saying nothing."""
        return self.word(kind, id_) if id_ else id_

    def _next(self, kind: Kind) -> str:
        while True:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            word = f"{kind}-{self._counts[kind]}"
            if word not in self._taken:
                return word


def ids_of(fact: Fact) -> Iterable[tuple[Kind, str]]:
    """The ids that a fact names, each with what it is of."""
    yield "call", fact.call
    for name in fact.test_numbers:
        yield "number", name
    if fact.leg:
        yield "leg", fact.leg
    if fact.agent:
        yield "agent", fact.agent
    if isinstance(fact, CallStarted):
        if fact.customer_ref:
            yield "customer", fact.customer_ref
        if fact.our_number:
            yield "number", fact.our_number
    if isinstance(fact, SaleRecorded) and fact.order_ref:
        yield "order", fact.order_ref
