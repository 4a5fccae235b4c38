"""Which characters the bytes of a text file mean."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

from shared.kernel import Rejected

ALPHABETS: dict[str, str] = {
    "hr": "čćđšž",
    "pl": "ąćęłńóśźż",
    "ro": "ăâîșțşţ",
    "de": "äöüß",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "es": "áéíñóúü¿¡ªº",
    "pt": "áâãàçéêíóôõúªº",
    "it": "àèéìîòùº",
    "tr": "çğıöşüâ",
    "cs": "áčďéěíňóřšťúůýž",
    "hu": "áéíóöőúüű",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
}
"""Letters beyond ASCII, by language (lower case)."""

ENCODINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cp1252", ("de", "fr", "es", "pt", "it")),
    ("cp1250", ("hr", "pl", "ro", "cs", "hu", "de")),
    ("cp1251", ("sr",)),
    ("cp1254", ("tr",)),
    ("iso8859-2", ("hr", "pl", "ro", "cs", "hu")),
    ("cp852", ("hr", "pl", "ro", "cs", "hu")),
)
"""Single-byte encodings, the commoner ones first, with the languages they are used for."""

TELLING_LINES = 500
"""Lines with characters beyond ASCII that are looked at."""
NEUTRAL = set("€£°–—„“”’‘‚«»…§©®·\u00a0№")
TELLTALE: dict[str, str] = {
    "hr": r"poziv|datum|vrijeme|trajanje|broj|iznos|ishod|agent|operater|vreme|ukupno|prodaja",
    "pl": r"data|godzina|numer|czas|kwota|wynik|rozmow|konsultant|razem|sprzeda",
    "ro": r"data|ora|numar|durat|rezultat|valoare|operator|total|apel|suma",
    "de": r"datum|uhrzeit|rufnummer|dauer|ergebnis|betrag|mitarbeiter|summe|verkauf",
    "fr": r"date|heure|dur|num|montant|appel|vente|qualification|conseiller",
    "es": r"fecha|hora|duraci|tel|importe|resultado|agente|llamada|venta",
    "pt": r"data|hora|dura|telefone|valor|resultado|agente|chamada|venda",
    "it": r"data|ora|durata|telefono|importo|esito|operatore|chiamata|vendita",
    "tr": r"tarih|saat|telefon|tutar|sonu|temsilci|arama|toplam",
    "cs": r"datum|hovor|trv|telefon|castka|vysledek",
    "hu": r"d.tum|h.v.s|telefon|.sszeg|id.tartam",
    "sr": r"датум|време|позив|број|износ|трајање|статус|оператер|вредност",
}


def decoded(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text, and the name of the encoding that was given or found.

    Rejected with `encoding_unknown` if the bytes do not fit, `file_is_binary` if they are no text at all.
    """
    if encoding is None:
        encoding = _marked(data) or _unmarked(data)
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as wrong:
        raise Rejected("encoding_unknown", f"The file is not in the encoding {encoding}: {wrong}.") from wrong
    if "\x00" in text:
        raise Rejected("file_is_binary", "The file is no text and no workbook. Please send CSV or XLSX.")
    return text.removeprefix("\ufeff"), encoding


def _marked(data: bytes) -> str | None:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:400]
    if head[1::2].count(0) > len(head) // 4 and not head[0::2].count(0):
        return "utf-16-le"
    if head[0::2].count(0) > len(head) // 4 and not head[1::2].count(0):
        return "utf-16-be"
    return None


def _unmarked(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    telling = islice(re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", data), TELLING_LINES)
    sample = b"\n".join([*data[:4096].splitlines()[:20], *(line[0] for line in telling)])
    best, best_score = "", -1e9
    for encoding, languages in ENCODINGS:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        score = max(_score(text, language) for language in languages)
        if score > best_score + 1e-9:
            best, best_score = encoding, score
    if not best:
        raise Rejected("encoding_unknown", "The characters of the file are in no encoding that is known.")
    return best


def _score(text: str, language: str) -> float:
    """How well a text reads as a language: its foreign letters are that language's, and its words too."""
    beyond = [c for c in text.lower() if ord(c) > 127 and c not in NEUTRAL]
    letters = set(unicodedata.normalize("NFC", ALPHABETS[language]))
    right = sum(1 if c in letters else -2 if not c.isalpha() else -1 for c in beyond)
    words = len(set(re.findall(TELLTALE[language], text.lower())))
    inside = len(re.findall(r"[a-zà-ž][А-Яа-я¤¦§¨¬¯±²³´µ¶¸¹¼½¾×÷]|[A-Z][a-z]+[À-Þ][a-z]", text))
    return right / max(1, len(beyond)) + 0.1 * words - 0.2 * inside
