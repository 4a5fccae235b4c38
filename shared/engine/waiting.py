"""How long the oldest record of a log that somebody has not applied yet has been waiting."""

from __future__ import annotations

from collections import deque

FINENESS = 0.01
"""How far off the answer may be, as a share of it: that bounds what is remembered of a worker that stands still."""


class Waiting:
    """Of one partition. What was there when it was first looked at counts from then on: nobody knows how old it was."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def since(self, now: float, applied: int, end: int) -> float:
        """Seconds for which the record at offset `applied` has been there; 0 when there is none. `now` is of a clock
        that only goes on, `end` the offset after the last record. To be asked often: the answer is only as fine."""
        marks = self._marks
        while marks and marks[0][1] <= applied:
            marks.popleft()
        if end > applied and (not marks or end > marks[-1][1]):
            if len(marks) > 1 and now - marks[-1][0] < (now - marks[0][0]) * FINENESS:
                marks[-1] = (marks[-1][0], end)
            else:
                marks.append((now, end))
        return now - marks[0][0] if marks else 0.0
