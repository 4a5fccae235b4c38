"""The pages in their readers' language: catalogues that are whole, texts that all go through the one door."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.api.languages import (
    LANGUAGES,
    ROOT,
    Catalogue,
    catalogue,
    parsed,
    preferred,
    speech_for,
    speech_of,
    zones,
)
from services.gateway.pages.site import embedded_words
from services.gateway.views.words import Speech, _, moment, number, percent, plain, plural, speaking
from tests.tools.messages import GATEWAY, Said, everything_said, texts_of

WAITING = frozenset(Path(__file__).with_name("untranslated.txt").read_text("utf-8").splitlines())
"""Messages that are said in English until somebody translates them: the list gets shorter, and never longer."""
TRANSLATED = [code for code in LANGUAGES if code != "en"]
PLACE = re.compile(r"%\(\w+\)s|\{\w*\}")
KNOWN_EVERYWHERE = {
    "Tallyline", "tallyline", "sign-in", "JavaScript", "YAML", "CSV", "XLSX", "n", "s", "min", "UTC", "nbsp",
}  # fmt: skip
"""Words that stand in pages and are the same in every language."""


@pytest.fixture(scope="module")
def said() -> list[Said]:
    return everything_said()


# Catalogues


def untranslated(language: str, said: list[Said]) -> dict[str, str]:
    """Where each message is said that has no translation."""
    known = catalogue(language)
    assert isinstance(known, Catalogue)
    return {
        one.message: one.place
        for one in said
        if len(texts := known.messages.get(one.message, ())) != (forms(language) if one.several else 1)
        or not all(texts)
    }


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_message_lacks_its_translation(language: str, said: list[Said]) -> None:
    missing = [f"{place}: {one}" for one, place in untranslated(language, said).items() if one not in WAITING]
    assert missing == [], "run `make messages`, and translate:\n" + "\n".join(missing)


def test_what_waits_for_its_translation_has_none_yet(said: list[Said]) -> None:
    missing = {one for language in TRANSLATED for one in untranslated(language, said)}
    assert sorted(WAITING - missing) == [], "take them out of the list"


def forms(language: str) -> int:
    """How many forms what is counted has there."""
    return get_plural(language).num_plurals


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_kept_that_nobody_says(language: str, said: list[Said]) -> None:
    known = catalogue(language)
    assert isinstance(known, Catalogue)
    assert known.messages.keys() - {one.message for one in said} == set(), "run `make messages`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_translation_has_the_places_of_its_message(language: str, said: list[Said]) -> None:
    known = catalogue(language)
    assert isinstance(known, Catalogue)
    broken = [
        f"{one.message!r}: {text!r}"
        for one in said
        for text in known.messages.get(one.message, ())
        if text and set(PLACE.findall(text)) != set(PLACE.findall(one.several or one.message))
    ]
    assert broken == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogues_are_read_as_their_makers_tool_reads_them(language: str) -> None:
    file = ROOT / f"{language}.po"
    ours = parsed(file.read_text("utf-8"))
    with file.open("rb") as source:
        theirs = read_po(source, locale=language, abort_invalid=True)
    for message in theirs:
        if message.id:
            key = str(message.id[0] if message.pluralizable else message.id)
            assert ours.messages[key] == texts_of(message)
            assert not message.fuzzy


@pytest.mark.parametrize(
    ("language", "n", "text"),
    [
        ("en", 1, "1 call without an end"),
        ("en", 5, "5 calls without an end"),
        ("de", 1, "1 Anruf ohne Ende"),
        ("de", 0, "0 Anrufe ohne Ende"),
        ("fr", 0, "0 appel sans fin"),
        ("fr", 2, "2 appels sans fin"),
        ("fr", 1_000_000, "1\u202f000\u202f000 d’appels sans fin"),
    ],
)
def test_plurals_follow_the_language(language: str, n: int, text: str) -> None:
    with speaking(speech_of(language)):
        assert plural("%(n)s call without an end", "%(n)s calls without an end", n) == text


@pytest.mark.parametrize(
    ("n", "noun"), [(1, "agent"), (21, "agent"), (3, "agenta"), (22, "agenta"), (5, "agenata"), (11, "agenata")]
)
def test_the_southern_slavic_languages_have_three_forms(n: int, noun: str) -> None:
    one, several = "%(n)s agent in wrap-up for more than 5 min", "%(n)s agents in wrap-up for more than 5 min"
    with speaking(speech_of("bs")):
        assert plural(one, several, n).startswith(f"{n} {noun} ")


# Numbers and times


@pytest.mark.parametrize("language", LANGUAGES)
@given(value=st.integers(-(10**9), 10**9))
def test_numbers_are_written_as_the_language_writes_them(language: str, value: int) -> None:
    with speaking(speech_of(language)):
        assert number(value) == format_decimal(value, locale=language).replace("-", "−")


def test_shares_have_the_languages_own_sign() -> None:
    assert percent(0.8432) == "84.3 %"
    with speaking(speech_of("fr")):
        assert percent(0.8432) == "84,3 %"


def test_moments_are_by_the_readers_clock_on_both_sides_of_a_change() -> None:
    with speaking(speech_of("de", "Europe/Sarajevo")):
        assert moment(datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == "2026-03-29 01:30:00"
        assert moment("2026-03-29T01:30:00Z") == "2026-03-29 03:30:00"
        assert moment("2026-10-25T00:30:00Z") == "2026-10-25 02:30:00 CEST"
        assert moment("2026-10-25T01:30:00Z") == "2026-10-25 02:30:00 CET"
        assert moment("2026-10-25T02:00:00Z") == "2026-10-25 03:00:00"


# What a reader gets


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("hr-HR,hr;q=0.9", "bs"),
        ("sr-Latn-RS", "bs"),
        ("ja,fr;q=0.4,de;q=0.5", "de"),
        ("fr;q=0,en;q=0.1", "en"),
        ("*", "en"),
        ("de;q=x,fr", "fr"),
    ],
)
def test_the_browsers_first_language_that_there_is_counts(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_what_was_chosen_counts_before_the_browser() -> None:
    chosen = speech_for("theme=dark; language=fr; zone=Europe/Paris", "de")
    assert (chosen.language, str(chosen.zone)) == ("fr", "Europe/Paris")


@pytest.mark.parametrize("zone", ["../../etc/passwd", "Nowhere/Land", "", "Etc/GMT+3"])
def test_a_zone_that_there_is_not_is_utc(zone: str) -> None:
    assert str(speech_for(f"language=xx; zone={zone}", "").zone) == "UTC"
    assert zone not in zones()


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_a_browser_sends_there_is_a_language(cookies: str, accepted: str) -> None:
    assert speech_for(f"language={cookies}", accepted).language in LANGUAGES


# Texts of modules, which are made before anybody reads


def test_a_text_of_a_module_is_translated_when_it_is_written_out() -> None:
    made = _("Take {subject}")
    with speaking(speech_of("de")):
        assert str(made) == "{subject} übernehmen"
        assert f"{_('Wallboard')}" == "Live-Übersicht"
        assert made.format(subject="7") == "7 übernehmen"
        assert made.replace("{subject}", "7") == "7 übernehmen"
        assert json.loads(embedded_words({"words": {"take": made}})) == {"words": {"take": "{subject} übernehmen"}}
    assert str(made) == "Take {subject}"
    with pytest.raises(TypeError):
        msgspec.json.encode({1j: 1}, enc_hook=plain)


# The one door


SILENT = ("script", "style", "code", "kbd")


class Naked(HTMLParser):
    """The words of a template that stand in it as they are, outside of every expression."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        for name, value in attributes:
            if name in ("aria-label", "title", "placeholder", "alt", "data-label", "data-none", "data-failed"):
                self.found += words(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found += words(re.sub(r'[\w-]+="[^"]*"', "", data))  # attributes that a block adds to its frame


def words(text: str) -> list[str]:
    """Those of a text that somebody would have to translate."""
    return [word for word in re.findall(r"[^\W\d_][\w-]*", text) if word not in KNOWN_EVERYWHERE]


def naked_of(template: str) -> list[str]:
    """The words of a template's text that go through no door."""
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template, flags=re.S)
    parser = Naked()
    parser.feed(bare)
    return parser.found


