"""What is measured of people is told in the reader's language: of agents, coachings, and where somebody struggles."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.api.languages import speech_of
from services.gateway.views.training_words import (
    effect_in_words,
    fair_in_words,
    odds,
    proposal_in_words,
    struggle_in_words,
    together_in_words,
)
from services.gateway.views.words import speaking
from services.training.api import coaching_examples, comparison_examples, usage_examples
from services.training.measuring.words import odds as odds_in_english


def example(responses: Any) -> Any:
    return responses[200]["content"]["application/json"]["example"]


PROPOSAL = example(coaching_examples.PROPOSALS)["proposals"][0]
MEASURED = example(coaching_examples.PLAN)["measured"]
WORKED = example(coaching_examples.LIBRARY)["items"][0]
FAIR = example(comparison_examples.COMPARISON)["items"][0] | {"mean": 0.0942}
STRUGGLE = example(usage_examples.STRUGGLES)["findings"][0]


@pytest.mark.parametrize("chance", [0.9, 0.34, 0.3, 0.044, 0.0123, 0.01, 0.00033, 0.000049, 2e-6, 1e-6, 3e-7])
def test_a_chance_is_told_as_the_service_tells_it(chance: float) -> None:
    assert odds(chance) == odds_in_english(chance)


def test_a_proposal_says_in_english_what_the_service_says() -> None:
    assert proposal_in_words(PROPOSAL) == PROPOSAL["evidence"]


def test_each_sentence_is_german_for_who_reads_german() -> None:
    with speaking(speech_of("de")):
        told = {
            "fair": fair_in_words(FAIR),
            "proposal": proposal_in_words(PROPOSAL),
            "effect": effect_in_words(MEASURED),
            "worked": together_in_words(WORKED),
            "struggle": struggle_in_words(STRUGGLE),
        }
    assert told == {
        "fair": (
            "9,7 % der Kontakte werden Verkäufe, zwischen 8,4 % und 11,2 %; Platz 9 bis 61 von 70."
            " Ohne das: 10,5 % von 1.204, und damit alle zusammen 9,4 %."
        ),
        "proposal": (
            "verkauft bei 6,1 % von 912 Kontakten; Vergleichbare bei 9,4 % (22 Vergleichbare, 16.589 Kontakte);"
            " Wahrscheinlichkeit eines so großen Abstands durch Zufall: 1 zu 3.000;"
            " in 8 von 9 Wochen unter den Vergleichbaren"
        ),
        "effect": (
            "keine Wirkung zu sehen: +24,9 %, in 95 von 100 Fällen zwischen −8,3 % und +70,1 %;"
            " verkaufte bei 6,4 % von 429 Kontakten davor (Vergleichbare 9,2 %)"
            " und bei 8,1 % von 1.435 danach (Vergleichbare 9,3 %), neben Agenten ohne Coaching: 60"
            " (damals bei 69,3 % der Verkäufe ihrer Vergleichbaren, dieser bei 65,3 %)"
        ),
        "worked": "wirkt: +21,2 %, in 95 von 100 Fällen zwischen +9,3 % und +34,4 % (Coachings: 31)",
        "struggle": (
            "Macht Fehler beim Schritt: Adresse, 9,00 Mal am Tag (21,95 % von 410 Besuchen);"
            " der mittlere der Vergleichbaren 1,20 Mal (3,10 %). Um Hilfe gebeten: 0."
            " Wahrscheinlichkeit von so viel durch Zufall und die üblichen Unterschiede: 1 zu 50.000."
        ),
    }


def test_where_too_little_is_known_it_says_so() -> None:
    figures = MEASURED["figures"] | {"contacts_before": 0, "controls": 15}
    nothing = {"verdict": "too_few", "effect": "", "low": "", "high": ""}
    assert effect_in_words(nothing | {"figures": figures}) == (
        "too little to tell: 0 contacts before and 1,435 after that have peers,"
        " and agents who were not coached to compare with: 15"
    )
    assert effect_in_words(nothing) == "too little to tell", "of no contacts, or told before figures were kept"
    assert effect_in_words(MEASURED | {"figures": None}).startswith("no effect seen: +24.9")
    assert together_in_words({"coachings": 1, "verdict": None}) == "too few coachings to say"
    few = fair_in_words(FAIR | {"best_place": None, "worst_place": None, "of": 0})
    assert "too few contacts for a place" in few
