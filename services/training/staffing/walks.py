"""The ways in which somebody may go through the weeks of a rota: a network of shifts and rests that keeps every rule.

A point of the network is a time at which a shift may begin, together with how many shifts and minutes somebody has
worked in its week; a step leads from it to the next such time, or through a shift and the rest after it. Whoever walks
from the first point to the last keeps the rules, and whoever keeps the rules walks so. People who are alike in all that
rules and needs ask of them walk in one network, as so many: a whole flow through it falls apart into single walks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.training.events.rotas import RotaPerson
from services.training.staffing.frame import SLOT_MINUTES, Wanted
from services.training.staffing.keeping import Spoken, most_minutes


@dataclass(frozen=True)
class Kind:
    """People who are alike: what they speak, what they may work in a week, when they are away, and from which half hour
    on they are rested."""

    languages: Spoken
    most_minutes: int
    away: frozenset[date]
    free_from: int
    agents: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """From a point to a point: through a shift from the half hour `starts` up to `ends`, or, where both are the same,
    through a time without one. `worked`: shifts of the week before this one."""

    tail: int
    head: int
    starts: int
    ends: int
    worked: int


@dataclass(frozen=True)
class Network:
    """`points` are numbered; 0 is the first, the last one is `points - 1`."""

    kind: Kind
    points: int
    steps: tuple[Step, ...]


def kinds(wanted: Wanted) -> list[Kind]:
    """The people of a rota by what they are alike in, but for those who speak nothing that is needed."""
    frame = wanted.frame
    asked = {language for need in wanted.need.values() for language in need}
    rest = timedelta(minutes=wanted.rules.rest_minutes)
    rested: dict[str, int] = {}
    for shift in wanted.standing:
        free = -((frame.begins - shift.ends - rest) // timedelta(minutes=SLOT_MINUTES))
        rested[shift.agent] = max(rested.get(shift.agent, 0), free)
    days = {day for day, _, _ in frame.days}
    alike: dict[tuple[Spoken, int, frozenset[date], int], list[RotaPerson]] = {}
    for person in wanted.people:
        away = frozenset(day for day in person.away if day in days)
        if languages := asked.intersection(person.languages):
            key = (frozenset(languages), most_minutes(wanted, person), away, rested.get(person.agent, 0))
            alike.setdefault(key, []).append(person)
    ordered = sorted(alike.items(), key=lambda item: min(person.agent for person in item[1]))
    return [Kind(*key, tuple(sorted(person.agent for person in people))) for key, people in ordered]


def network(wanted: Wanted, kind: Kind) -> Network:
    """All walks of a kind, point by point in the order of time."""
    rules, frame = wanted.rules, wanted.frame
    times = [*frame.starts(rules.starts_every_minutes), frame.slots]
    following = _following(times, frame.slots)
    lengths = sorted({minutes // SLOT_MINUTES for minutes in rules.shift_minutes})
    rest = -(-rules.rest_minutes // SLOT_MINUTES)
    most, most_shifts = kind.most_minutes // SLOT_MINUTES, 7 - rules.days_off
    first: State = (0, 0, 0)
    pending: dict[State, list[tuple[int, int, int, int]]] = {first: []}
    numbers: dict[State, int] = {}
    steps: list[Step] = []
    by_time: list[set[State]] = [set() for _ in times]
    by_time[0].add(first)

    def lead(state: State, head: State, starts: int, ends: int) -> None:
        by_time[head[0]].add(head)
        pending.setdefault(head, []).append((numbers[state], starts, ends, state[1]))

    for index, time in enumerate(times):
        for state in sorted(by_time[index]):
            numbers[state] = len(numbers)
            steps += [Step(tail, numbers[state], *rest_of) for tail, *rest_of in pending.pop(state)]
            if index == len(times) - 1:
                continue
            _, shifts, worked = state
            lead(state, _at(wanted, times, index + 1, time, shifts, worked), time, time)
            if time < kind.free_from or shifts >= most_shifts:
                continue
            for length in lengths:
                if worked + length > most or (kind.away and frame.touched(time, time + length) & kind.away):
                    continue
                after = following[min(frame.slots, time + length + rest)]
                lead(state, _at(wanted, times, after, time, shifts + 1, worked + length), time, time + length)
    return Network(kind, len(numbers), tuple(steps))


State = tuple[int, int, int]
"""Number of the time, shifts and half hours worked in its week."""


def _following(times: Sequence[int], slots: int) -> list[int]:
    """For each half hour, the number of the first time that is not before it."""
    found, index = [], 0
    for slot in range(slots + 1):
        while times[index] < slot:
            index += 1
        found.append(index)
    return found


def _at(wanted: Wanted, times: Sequence[int], index: int, since: int, shifts: int, worked: int) -> State:
    """The point at a time; in another week than that of `since` the count begins anew."""
    if index == len(times) - 1 or wanted.frame.week_of(times[index]) != wanted.frame.week_of(since):
        return index, 0, 0
    return index, shifts, worked


def walked(network: Network, flow: Sequence[int]) -> Iterator[tuple[str, int, int]]:
    """A whole flow as single walks: who, and from which half hour up to which. In each point those go on to a shift
    first who have worked least so far, and by name among those."""
    leaving: dict[int, list[tuple[Step, int]]] = {}
    for step, people in zip(network.steps, flow, strict=True):
        if people:
            leaving.setdefault(step.tail, []).append((step, people))
    there: dict[int, list[str]] = {0: list(network.kind.agents)}
    worked = dict.fromkeys(network.kind.agents, 0)
    for point in range(network.points - 1):
        waiting = sorted(there.pop(point, ()), key=lambda agent: (worked[agent], agent))
        for step, people in sorted(
            leaving.get(point, ()), key=lambda item: (item[0].starts - item[0].ends, item[0].head)
        ):
            going, waiting = waiting[:people], waiting[people:]
            there.setdefault(step.head, []).extend(going)
            if step.ends > step.starts:
                for agent in going:
                    worked[agent] += step.ends - step.starts
                    yield agent, step.starts, step.ends
