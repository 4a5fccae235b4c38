"""The best one-to-one choice among weighted pairs, and how close the second best comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Numbers = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Assigned:
    """The chosen pairs, and for each what another choice would lose (infinite where there is none) and with whom."""

    left: Numbers
    right: Numbers
    margin: Weights
    instead: Numbers


def assign(left: Numbers, right: Numbers, weight: Weights) -> Assigned:
    """Of pairs that are each worth something (`weight` > 0), those that are worth most together, each side used once.
    A pair that has both its sides for itself is taken as it is; the rest is solved block by block."""
    lefts, a = np.unique(left, return_inverse=True)
    rights, b = np.unique(right, return_inverse=True)
    alone = (np.bincount(a)[a] == 1) & (np.bincount(b)[b] == 1) if len(a) else np.zeros(0, dtype=bool)
    found = [
        (left[alone], right[alone], np.full(int(alone.sum()), np.inf), np.full(int(alone.sum()), -1, dtype=np.int64))
    ]
    rest = ~alone
    if rest.any():
        a, b, w = a[rest], b[rest], weight[rest]
        graph = coo_array((np.ones(len(a)), (a, b + len(lefts))), shape=(len(lefts) + len(rights),) * 2)
        _, label = connected_components(graph, directed=False)
        block = label[a]
        order = np.argsort(block, kind="stable")
        edges = np.flatnonzero(np.diff(block[order])) + 1
        for part in np.split(order, edges):
            i, j, margin, instead = _block(a[part], b[part], w[part])
            other = np.where(instead >= 0, rights[instead], -1)
            found.append((lefts[i], rights[j], margin, other))
    return Assigned(*(np.concatenate([one[k] for one in found]) for k in range(4)))


def _block(a: Numbers, b: Numbers, w: Weights) -> tuple[Numbers, Numbers, Weights, Numbers]:
    rows, i = np.unique(a, return_inverse=True)
    columns, j = np.unique(b, return_inverse=True)
    worth = np.zeros((len(rows), len(columns)))
    worth[i, j] = w
    chosen_i, chosen_j = linear_sum_assignment(worth, maximize=True)
    real = worth[chosen_i, chosen_j] > 0
    chosen_i, chosen_j = chosen_i[real], chosen_j[real]
    margin, instead = _seconds(worth, chosen_i, chosen_j)
    return rows[chosen_i], columns[chosen_j], margin, np.where(instead >= 0, columns[instead], -1)


def _seconds(worth: Weights, chosen_i: Numbers, chosen_j: Numbers) -> tuple[Weights, Numbers]:
    """What it would cost to give a line another call, its present holder taking the first one's."""
    margin, instead = np.full(len(chosen_i), np.inf), np.full(len(chosen_i), -1, dtype=np.int64)
    holder = np.full(worth.shape[1], -1)
    holder[chosen_j] = chosen_i
    for k, (i, j) in enumerate(zip(chosen_i, chosen_j, strict=True)):
        others = np.flatnonzero(worth[i] > 0)
        others = others[others != j]
        if not len(others):
            continue
        held = holder[others]
        swap = np.where(held >= 0, worth[held, others] - worth[held, j], 0.0)
        loss = worth[i, j] + swap - worth[i, others]
        at = int(np.argmin(loss))
        margin[k], instead[k] = loss[at], others[at]
    return margin, instead
