"""What holds a partner up is told in the reader's language: conditions of a stage, and what a ramp's phase asks for."""

from __future__ import annotations

import msgspec

from services.gateway.api.languages import speech_of
from services.gateway.views.partner_words import condition_in_words, criterion_in_words
from services.gateway.views.words import speaking
from services.partners.domain.lifecycle import CONDITIONS, Facts
from services.partners.domain.ramp import criteria
from tests.unit.partners.test_ramp import GOOD, LEARNS, LEARNT


def test_a_condition_is_told_with_what_is_open_of_it() -> None:
    condition = CONDITIONS["no_severe_issue"]
    facts: Facts = {condition.fact: {f"issue-{n}": "Keine Leitung" if n == 1 else "" for n in range(1, 8)}}
    unmet = {"condition": condition.name, "says": condition.unmet(facts), "open": condition.open(facts)}
    with speaking(speech_of("de")):
        assert condition_in_words(unmet) == (
            "Kein schweres Problem des Übergangs ist offen. Offen: issue-1 (Keine Leitung), issue-2, issue-3, issue-4,"
            " issue-5 und 2 weitere."
        )
        assert condition_in_words(unmet | {"open": {}}) == "Kein schweres Problem des Übergangs ist offen."
        assert condition_in_words({"condition": "of_tomorrow", "says": "New.", "open": {}}) == "New."


def test_each_condition_says_in_english_what_the_service_says() -> None:
    for name, condition in CONDITIONS.items():
        told = condition_in_words({"condition": name, "says": "", "open": {}})
        assert told.replace("’", "'") == condition.text


def test_a_criterion_is_told_with_its_figures() -> None:
    learning = msgspec.structs.replace(GOOD, learning=LEARNT)
    with speaking(speech_of("de")):
        told = [criterion_in_words(one._asdict()) for one in criteria(LEARNS, learning)]
        unknown = [criterion_in_words(one._asdict()) for one in criteria(LEARNS, GOOD)]
    assert told[0] == f"ganze Tage mit Anrufen: {GOOD.days}, mindestens {LEARNS.exit.min_days}"
    assert "Verkäufe neuer Agenten" in told[-1]
    assert "wie die früheren" in told[-1]
    assert unknown[-1].startswith("noch ist nichts bekannt, wie neue Agenten lernen")
    assert criterion_in_words({"code": "of_tomorrow", "says": "new", "values": {}}) == "new"
