"""What fits a search, and what comes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views.search import MOST_SHOWN, Hit, best, fit

TEXT = st.text(alphabet="abc -:1", max_size=8)
HITS = st.lists(st.builds(lambda ident, name: Hit(id=ident, name=name), TEXT, TEXT), max_size=40)


def test_whole_ids_come_before_beginnings_and_these_before_words() -> None:
    hits = [
        Hit(id="x1", name="The Adria and others"),
        Hit(id="adria-voice", name="Voice"),
        Hit(id="adria", name="Direct"),
        Hit(id="x2", name="Nobody"),
    ]
    assert [hit.id for hit in best("partners", hits, " ADRIA ").hits] == ["adria", "adria-voice", "x1"]


def test_every_word_has_to_be_there() -> None:
    hit = Hit(id="a7", name="Jelena Marić")
    assert fit(hit, "marić jel") == 2
    assert fit(hit, "marić petra") is None
    assert fit(hit, "") is None


@given(HITS, TEXT)
def test_what_is_shown_fits_best_and_nothing_is_lost(hits: list[Hit], q: str) -> None:
    group = best("agents", hits, q)
    fits = sorted(level for hit in hits if (level := fit(hit, q)) is not None)
    assert group.count == len(fits)
    assert [fit(hit, q) for hit in group.hits] == fits[:MOST_SHOWN]


@given(HITS, TEXT)
def test_the_order_they_came_in_does_not_matter(hits: list[Hit], q: str) -> None:
    there, back = best("agents", hits, q), best("agents", hits[::-1], q)
    assert [(hit.id, hit.name) for hit in there.hits] == [(hit.id, hit.name) for hit in back.hits]
