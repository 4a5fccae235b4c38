"""Why a mismatch is laid to its cause is told in the reader's language, though another service works it out."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from starlette.requests import Request

from services.gateway.api.languages import LANGUAGES, Catalogue, catalogue, speech_of
from services.gateway.pages.month import paper
from services.gateway.views.inputs import Names
from services.gateway.views.month_groups import said_of
from services.gateway.views.proof_words import proof_in_words
from services.gateway.views.words import speaking
from services.reconciliation.matching.explanations import Explanation, Foretold
from shared.contracts.proofs import GROUNDS, Ground, ground, proof_of
from shared.security import Principal

TRANSLATED = [code for code in LANGUAGES if code != "en"]
SERVICE = Path(__file__).parents[3] / "services" / "reconciliation"
VALUES: dict[str, int | str] = {
    "n": 1204, "of": 1300, "before": 12, "factor": "1.95583", "day": "2026-03-14", "share": "98.7", "expected": "7.5",
    "zone": "Europe/Zagreb", "first": "UTC+1", "second": "UTC+2", "against": 3, "field": "campaign", "value": "night",
    "q": "1.2e-05", "at": "2026-03-31T22:00:00Z", "seconds": 60, "codes": 14, "step": 6, "bits": 512,
    "differences": 40, "days": 15, "report": 2,
}  # fmt: skip


def said() -> Iterator[str]:
    """The codes of all grounds that the service gives."""
    for file in SERVICE.rglob("*.py"):
        for one in ast.walk(ast.parse(file.read_text())):
            if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "ground":
                yield from (str(part.value) for part in ast.walk(one.args[0]) if isinstance(part, ast.Constant))


def whole(code: str) -> Ground:
    """A ground with a value in each of its places."""
    return ground(code, **{name: value for name, value in VALUES.items() if f"{{{name}}}" in GROUNDS[code]})


def found(*grounds: Ground) -> dict[str, Any]:
    return {
        "proof": proof_of(grounds),
        "grounds": [{"code": one.code, "values": one.values} for one in grounds],
    }


def test_each_ground_that_the_service_gives_has_words_and_none_has_that_nobody_gives() -> None:
    assert set(said()) == GROUNDS.keys()
    with pytest.raises(KeyError):
        ground("made_up")
    with pytest.raises(KeyError):
        ground("block_copied", n=4)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_ground_is_left_in_english(language: str) -> None:
    known = catalogue(language)
    assert isinstance(known, Catalogue)
    assert [code for code, text in GROUNDS.items() if not all(known.messages.get(text, ("",)))] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", GROUNDS)
def test_each_ground_is_told_with_its_values(code: str, language: str) -> None:
    with speaking(speech_of(language, "Europe/Zagreb")):
        told = proof_in_words(found(whole(code)))
    assert told
    assert "{" not in told
    if language == "en" and whole(code).values.keys().isdisjoint({"at", "n", "field"}):
        assert told == proof_of([whole(code)])


def test_a_proof_is_told_in_the_readers_language_with_its_numbers_and_its_clock() -> None:
    with speaking(speech_of("de", "Europe/Zagreb")):
        told = proof_in_words(found(whole("left_out_together"), whole("cancelled_before"), whole("amounts_by_factor")))
    assert told == (
        "1.204 von 1.300 haben dies gemeinsam: Kampagne night; q = 1,2e-05 nach Fishers exaktem Test;"
        " die Bestellung wurde vor 2026-04-01 00:00:00 Europe/Zagreb storniert;"
        " 1.204 von 1.300 Beträgen sind unsere × 1,95583, auf eine halbe kleinste Einheit genau"
    )


def test_what_was_proven_before_there_were_grounds_or_by_one_of_tomorrow_is_told_as_it_came() -> None:
    assert proof_in_words({"proof": "as it was", "grounds": []}) == "as it was"
    assert proof_in_words({"proof": "as it was"}) == "as it was"
    assert proof_in_words({"proof": "tomorrow's", "grounds": [{"code": "made_up", "values": {}}]}) == "tomorrow's"


def test_what_was_foretold_belongs_to_the_proof() -> None:
    told = Foretold(15, 148, 149)
    one = Explanation("E1", "wrong_time", "wrong_time", "partner", "likely", 9, 0, 0, "why", told, True, [])
    assert one.whole_proof == "why; found on 15 days, then foretold 148 of 149 lines of the others"
    assert one.whole_grounds == (), "none before there were any"
    now = replace(one, grounds=(ground("other_time"),))
    assert [ground.code for ground in now.whole_grounds] == ["other_time", "foretold"]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"what": "compared", "says": "x", "values": {"lines": 1204, "calls": 9}}, "Zeilen: 1.204, Anrufe: 9"),
        (
            {"what": "attributed", "says": "x", "values": {"group": "E1", "party": "own", "reason": "Ja."}},
            "E1, Unser Fehler: Ja.",
        ),
        ({"what": "agreed", "says": "x", "values": {"deemed": 1}}, "nach der Klausel des Vertrags"),
        ({"what": "reopened", "says": "Ein Anruf kam spät.", "values": {}}, "Ein Anruf kam spät."),
        ({"what": "compared", "says": "as it was told once"}, "as it was told once"),
    ],
)
def test_a_months_history_is_told_in_the_readers_language(step: dict[str, Any], told: str) -> None:
    with speaking(speech_of("de")):
        assert said_of(step) == told


def test_the_page_of_a_month_gives_the_proof_in_german() -> None:
    mismatch = {
        "found": {
            "kind": "duplicate_block", "cause": "block:4", "party": "partner", "confidence": "proven", "lines": 4,
            "against": 0, "moved": {"minor": 4900, "currency": "EUR"}, "systematic": True,
            **found(whole("block_copied")),
        },
        "attributed": None,
        "taken": None,
    }  # fmt: skip
    sums = dict.fromkeys(("theirs", "ours", "difference", "tolerated", "explained", "unexplained", "open"), 0)
    doc = {
        "reports": [{"number": 1, "name": "march.csv", "at": "2026-04-02T08:00:00Z", "by": "ana"}],
        "reconciled": {}, "mismatches": {"E1": mismatch}, "agreed": None, "sums": sums | {"currency": "EUR"},
    }  # fmt: skip
    nothing: dict[str, Any] = {"items": [], "next": None}
    answers = {"months/adria:2026-03": doc, "expected": nothing, "lines": nothing, "invoices": nothing}

    async def ask(path: str, **_: Any) -> Any:
        return next(answer for end, answer in answers.items() if path.endswith(end))

    async def names() -> Any:
        return Names(partners={"adria": "Adria"})

    viewer = Principal("rea", "reconciler")
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    request = Request(scope | {"state": {"principal": viewer}})
    gateway = cast(Any, SimpleNamespace(calls=SimpleNamespace(names=names)))
    with speaking(speech_of("de", "Europe/Zagreb")):
        shown = asyncio.run(paper(request, gateway, cast(Any, ask), viewer, "adria", "2026-03"))
    text = bytes(shown.body).decode()
    assert "aufeinanderfolgende Zeilen, die denen gleichen, die 12 Zeilen davor stehen: 1.204" in text
    assert "2026-04-02 10:00:00 Europe/Zagreb" in text
    assert "lines in a row" not in text


def test_a_comparison_that_was_kept_before_there_were_grounds_is_still_read() -> None:
    kept = msgspec.json.encode(
        Explanation("E1", "wrong_time", "t", "partner", "likely", 9, 0, 0, "why", None, True, [])
    )
    before = msgspec.json.decode(kept)
    del before["grounds"]
    assert msgspec.convert(before, Explanation).whole_proof == "why"
