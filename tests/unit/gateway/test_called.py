"""Ids as people write them: what is written for an id means that id again, whatever names there are."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from services.gateway.views.called import Called

TEXTS = st.text("aAbß7 ();:,", min_size=1, max_size=6)


@example({"a": "x", "b": "x", "c": "x (a)"})
@given(st.dictionaries(TEXTS, TEXTS, max_size=6))
def test_what_is_written_for_an_id_means_it_again(names: dict[str, str]) -> None:
    called = Called(names)
    assert [called.id(called.label(id_)) for id_ in names] == list(names)


def test_one_name_is_one_id_or_is_told_with_it() -> None:
    called = Called({"a7": "Ana Anić", "a8": "Bruno", "a9": "bruno", "x": "One: two", "n": "n", "b": "a7"})
    assert [called.label(one) for one in ("a7", "a8", "a9", "x", "n", "b", "gone")] == [
        "Ana Anić", "Bruno (a8)", "bruno (a9)", "x", "n", "a7 (b)", "gone",
    ]  # fmt: skip
    assert [called.id(one) for one in ("ana  anić", "a7", "bruno (A9)", "Bruno", "gone")] == [
        "a7", "a7", "a9", "Bruno", "gone",
    ]  # fmt: skip
    told = ("Ana Anić", "a8", "Bruno", "bruno (a8)", "gone", "Ana Anic")
    assert [called.unclear(one) for one in told] == [False, False, True, False, False, True]
