"""The languages of the pages: which there are, which one a reader gets, and their catalogues of messages."""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from services.gateway.views.words import ENGLISH, Speech

LANGUAGE_COOKIE, ZONE_COOKIE = "language", "zone"
ROOT = Path(__file__).parents[1] / "locales"
_PLURAL = re.compile(r"nplurals=\d+;\s*plural=([^;]+);")


class Language(NamedTuple):
    """How a language calls itself, and the signs of its numbers (CLDR)."""

    name: str
    thousands: str
    decimal: str


LANGUAGES: dict[str, Language] = {
    "en": Language("English", ",", "."),
    "de": Language("Deutsch", ".", ","),
    "fr": Language("Français", "\u202f", ","),
    "bs": Language("Bosanski / hrvatski / srpski", ".", ","),
}
"""By its code, which is also the `lang` of the page."""
SHARED: Mapping[str, str] = {"hr": "bs", "sr": "bs", "sh": "bs", "cnr": "bs"}
"""Who asks for one of these reads the text of the other: one standard of words, written in Latin letters."""


class Catalogue(gettext.NullTranslations):
    """Messages with their translations; what has none stays as it is."""

    def __init__(self, messages: Mapping[str, tuple[str, ...]], form: str = "n != 1") -> None:
        super().__init__()
        self.messages = messages
        self._form = gettext.c2py(form)

    def gettext(self, message: str) -> str:
        """The translation."""
        return self.messages.get(message, ("",))[0] or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form that goes with `n`."""
        found = self.messages.get(msgid1, ())
        which = self._form(n)
        return (found[which] if which < len(found) else "") or (msgid1 if n == 1 else msgid2)


def parsed(text: str) -> Catalogue:
    """A catalogue from the text of its `.po` file, of which only messages and their translations count."""
    messages: dict[str, tuple[str, ...]] = {}
    entry: dict[str, str] = {}
    field = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line:
            if "msgid" in entry:
                messages[entry["msgid"]] = tuple(text for name, text in entry.items() if name.startswith("msgstr"))
            entry, field = {}, ""
            continue
        if not line.startswith('"'):
            field, _space, line = line.partition(" ")
        entry[field] = entry.get(field, "") + json.loads(line)
    head = messages.pop("", ("",))[0]
    form = _PLURAL.search(head)
    return Catalogue(messages, form[1] if form else "n != 1")


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Of one of `LANGUAGES`, read once. English is what the messages are written in."""
    file = ROOT / f"{language}.po"
    return parsed(file.read_text("utf-8")) if file.exists() else ENGLISH.catalogue


@lru_cache(maxsize=1000)
def speech_of(language: str, zone: str = "UTC") -> Speech:
    """For readers of one of `LANGUAGES` whose clock runs by this zone."""
    known = LANGUAGES[language]
    return Speech(language, catalogue(language), known.thousands, known.decimal, ZoneInfo(zone))


def speech_for(cookies: str, accepted: str) -> Speech:
    """For a reader whose browser sends these: what was chosen here, else the first language of the browser that there
    is, else English; times in UTC unless another zone was chosen."""
    chosen = _chosen(cookies) if f"{LANGUAGE_COOKIE}=" in cookies or f"{ZONE_COOKIE}=" in cookies else {}
    language = chosen.get(LANGUAGE_COOKIE, "")
    zone = chosen.get(ZONE_COOKIE, "")
    return speech_of(
        language if language in LANGUAGES else preferred(accepted), zone if zone and zone in zones() else "UTC"
    )


def preferred(accepted: str) -> str:
    """The language of ours that stands first in an `Accept-Language`, by its weights (RFC 9110, 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        name, _semicolon, weight = part.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), name.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    for weighs, name in sorted(wanted, key=lambda one: -one[0]):
        language = SHARED.get(name, name)
        if weighs > 0 and language in LANGUAGES:
            return language
    return ENGLISH.language


@cache
def zones() -> frozenset[str]:
    """The time zones that one can choose: those of a place, and UTC."""
    return frozenset(name for name in available_timezones() if name == "UTC" or _of_a_place(name))


def _of_a_place(name: str) -> bool:
    area, slash, _place = name.partition("/")
    return bool(slash) and area not in ("Etc", "SystemV", "posix", "right")


def _chosen(cookies: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(cookies).items()}
    except CookieError:
        return {}
