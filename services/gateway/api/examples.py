"""One example of what the wallboard's routes answer, shown in the OpenAPI document."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from services.gateway.views.snapshot import Attention, Figure, GroupCount, Row, Scope, Seller, Snapshot, Sources
from shared.http import Responses, answers

_EVIDENCE = "/evidence?partner=adria&day=2026-03-02&measure="
_SNAPSHOT = Snapshot(
    id="1~4f9a1c",
    as_of=datetime(2026, 3, 2, 9, 5, tzinfo=UTC),
    scope=Scope(partner="adria"),
    day="2026-03-02",
    zone="Europe/Zagreb",
    kpis=[
        Figure(key="sales", label="Sales", value=75, text="75", n=412, href=f"{_EVIDENCE}sales_reported.numerator"),
    ],
    points=[(1772442299, 14, 2), (1772442300, 15, 1)],
    groups=[GroupCount("available", 9), GroupCount("on_call", 15)],
    top=[Seller(place=1, name="A. Diallo", partner="Adria Direct", sales=9, n=41, href=f"{_EVIDENCE}sales_reported")],
    attention=[
        Attention(key="waiting", tone="warn", text="A call has waited for 1:12.", n=1, href="/calls?state=waiting")
    ],
    rows=[Row("adria/1007", "A. Diallo", "Adria Direct", "on_call", 1772442121, 41, 287, 9, 8, 0.22, 41)],
    sources=Sources(1, 1, {}),
    history=None,
    links={"calls": f"{_EVIDENCE}handled&agent={{agent}}"},
    partners={"adria": "Adria Direct"},
    campaigns={"vital": "vital"},
)

WALLBOARD = answers("The snapshot that the page is made from.", msgspec.to_builtins(_SNAPSHOT), 403) | {
    503: {"description": "What it is made from can't be read just now."}
}
LIVE: Responses = {
    200: {
        "description": "Frames `tick`, `alert`, `resync`, `bye`.",
        "content": {
            "text/event-stream": {
                "example": 'id: 1~4f9a1d\nevent: tick\ndata: {"id":"1~4f9a1d","prev":"1~4f9a1c","kpis":[]}\n\n'
            }
        },
    },
    403: {"description": "The partner is not the caller's to see."},
    503: {"description": "Too many streams; `Retry-After` says when to try again."},
}
