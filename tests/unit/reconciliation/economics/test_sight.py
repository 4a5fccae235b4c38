"""Whose amounts are shown to whom."""

from __future__ import annotations

import pytest

from services.reconciliation.api.economics import Sight
from shared.security import Principal

EVERYBODY = Principal("ana", "admin")
SOME = Principal("ivo", "partner", partners=frozenset({"adria"}))


@pytest.mark.parametrize(
    ("sight", "shown"),
    [
        (Sight(EVERYBODY, None), {"adria", "bosna", None}),
        (Sight(EVERYBODY, "adria"), {"adria"}),
        (Sight(SOME, None), {"adria"}),
        (Sight(SOME, "adria"), {"adria"}),
    ],
)
def test_what_is_nobodys_is_shown_to_those_who_see_all_and_ask_for_all(sight: Sight, shown: set[str | None]) -> None:
    assert {name for name in ("adria", "bosna", None) if sight.has(name)} == shown
