"""When the tasks of a plan begin and end, which of them the end hangs on, and how late it is: pure, in whole days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Planned:
    """A task as planned: its first and its last day, the tasks that must end before it begins, and the day on which it
    was done (None: it is open)."""

    start: date
    end: date
    after: tuple[str, ...] = ()
    done: date | None = None


@dataclass(frozen=True)
class Expected:
    """When a task is to be expected: first and last day; `slip`: days later than planned; `slack`: days that it can
    still be late without moving the end of the plan (of one that was done, none)."""

    start: date
    end: date
    slip: int
    slack: int

    @property
    def days(self) -> int:
        """How long it takes, both days counted."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class Schedule:
    """A plan of at least one task. `critical` is the chain of tasks that the end hangs on, each beginning on the day
    after the one before it ended; `waits` are the days of the plan before the first of them begins."""

    tasks: Mapping[str, Expected]
    critical: tuple[str, ...]
    waits: int
    start: date
    end: date
    slip: int

    @property
    def days(self) -> int:
        """How long it all takes."""
        return (self.end - self.start).days + 1


def cycle_of(after: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Tasks that wait for each other in a ring, the first again at the end; None where nothing does."""
    done: set[str] = set()
    for first in sorted(after):
        path: list[str] = []
        stack = [(first, iter(after[first]))]
        while stack:
            task, waiting_for = stack[-1]
            if task not in path:
                path.append(task)
            following = next((other for other in waiting_for if other not in done), None)
            if following is None:
                done.add(task)
                path.pop()
                stack.pop()
            elif following in path:
                return (*path[path.index(following) :], following)
            else:
                stack.append((following, iter(after.get(following, ()))))
    return None


def schedule(tasks: Mapping[str, Planned], today: date) -> Schedule | None:
    """What is to be expected today. None for a plan without tasks.

    An open task begins when it is planned, or on the day after the last of those that it waits for; it takes as long as
    planned, and does not end before today. What was done ended when it was done. The tasks wait for each other in no
    ring, and only for tasks of the plan.
    """
    if not tasks:
        return None
    order = _in_order(tasks)
    spans: dict[str, tuple[date, date]] = {}
    for name in order:
        task = tasks[name]
        if task.done is not None:
            spans[name] = (min(task.start, task.done), task.done)
            continue
        start = max([task.start, *(spans[other][1] + DAY for other in task.after)])
        spans[name] = (start, max(start + (task.end - task.start), today))
    start, end = min(span[0] for span in spans.values()), max(span[1] for span in spans.values())
    latest: dict[str, date] = {}
    for name in reversed(order):
        following = [other for other in tasks if name in tasks[other].after and tasks[other].done is None]
        latest[name] = min([end, *(latest[o] - (spans[o][1] - spans[o][0]) - DAY for o in following)])
    expected = {
        name: Expected(
            *spans[name],
            slip=(spans[name][1] - task.end).days,
            slack=0 if task.done else (latest[name] - spans[name][1]).days,
        )
        for name, task in tasks.items()
    }
    critical = _critical(tasks, spans, end)
    waits = (spans[critical[0]][0] - start).days
    return Schedule(expected, critical, waits, start, end, max(task.slip for task in expected.values()))


def _in_order(tasks: Mapping[str, Planned]) -> list[str]:
    """Each task behind those that it waits for."""
    order: dict[str, None] = {}
    left = dict(tasks)
    while left:
        ready = sorted(name for name, task in left.items() if all(other in order for other in task.after))
        order |= dict.fromkeys(ready)
        for name in ready:
            del left[name]
    return list(order)


def _critical(tasks: Mapping[str, Planned], spans: Mapping[str, tuple[date, date]], end: date) -> tuple[str, ...]:
    """From the task that ends last back to one that nothing held up but its own date."""
    path = [min(name for name, span in spans.items() if span[1] == end)]
    while True:
        begins = spans[path[0]][0]
        before = sorted(other for other in tasks[path[0]].after if spans[other][1] + DAY == begins)
        if not before:
            return tuple(path)
        path.insert(0, before[0])
