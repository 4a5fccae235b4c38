"""What figures are called is said in the reader's language, though another service names them."""

from __future__ import annotations

from services.calls.figures.kpis import KPIS
from services.gateway.views.kpi_names import NAMES
from tests.tools.messages import everything_said


def test_the_catalogues_have_every_name_of_a_figure() -> None:
    known = {said.message for said in everything_said()}
    assert {kpi.label for kpi in KPIS.values()} <= known


def test_no_name_stands_there_that_no_figure_has() -> None:
    assert {str(name) for name in NAMES} <= {kpi.label for kpi in KPIS.values()}
