"""Numbers in texts: what could be a customer's is masked, what people write all day is not."""

from __future__ import annotations

import pytest
from hypothesis import assume
from hypothesis import given as over
from hypothesis import strategies as st

from shared.masking import MASK, masked

digits = st.text(st.characters(categories=["Nd"]), min_size=7, max_size=19)
between = st.sampled_from(["", "", "", " ", "-", ".", "/", " - ", ") ", "\u00a0", "–", "("])
words = st.text(st.characters(categories=["L", "Zs"], include_characters="\n,;!?"), max_size=20)


@over(words, st.sampled_from(["", "+", "+(", "00", "("]), digits, st.data(), words)
def test_a_number_however_it_is_grouped_does_not_get_through(
    before: str, lead: str, number: str, data: st.DataObject, after: str
) -> None:
    grouped = "".join(digit + data.draw(between) for digit in number[:-1]) + number[-1]
    assume(not grouped.startswith(("19", "20")) or lead)  # may be a day, such as 2026-03-02
    text = masked(f"{before} {lead}{grouped} {after}")
    assert MASK in text
    assert sum(sign.isdecimal() for sign in text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "Since 2026-03-02 09:30 on 120 of 150 lines, 3 to 5 minutes each.",
        "The report for 2026-02 is short of 1,024 calls; see agent 1007.",
        "From 08:00 to 20:00, extension 4711.",
        "2026-03-02T09:30:15Z",
    ],
)
def test_what_people_write_about_their_work_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    ["+385 91 234 5678", "(091) 234-5678", "4111 1111 1111 1111", "0912345678", "٠٩١٢٣٤٥٦٧٨", "2026-13-02", "20260302"],
)
def test_numbers_of_many_forms_are_masked_whole(text: str) -> None:
    assert masked(f"Call {text}, please") == f"Call {MASK}, please"


@over(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    assert masked(masked(text)) == masked(text)
