"""What is told of figures is in the reader's language, though another service names, counts and explains them."""

from __future__ import annotations

import pytest

from services.calls.figures.counters import COUNTERS, WAITS, called
from services.calls.figures.kpis import KPIS
from services.calls.views.tally import HISTOGRAMS, MAPS, NUMBERS
from services.gateway.api.languages import LANGUAGES, Catalogue, catalogue, speech_of
from services.gateway.views.kpi_words import formula_in_words, in_words, label_in_words, terms_of
from services.gateway.views.scorecard import Whose, cards
from services.gateway.views.words import speaking
from tests.tools.messages import formulas_of, said_of_figures

TRANSLATED = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_name_formula_or_note_of_a_figure_is_left_in_english(language: str) -> None:
    known = catalogue(language)
    assert isinstance(known, Catalogue)
    untold = [
        f"{kpi.key}: {text}"
        for kpi in KPIS.values()
        for text in (
            kpi.label,
            *(term for formula in formulas_of(kpi) for term in terms_of(formula)),
            *([kpi.note] if kpi.note else []),
        )
        if not all(known.messages.get(text, ("",)))
    ]
    assert untold == []


def test_the_whole_catalogue_is_collected() -> None:
    collected = {one.message for one in said_of_figures()}
    for kpi in KPIS.values():
        assert {kpi.label, kpi.note} - collected <= {""}
        for formula in formulas_of(kpi):
            assert set(terms_of(formula)) <= collected


def test_a_formula_keeps_its_signs_and_numbers() -> None:
    formula = "(answered within 20 s + abandoned within 5 s) / offered"
    assert terms_of(formula) == ["answered within %(n)s s", "abandoned within %(n)s s", "offered"]
    assert formula_in_words(formula) == formula
    for kpi in KPIS.values():
        for one in formulas_of(kpi):
            assert formula_in_words(one) == one


def test_a_formula_is_told_in_the_readers_language() -> None:
    with speaking(speech_of("de")):
        told = formula_in_words("answered within 20 s / (offered - abandoned within 5 s)")
        assert told == "angenommen binnen 20 s / (angeboten - abgebrochen binnen 5 s)"
        assert label_in_words("Conversion: sales", "conversion.numerator") == "Konversion: Verkäufe"
        assert label_in_words("A counter of tomorrow", "tomorrow_ms") == "A counter of tomorrow"
        assert in_words("A figure of tomorrow") == "A figure of tomorrow"
        assert formula_in_words("") == in_words("") == ""


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_counter_is_left_in_english(language: str) -> None:
    known = catalogue(language)
    assert isinstance(known, Catalogue)
    assert {*NUMBERS, *MAPS, *HISTOGRAMS} <= {*COUNTERS, *KPIS}, "each has a name"
    waits = [term for wait in WAITS for term in terms_of(wait)]
    assert [text for text in (*COUNTERS.values(), *waits) if not all(known.messages.get(text, ("",)))] == []


def test_a_counter_is_called_by_its_name_in_the_readers_language() -> None:
    with speaking(speech_of("de")):
        told = {one: label_in_words(called(one), one) for one in ("talk_ms", "dispositions:sale", "revenue:EUR")}
        assert told == {"talk_ms": "Gespräch", "dispositions:sale": "Ergebnisse: Verkauf", "revenue:EUR": "Umsatz: EUR"}
        assert label_in_words(called("answered_waits:3"), "answered_waits:3").endswith(": bis 20 s")


def test_a_card_tells_formula_and_note_in_the_readers_language() -> None:
    kpi = KPIS["occupancy"]
    figure = {
        "key": kpi.key, "label": kpi.label, "unit": kpi.unit, "note": kpi.note, "formula": formulas_of(kpi)[0],
        "value": 0.8, "n": 3_600_000, "numerator": 8, "denominator": 10, "href": "",
    }  # fmt: skip
    with speaking(speech_of("fr")):
        (card,) = cards({kpi.key: figure}, Whose("adria", "a-1", "2026-03-02", "2026-03-02"))
    assert card.formula == "(conversation + mise en attente + post-appel) / temps productif"
    assert card.note.startswith("Le temps des agents n’appartient à aucune campagne")
