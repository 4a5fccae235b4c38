"""Operators name views without their service: no two have the same name."""

from __future__ import annotations

from collections import Counter

from services.gateway.service import GATEWAY
from services.moving.contents import SERVICES


def test_no_view_hides_another() -> None:
    assert GATEWAY in SERVICES
    names = Counter(view.name for service in SERVICES for view in service.views)
    assert len(names) > 50
    assert [name for name, times in names.items() if times > 1] == []
