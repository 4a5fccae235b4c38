"""The filters of saved views in words: every parameter that a page is filtered by, and every code that it may have."""

from __future__ import annotations

import pytest

from services.gateway.pages.filter_words import LABELS, WORDS, told
from services.gateway.views.inputs import Names, key_of
from services.gateway.views.saved import FILTERED

NAMES = Names(
    partners={"adria": "Adria Calls"},
    campaigns={"spring": "Spring lamps"},
    agents={key_of("adria", "a7"): "Ana"},
)
NAMED = {"partner", "campaign", "agent"}
AS_WRITTEN = {
    "q", "day", "to", "from", "zone", "country", "language", "owner", "assignee", "month", "name", "service", "who",
    "what",
}  # fmt: skip
"""Parameters without codes: days, zones, what somebody typed."""


def test_every_parameter_has_a_label_and_a_code_its_words() -> None:
    parameters = {(page, name) for page, one in FILTERED.items() for name in one.parameters}
    assert {name for _page, name in parameters} == LABELS.keys()
    coded = {(page, name) for page, name in parameters if name not in NAMED | AS_WRITTEN}
    assert coded == WORDS.keys()


@pytest.mark.parametrize(
    ("page", "query", "words"),
    [
        (
            "/calls",
            {"partner": "adria", "campaign": "spring", "agent": "a7", "state": "no_end", "disposition": "busy"},
            "Partner: Adria Calls; Campaign: Spring lamps; Agent: Ana; State: No end came; Result: Busy",
        ),
        ("/calls", {"agent": "a7"}, "Agent: a7"),  # of which partner is not said
        ("/wallboard", {"state": "wrap_up", "sort": "-sales"}, "State: Wrap-up; Sorted by: Sales, downwards"),
        ("/wallboard", {"sort": "calls", "q": "ana"}, "Sorted by: Calls; Find: ana"),
        ("/tickets", {"partner": "gone", "late": "1"}, "Partner: gone; past its promise: yes"),
        ("/invoices", {"status": "made_up"}, "State: made up"),
    ],
)
def test_filters_are_told_by_names_and_words(page: str, query: dict[str, str], words: str) -> None:
    assert "; ".join(f"{one.label}: {one.value}" for one in told(page, query, NAMES)) == words
