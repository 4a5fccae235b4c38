"""Brings the catalogues up to what the pages say: `python -m tests.tools.messages`.

New messages come in without a translation, and those that nobody says any more go. Translations that are there stay.
What is written says of each message nothing but its translation, and is in the order of the messages: two branches that
add some seldom touch the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from services.calls.domain.handover_times import NEAREST_RANK
from services.calls.figures.counters import COUNTERS, WAITS
from services.calls.figures.kpis import KPIS, Kpi, MoneyKpi
from services.gateway.api.languages import LANGUAGES, ROOT
from services.gateway.pages.site import AREAS, NAVIGATION
from services.gateway.views.kpi_words import terms_of
from shared.contracts.proofs import GROUNDS

GATEWAY = ROOT.parent
KEYWORDS: dict[str, Any] = {"_": None, "plural": (1, 2)}
HEAD = r"""msgid ""
msgstr ""
"Language: {language}\n"
"Plural-Forms: {plurals}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
"""What a catalogue begins with: nothing that changes, such as a date, for two branches to quarrel about."""


class Said(NamedTuple):
    """A message, with its plural where it has one, and where it is first said."""

    message: str
    several: str
    place: str

    @property
    def id(self) -> str | tuple[str, str]:
        """As catalogues know it."""
        return (self.message, self.several) if self.several else self.message


def said_in(file: Path, method: Any) -> Iterator[Said]:
    """The messages of one file."""
    with file.open("rb") as source:
        for line, found, _comments, _context in extract(method, source, KEYWORDS, (), {"silent": "false"}):
            singular, several = found if isinstance(found, tuple) else (found, "")
            yield Said(str(singular), str(several or ""), f"{file.relative_to(GATEWAY)}:{line}")


def formulas_of(kpi: Kpi | MoneyKpi) -> list[str]:
    """How a figure is counted, in each way that there is."""
    return [kpi.formula] if isinstance(kpi, MoneyKpi) else [variant.formula for variant in kpi.variants.values()]


def said_of_figures() -> list[Said]:
    """What the pages tell of figures, from the catalogue of the service that counts them."""
    found = [NEAREST_RANK, *COUNTERS.values(), *(term for wait in WAITS for term in terms_of(wait))]
    for kpi in KPIS.values():
        terms = (term for formula in formulas_of(kpi) for term in terms_of(formula))
        found += [kpi.label, *terms, *([kpi.note] if kpi.note else [])]
    return [Said(text, "", "services/calls/figures/kpis.py") for text in found]


def everything_said() -> list[Said]:
    """Every message of the gateway once, in the order of the messages."""
    found = [Said(name, "", "pages/site.py") for name in (*AREAS, *(name for _target, name, _right in NAVIGATION))]
    found += said_of_figures()
    found += [Said(text, "", "shared/contracts/proofs.py") for text in GROUNDS.values()]
    for file in sorted(GATEWAY.rglob("*.py")):
        found += said_in(file, "python")
    for file in sorted(GATEWAY.rglob("*.html")):
        found += said_in(file, _templates)
    once: dict[str, Said] = {}
    for one in found:
        known = once.get(one.message)
        once[one.message] = known if known and (known.several or not one.several) else one
    return [once[message] for message in sorted(once)]


def _templates(source: BinaryIO, keywords: Any, tags: Any, options: Any) -> Any:
    return babel_extract(source, list(keywords), tags, options)


def known(language: str) -> Catalog:
    """The catalogue as it is; an empty one where there is none yet."""
    file = ROOT / f"{language}.po"
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def updated(old: Catalog, said: list[Said]) -> Catalog:
    """A catalogue of just these messages, with the translations that are known."""
    new = Catalog(locale=old.locale)
    for one in said:
        before = old.get(one.message)
        kept = before.string if before is not None and isinstance(before.string, tuple) == bool(one.several) else None
        new.add(one.id, kept)
    return new


def texts_of(message: Message) -> tuple[str, ...]:
    """Its translations: one, or one of each form."""
    return message.string if isinstance(message.string, tuple) else (str(message.string or ""),)


def write(language: str, catalogue: Catalog) -> None:
    """The file of a catalogue."""
    with (ROOT / f"{language}.po").open("wb") as file:
        file.write(HEAD.format(language=language, plurals=catalogue.plural_forms.rstrip(";") + ";").encode())
        write_po(file, catalogue, width=0, no_location=True, omit_header=True, sort_output=True)


def main() -> None:
    """Write all catalogues, and say what is still to be translated."""
    said = everything_said()
    for language in LANGUAGES:
        if language == "en":
            continue
        catalogue = updated(known(language), said)
        write(language, catalogue)
        missing = [one.id for one in catalogue if one.id and not all(texts_of(one))]
        print(f"{language}: {len(said)} messages, {len(missing)} to be translated", *missing, sep="\n  ")


if __name__ == "__main__":
    main()