def test_the_finder_finds_a_naked_word() -> None:
    assert naked_of('<p title="{{ a }} calls">{{ _("x") }} of <code>y</code></p>') == ["calls", "of"]


@pytest.mark.parametrize("template", sorted(GATEWAY.glob("templates/*.html")), ids=lambda path: path.name)
def test_no_template_has_a_word_that_is_not_to_be_translated(template: Path) -> None:
    assert naked_of(template.read_text()) == []


def calls_without_text(file: Path) -> Iterator[str]:
    """Where `_` or `plural` is given something else than a text, which no tool can collect."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = node.args[: {"_": 1, "plural": 2}.get(name, 0)]
            if not all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in given):
                yield f"{file.relative_to(GATEWAY)}:{node.lineno}"


def test_every_message_is_written_where_it_is_said() -> None:
    assert [place for file in GATEWAY.rglob("*.py") for place in calls_without_text(file)] == []


QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')
SENTENCE = re.compile(r"^[A-Z][a-z]+[ .,:!?…][^<>=/]*[a-z]|^[a-z]+ [a-z]+ [a-z ]+[.!?]$")


def test_no_script_says_a_sentence_of_its_own() -> None:
    for file in sorted(GATEWAY.glob("static/*.js")):
        code = "\n".join(line for line in file.read_text().splitlines() if not re.match(r"\s*(//|\*|/\*)", line))
        said = [quoted for quoted in QUOTED.findall(code) if SENTENCE.search(quoted[1:-1])]
        assert said == [], file.name


def test_who_reads_is_found_out_once_something_is_said() -> None:
    asked: list[str] = []

    @cache
    def reader() -> Speech:
        asked.append("de")
        return speech_of("de")

    with speaking(reader):
        assert asked == []
        assert number(1234.5) == "1.234,5"
        assert asked == ["de"]
        assert _("Training") == speech_of("de").catalogue.gettext("Training")
    assert asked == ["de"]
    assert number(1234.5) == "1,234.5"


@pytest.mark.parametrize("page", sorted(GATEWAY.glob("templates/*.html")), ids=lambda page: page.name)
def test_no_page_calls_times_of_the_readers_clock_utc(page: Path) -> None:
    text = re.sub(r"<label>.*?</label>", "", page.read_text(), flags=re.DOTALL)  # what is written in may be of UTC
    assert not ("| moment" in text and "UTC" in text), "`moment` is by the reader's clock"


@pytest.mark.parametrize("page", sorted(GATEWAY.glob("templates/*.html")), ids=lambda page: page.name)
def test_no_page_writes_a_time_by_hand(page: Path) -> None:
    by_hand = re.findall(r"[^{}]*replace\(.T., . .\)", page.read_text())
    ours = [one for one in by_hand if "value[5:19]" not in one]  # a line of a report has its partner's own clock
    assert ours == [], "`moment` is by the reader's clock"
