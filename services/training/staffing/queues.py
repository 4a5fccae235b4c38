"""What callers meet when so many agents take their calls: Erlang B, Erlang C for callers who wait for ever, and
Erlang A for callers who hang up.

Calls arrive at random at a constant rate (Poisson), handling times are exponential, and so is patience. The load is in
erlangs: calls a second times seconds of handling. Sources: A. K. Erlang (1917); R. B. Cooper, Introduction to Queueing
Theory (1981), for the recursion; C. Palm (1946) and A. Mandelbaum and S. Zeltyn, The Palm/Erlang-A Queue (2005).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_LARGE = 1e200
"""Terms of a series are scaled down beyond this, long before a float has no room left."""
_SMALL = 1e-17
"""A further term so small beside the sum changes no digit of it."""


@dataclass(frozen=True)
class Traffic:
    """`calls`: calls a second; `handle_s`: mean seconds that an agent is busy with one (talk, hold and wrap);
    `patience_s`: mean seconds after which a caller hangs up, None where they wait for ever."""

    calls: float
    handle_s: float
    patience_s: float | None = None

    @property
    def load(self) -> float:
        """Erlangs: so many agents would be busy if nobody had to wait."""
        return self.calls * self.handle_s


@dataclass(frozen=True)
class Performance:
    """What callers meet in the long run. `waits`: share of calls that are not answered at once; `within`: share of all
    calls answered within the asked time; `answer_s`: mean seconds until an answer, of those answered; `abandoned`:
    share of calls that hang up; `occupancy`: share of an agent's time with a call."""

    waits: float
    within: float
    answer_s: float
    abandoned: float
    occupancy: float


OVERRUN = Performance(waits=1.0, within=0.0, answer_s=math.inf, abandoned=0.0, occupancy=1.0)
"""More work than agents, and nobody hangs up: the queue grows without end."""


def erlang_b(load: float, agents: int) -> float:
    """Share of calls that find all agents busy where nobody waits, by the recursion over the number of agents: each
    step is a fraction between 0 and 1, so neither factorials nor powers can overflow."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Share of calls that have to wait where everybody waits; 1 where there is as much work as agents, or more."""
    return _waiting(erlang_b(load, agents), load, agents)


def _waiting(blocked: float, load: float, agents: int) -> float:
    if load >= agents:
        return 1.0 if load > 0 else 0.0
    return agents * blocked / (agents - load * (1.0 - blocked))


def performance(traffic: Traffic, agents: int, within_s: float) -> Performance:
    """What callers meet with so many agents, by Erlang A, or by Erlang C where they wait for ever."""
    return performed(traffic, agents, within_s, erlang_b(traffic.load, agents))


def performed(traffic: Traffic, agents: int, within_s: float, blocked: float) -> Performance:
    """The same, where Erlang B of the load and the agents is known."""
    if traffic.load == 0:
        return Performance(waits=0.0, within=1.0, answer_s=0.0, abandoned=0.0, occupancy=0.0)
    if traffic.patience_s is None:
        return _patient(traffic, agents, within_s, blocked)
    return _impatient(traffic, agents, within_s, blocked, traffic.patience_s)


def _patient(traffic: Traffic, agents: int, within_s: float, blocked: float) -> Performance:
    if traffic.load >= agents:
        return OVERRUN
    waits = _waiting(blocked, traffic.load, agents)
    spare = (agents - traffic.load) / traffic.handle_s  # calls a second that the queue grows shorter by
    return Performance(
        waits=waits,
        within=1.0 - waits * math.exp(-spare * within_s),
        answer_s=waits / spare,
        abandoned=0.0,
        occupancy=traffic.load / agents,
    )


def _impatient(traffic: Traffic, agents: int, within_s: float, blocked: float, patience_s: float) -> Performance:
    """Palm's model. A caller who waits with k others before them hangs up at rate 1/patience, like each of those, and
    moves up at every answer and at every caller who gives up."""
    arriving, answering, leaving = traffic.calls, agents / traffic.handle_s, 1.0 / patience_s
    if agents == 0:
        return Performance(waits=1.0, within=0.0, answer_s=math.inf, abandoned=1.0, occupancy=1.0)
    # The wait of a caller whose patience had no end has the density c * exp(rise(x)) (Mandelbaum and Zeltyn, appendix),
    # and its integrals are the series of `_log_series`: so much of it lies beyond the asked time.
    share, base = answering * patience_s, arriving * patience_s
    decayed = base * math.exp(-within_s / patience_s)
    rise = (base - decayed) - answering * within_s
    whole = _log_series(share, base)
    waits = 1.0 / (1.0 + (1.0 - blocked) / blocked * math.exp(-whole)) if blocked else 0.0
    left = math.exp(rise + _log_series(share, decayed) - whole)  # of the wait's distribution beyond the asked time
    served_soon = (1.0 - left - math.exp(-whole) + math.exp(rise - whole)) * answering / arriving
    served, waited_s = _queued(arriving, answering, leaving)
    return Performance(
        waits=waits,
        within=min(1.0, max(0.0, 1.0 - waits + waits * served_soon)),
        answer_s=waits * waited_s / (1.0 - waits + waits * served),
        abandoned=waits * (1.0 - served),
        occupancy=min(1.0, arriving * (1.0 - waits * (1.0 - served)) / answering),
    )


def _queued(arriving: float, answering: float, leaving: float) -> tuple[float, float]:
    """Of the callers who find all agents busy: the share that is answered, and the seconds that those waited, over all
    of them.

    Summed over the number of callers who wait already. Of those behind `ahead` others, the next thing to happen comes
    at a rate of `answering + (ahead + 1) * leaving`, and so on until their turn.
    """
    state, step_s, ahead = 1.0, 1.0 / (answering + leaving), 0
    weight = served = waited = 0.0
    while state > _SMALL * weight or arriving > answering + ahead * leaving:
        chance = answering / (answering + (ahead + 1) * leaving)
        weight += state
        served += state * chance
        waited += state * chance * step_s
        ahead += 1
        state *= arriving / (answering + ahead * leaving)
        step_s += 1.0 / (answering + (ahead + 1) * leaving)
        if weight > _LARGE:
            state, weight, served, waited = (value / _LARGE for value in (state, weight, served, waited))
    return served / weight, waited / weight


def _log_series(x: float, y: float) -> float:
    """The logarithm of 1 + y/(x+1) + y²/((x+1)(x+2)) + ..., which is x e^y y^-x times the lower incomplete gamma
    function of x and y."""
    total, term, number, scaled = 1.0, 1.0, 0, 0.0
    while term > _SMALL * total or y > x + number:
        number += 1
        term *= y / (x + number)
        total += term
        if total > _LARGE:
            total, term, scaled = total / _LARGE, term / _LARGE, scaled + math.log(_LARGE)
    return math.log(total) + scaled
