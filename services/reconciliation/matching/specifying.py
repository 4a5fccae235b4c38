"""The defects of a reconciled month under names that last: what was found before is not found anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from services.reconciliation.domain.defect import Identity, identity
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.causes.own_defects import Defect, audit
from services.reconciliation.matching.fixture import Fixture, specified
from services.reconciliation.views.month_calls import Fact

_NUMBER = re.compile(r"-([1-9][0-9]*)$")


@dataclass(frozen=True)
class Named:
    """A defect under its name."""

    defect_id: str
    identity: Identity
    fixture: Fixture


def found_in(calls: pl.DataFrame, basis: Basis) -> list[Defect]:
    """The defects of a month, each identity once; of two the one with more calls, the other shows when it is mended.
    `calls` as a reconciled month keeps them."""
    largest: dict[Identity, Defect] = {}
    for defect in audit(calls, basis.company_tz):
        known = largest.get(identity_of(defect))
        if known is None or len(defect.calls) > len(known.calls):
            largest[identity_of(defect)] = defect
    return list(largest.values())


def identity_of(defect: Defect) -> Identity:
    """What makes the defect the same one in another month."""
    return identity(defect.kind, defect.predicate)


def defects_of(
    found: Sequence[Defect],
    calls: pl.DataFrame,
    facts: Mapping[str, Sequence[Fact]],
    basis: Basis,
    month: str,
    known: Mapping[str, Identity],
) -> list[Named]:
    """The specifications of what was `found_in` a month. `facts` as `specified` needs them; `known`:
    the partner's defects up to now, by id. What is not known gets the month's next number."""
    of_identity = {one: id_ for id_, one in sorted(known.items(), reverse=True)}
    prefix = f"{basis.partner_id}:{month}"
    numbers = [int(match[1]) for id_ in known if id_.startswith(f"{prefix}-") and (match := _NUMBER.search(id_))]
    number = max(numbers, default=0)
    named = []
    for defect in found:
        one = identity_of(defect)
        id_ = of_identity.get(one)
        if id_ is None:
            number += 1
            id_ = f"{prefix}-{number}"
        named.append(Named(id_, one, specified(defect, calls, facts, basis, month)))
    return named
