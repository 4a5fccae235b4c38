"""What figures are called is said in the reader's language, though another service names them."""

from __future__ import annotations

from services.calls.figures.kpis import KPIS
from services.gateway.views.kpi_names import NAMES


def test_every_figure_has_a_name_and_no_name_is_of_none() -> None:
    assert {str(name) for name in NAMES} == {kpi.label for kpi in KPIS.values()}
