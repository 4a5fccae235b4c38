"""The five-minute chart: its window, its scale, and its line as an SVG path. `static/chart.js` draws the same."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.gateway.views.snapshot import Point
from services.gateway.views.wallboard import SERIES_S
from services.gateway.views.words import _, number

WIDTH, HEIGHT = 600, 100


class Panel(msgspec.Struct, frozen=True):
    """One line with its own scale: the top of the scale, the path, and what it shows in words."""

    top: int
    path: str
    summary: str


def panel(points: Sequence[Point], which: int, end: int, label: str) -> Panel:
    """The line of `point[which]` over the five minutes before `end` (seconds since the epoch). Gaps stay gaps."""
    shown = [(point[0], point[which]) for point in points if end - SERIES_S <= point[0] <= end]
    values = [value for _second, value in shown if value is not None]
    top = scale(max(values, default=0))
    path: list[str] = []
    pen = "M"
    for second, value in shown:
        if value is None:
            pen = "M"
            continue
        x = (second - end + SERIES_S) * WIDTH / SERIES_S
        path.append(f"{pen}{x:g},{HEIGHT - value * HEIGHT / top:.4g}")
        pen = "L"
    return Panel(top, "".join(path), _summary(label, values))


def scale(highest: int) -> int:
    """The lowest even number of the form 1, 2, 3, 4, 5, 6 or 8 times a power of ten that `highest` fits under."""
    step = 1
    while True:
        for digit in (1, 2, 3, 4, 5, 6, 8):
            top = digit * step
            if top >= max(highest, 4) and top % 2 == 0:
                return top
        step *= 10


def _summary(label: str, values: list[int]) -> str:
    if not values:
        return _("%(label)s in the last 5 minutes: nothing known yet.") % {"label": label}
    return _("%(label)s in the last 5 minutes: now %(now)s, between %(low)s and %(high)s.") % {
        "label": label,
        "now": number(values[-1]),
        "low": number(min(values)),
        "high": number(max(values)),
    }
