"""Each alert of the rules has been fired by its real fault: on a game day, or by a test of a running system."""

from __future__ import annotations

import pytest

from tests.gameday.faults import FAULTS
from tests.monitoring import test_brokers, test_faults, test_harm, test_live
from tests.monitoring.test_rules import ALERTS

pytestmark = pytest.mark.monitoring
NOT_HERE: dict[str, str] = {}
"""Alerts that can't be fired here, each with its reason. Today there is none."""


def test_each_alert_is_fired_by_its_real_fault() -> None:
    tested = set[str]().union(*(module.FIRED for module in (test_brokers, test_faults, test_harm, test_live)))
    fired = tested | {fault.alert for fault in FAULTS}
    assert ALERTS.keys() - fired == NOT_HERE.keys()
    assert fired <= ALERTS.keys()
    assert all(NOT_HERE.values())
