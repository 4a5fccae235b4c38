"""A term sheet for people, and what two sheets say differently."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views.terms import Difference, differences, flat, sections
from shared.contracts.terms import read_terms
from tests.unit.terms.sheets import FIXTURES

SHEET: dict[str, Any] = msgspec.to_builtins(read_terms((FIXTURES / "per-minute" / "agreed.yaml").read_bytes(), "yaml"))
SHEETS = st.builds(
    lambda days, lead, cap: (
        SHEET
        | {
            "payment": SHEET["payment"] | {"days": days},
            "measures": {"hot_lead_seconds": lead},
            "liability_cap_minor": cap,
        }
    ),
    st.integers(0, 90),
    st.integers(0, 900),
    st.none() | st.integers(0, 10_000_000),
)


def test_every_term_is_named_as_amendments_name_it() -> None:
    terms = flat(SHEET)
    assert terms["pricing.per_minute[talk].tiers[0].rate"] == "55"
    assert terms["volumes.average_order_minor"] == "59.00 EUR"
    assert terms["quality_controllers[Marko Perić].position"] == "Floor manager"
    assert terms["service.languages"] == "hr, sl"
    assert terms["payment.reverse_charge"] == "yes"
    assert terms["validity.starts"] == "2026-03-01"
    assert terms["pricing.per_minute[talk].tier_mode"] == "graduated", "also what is as usual"


def test_no_term_is_left_out_of_the_sections() -> None:
    found = [term for _, terms in sections(SHEET) for term in terms]
    assert {term.path: term.value for term in found} == flat(SHEET)
    assert sections(SHEET)[0][0] == "Service"


@given(SHEETS, SHEETS)
def test_differences_are_the_terms_that_are_not_the_same_and_turn_round(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    found = differences(old, new)
    assert differences(old, old) == []
    assert all((flat(old).get(one.path), flat(new).get(one.path)) == (one.old, one.new) for one in found)
    assert all(one.old != one.new for one in found)
    turned = {Difference(one.path, one.new, one.old) for one in differences(new, old)}
    assert turned == set(found)
