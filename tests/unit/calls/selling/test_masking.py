"""Masked numbers: enough to tell two apart, and never the number."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.domain.masking import masked


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+385912345667", "+385 91 *** **67"),
        ("+38514567890", "+385 1 *** **90"),
        ("+4915730992001", "+49 1573 *** **01"),
        ("+436601234567", "+43 660 *** **67"),
        ("+12025550123", "+1 202 *** **23"),
        ("anonymous", "*********"),
        ("", ""),
    ],
)
def test_the_country_the_operator_and_two_digits_are_shown(number: str, shown: str) -> None:
    assert masked(number) == shown


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.integers(0, 99_999))
def test_of_a_number_four_digits_are_hidden_or_all_of_it(region: str, end: int) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    number = number[:-5] + f"{end:05}" if len(number) > 10 else number
    shown = masked(number)
    assert number not in shown.replace(" ", "")
    digits = re.sub(r"[^0-9*]", "", shown)
    assert len(digits) == len(number) - 1, "what is hidden has its place"
    national = len(digits) - len(str(example.country_code))
    assert digits.count("*") >= min(4, national)
