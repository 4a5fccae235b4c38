"""What the route of coverage answers, for the OpenAPI document."""

from __future__ import annotations

from shared.http import answers

_COVERAGE = {
    "partner": "adria",
    "certificate": "collagen-inbound",
    "products": ["KOL-30"],
    "registered": 24,
    "certified": 12,
    "backups": 2,
    "lapsing": 3,
    "asked_agents": 10,
    "asked_backups": 4,
    "missing": 0,
    "missing_backups": 2,
}
COVERAGE = answers("By partner and certificate.", {"items": [_COVERAGE], "next": None}, 304, 404)
