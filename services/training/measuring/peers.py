"""What an agent's contacts would have brought at the rate of its peers, and how well that rate is known."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

from services.training.measuring.counts import Counts

if TYPE_CHECKING:
    from services.training.measuring.counts import Bools, Floats, Ints

FEWEST_PEERS = 5
"""Fewer peers than this in a week are no measure, and would tell single persons' figures."""
_HALF = 0.5


@dataclass(frozen=True)
class Compared:
    """Each row beside its peers in the same group and week, the agent itself left out.

    `open`: whether there are enough of them; `rate`: their sales over their contacts; `around`: those contacts, and
    `sold`: those sales; `counted`: the row's own contacts if the agent is a peer of others.
    """

    counts: Counts
    open: Bools
    rate: Floats
    around: Ints
    sold: Floats
    counted: Ints

    @cached_property
    def due(self) -> Floats:
        """The sales that the peers would have made of a row's contacts; nothing where there are too few peers."""
        import numpy as np

        return np.where(self.open, self.counts.contacts * self.rate, 0.0)


@dataclass(frozen=True)
class Expected:
    """By agent, in the order of `Counts.agents`, over the rows that have peers enough.

    `expected`: the sales that the peers would have made of the same contacts, week by week and group by group.
    `alike` and `luck` say how well that is known: the variance of its logarithm is
    `alike * (spread * (1 - rate))^2 + luck`, where the first comes from the peers' own differences (1 / their effective
    number) and the second from their counts. `peers`: how many there are; `peer_contacts`: their contacts.
    """

    contacts: Ints
    sales: Ints
    expected: Floats
    alike: Floats
    luck: Floats
    peers: Ints
    peer_contacts: Ints

    def only(self, agents: Bools) -> Expected:
        """Of some agents."""
        return Expected(**{field.name: getattr(self, field.name)[agents] for field in fields(self)})

    @property
    def rate(self) -> Floats:
        """The rate of the peers, for the agent's own mix; one half where there is nothing to compare."""
        import numpy as np

        rate = np.where(self.contacts > 0, self.expected / np.maximum(self.contacts, 1), _HALF)
        found: Floats = np.clip(rate, 1e-6, 1 - 1e-6)
        return found


def compared(counts: Counts, peers: Bools, fewest: int = FEWEST_PEERS) -> Compared:
    """`peers` says which agents count as peers; the others are compared with them, too. Where there are fewer than
    `fewest` of them, nobody is."""
    import numpy as np

    pairs = counts.group * (int(counts.week.max(initial=0)) + 1) + counts.week
    cells, cell = np.unique(pairs, return_inverse=True)
    good = peers[counts.agent]
    counted = np.where(good, counts.contacts, 0)
    sold = np.where(good, counts.sales, 0)

    def others(values: Ints | Bools) -> Floats:
        whole: Floats = np.bincount(cell, weights=values, minlength=len(cells)).astype(np.float64)
        return whole[cell] - values

    around, around_sold = others(counted).astype(np.int64), others(sold) + _HALF
    return Compared(
        counts=counts,
        open=(others(good) >= fewest) & (around > 0),
        # Half a sale more: a week in which the peers sold nothing has a rate all the same.
        rate=around_sold / np.maximum(around + 1, 1),
        around=around,
        sold=around_sold,
        counted=counted,
    )


def expected(rows: Compared, which: Bools | None = None) -> Expected:
    """The sums of each agent's rows, of all or of some."""
    import numpy as np

    counts = rows.counts
    open_ = rows.open if which is None else rows.open & which
    due = np.where(open_, rows.due, 0.0)
    total = counts.by_agent(due)
    weight = due / np.maximum(total[counts.agent], 1e-12)
    alike, number, seen = _effective(rows, weight, open_)
    return Expected(
        contacts=counts.by_agent(np.where(open_, counts.contacts, 0)).astype(np.int64),
        sales=counts.by_agent(np.where(open_, counts.sales, 0)).astype(np.int64),
        expected=total,
        alike=alike,
        luck=counts.by_agent(weight**2 * (1 - rows.rate) / rows.sold),
        peers=number,
        peer_contacts=seen,
    )


def _effective(rows: Compared, weight: Floats, open_: Bools) -> tuple[Floats, Ints, Ints]:
    """By agent: the sum of the squared shares that its peers have in what is expected of it, their number, and their
    contacts. Of several groups, the shares are taken to be of the same peers: rather too large than too small."""
    import numpy as np

    counts, size = rows.counts, len(rows.counts.agents)
    root = np.zeros(size)
    number = np.zeros(size, dtype=np.int64)
    seen = np.zeros(size, dtype=np.int64)
    order = np.argsort(counts.group, kind="stable")
    sizes = np.bincount(counts.group, minlength=len(counts.groups))
    ends = np.cumsum(sizes)
    for start, end in zip(ends - sizes, ends, strict=True):
        those = order[start:end]
        members, at = np.unique(counts.agent[those], return_inverse=True)
        weeks, week = np.unique(counts.week[those], return_inverse=True)
        shape = (len(members), len(weeks))
        pull, did, counted = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        pull[at, week] = np.where(open_[those], weight[those] / np.maximum(rows.around[those], 1), 0.0)
        did[at, week] = rows.counted[those]
        counted[at, week] = open_[those]
        shares = pull @ did.T
        np.fill_diagonal(shares, 0.0)
        root[members] += np.sqrt((shares**2).sum(axis=1))
        number[members] = np.maximum(number[members], (shares > 0).sum(axis=1))
        around = counted @ did.T
        np.fill_diagonal(around, 0.0)
        seen[members] += around.sum(axis=1).astype(np.int64)
    return root**2, number, seen
