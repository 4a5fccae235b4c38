"""The best one-to-one choice, beside one that tries everything."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.matching.assignment import assign

EDGES = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(1, 60).map(lambda n: n / 2), min_size=1, max_size=14
)


def best(edges: dict[tuple[int, int], float]) -> float:
    """What the best choice is worth, by trying all."""
    return max(sum(edges.get((i, j), 0.0) for i, j in enumerate(order)) for order in permutations(range(5)))


def solved(edges: dict[tuple[int, int], float]) -> tuple[list[tuple[int, int]], list[float], list[int]]:
    left, right = (np.array([pair[k] for pair in edges], dtype=np.int64) for k in (0, 1))
    found = assign(left, right, np.array(list(edges.values())))
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    return pairs, found.margin.tolist(), found.instead.tolist()


@given(EDGES)
def test_nothing_is_worth_more_and_each_side_is_used_once(edges: dict[tuple[int, int], float]) -> None:
    pairs, _, _ = solved(edges)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert set(pairs) <= set(edges)
    assert abs(sum(edges[pair] for pair in pairs) - best(edges)) < 1e-9


def test_a_close_second_is_told_with_what_it_would_lose() -> None:
    pairs, margin, instead = solved({(0, 0): 20.0, (0, 1): 19.0, (1, 1): 20.0, (1, 0): 18.0})
    assert sorted(pairs) == [(0, 0), (1, 1)]
    assert sorted(margin) == [3.0, 3.0]
    assert sorted(instead) == [0, 1]


def test_a_pair_that_stands_alone_has_no_second() -> None:
    assert solved({(3, 2): 1.0}) == ([(3, 2)], [float("inf")], [-1])
