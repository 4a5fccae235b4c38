"""Layouts of a second look, written after the reader had read the first ones and before it saw these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.unit.reconciliation.others import faults as f
from tests.unit.reconciliation.others import writing as w
from tests.unit.reconciliation.others.faults import Line

API: tuple[w.Column, ...] = (
    ("callUuid", lambda line: f"{int(line.ref) * 104_729:032x}"),
    ("startTimeUtc", lambda line: f"{f.utc(line.start, 'Europe/Warsaw'):%Y-%m-%dT%H:%M:%SZ}"),
    (
        "endTimeUtc",
        lambda line: f"{f.utc(line.start, 'Europe/Warsaw') + timedelta(seconds=line.seconds + 8):%Y-%m-%dT%H:%M:%SZ}",
    ),
    ("customerPhone", w.number("+48*", "48")),
    ("agentId", w.agent),
    ("agentEmail", lambda line: f"{line.agent.lower()}@calls.example"),
    ("talkTimeSeconds", w.seconds),
    ("holdTimeSeconds", lambda line: 0),
    (
        "wrapUpCode",
        w.said(
            "no_answer", "not_interested", "call_back_later", "information", "wrong_number", "sale", "sale_cancelled"
        ),
    ),
    ("orderTotal", w.money("", ".")),
    ("currencyCode", lambda line: "" if line.minor is None else "PLN"),
)


def api(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(API), *(w.of(API, line) for line in lines)], "utf-8", ",", end="\n")


def _spanish_clock(line: Line) -> object:
    return (
        f"{line.start:%d/%m/%Y} {(line.start.hour - 1) % 12 + 1}:{line.start:%M:%S} {'ap'[line.start.hour >= 12]}. m."
    )


HALVES: tuple[w.Column, ...] = (
    ("Inicio de la gestión", _spanish_clock),
    ("Móvil", w.number("*", "34")),
    ("Operadora", w.agent),
    ("Duración (seg.)", w.seconds),
    (
        "Estado final",
        w.said("Ausente", "Rechaza", "Rellamada", "Consulta", "Número no existe", "Venta cerrada", "Venta cancelada"),
    ),
    ("Total pedido", w.money(".", ",", before="€")),
)


def halves(lines: Sequence[Line]) -> w.Written:
    rows = [(["Operaciones", "", "", "", "", ""], None), (["Mes:", "octubre"], None)]
    return w.text([*rows, w.head(HALVES), *(w.of(HALVES, line) for line in lines)], "cp1252", ";")


MONTHS_PL = [
    "stycznia",
    "lutego",
    "marca",
    "kwietnia",
    "maja",
    "czerwca",
    "lipca",
    "sierpnia",
    "września",
    "października",
    "listopada",
    "grudnia",
]

GENITIVE: tuple[w.Column, ...] = (
    ("Dzień", lambda line: f"{line.start.day} {MONTHS_PL[line.start.month - 1]} {line.start.year}"),
    ("Godz. rozpoczęcia", w.at("%H:%M:%S")),
    ("Tel. klienta", w.number("+48 ### ### ###", "48")),
    ("Pracownik", w.agent),
    ("Długość rozmowy", lambda line: f"{line.seconds // 60} min {line.seconds % 60} sek"),
    (
        "Rezultat rozmowy",
        w.said("Brak kontaktu", "Odmowa", "Ponowić kontakt", "Pytanie", "Błędny numer", "Umowa", "Umowa anulowana"),
    ),
    ("Kwota brutto", w.money("\u00a0", ",")),
)


def genitive(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(GENITIVE), *(w.of(GENITIVE, line) for line in lines)], "utf-8-sig", ";")


MONTHS_TR = [
    "Ocak",
    "Şubat",
    "Mart",
    "Nisan",
    "Mayıs",
    "Haziran",
    "Temmuz",
    "Ağustos",
    "Eylül",
    "Ekim",
    "Kasım",
    "Aralık",
]

DAYS_TR: tuple[w.Column, ...] = (
    ("Sıra", lambda line: int(line.ref) % 100),
    ("Saat", w.at("%H:%M")),
    ("Telefon", w.number("0*", "90")),
    ("Sicil", w.agent),
    ("Süre (dk:sn)", w.short),
    (
        "Durum",
        w.said(
            "Cevap vermedi", "İstemiyor", "Tekrar aranacak", "Bilgi", "Yanlış numara", "Satış", "İptal edilen satış"
        ),
    ),
    ("Bedel", lambda line: "" if line.minor is None else line.minor / 100),
)


def days_tr(lines: Sequence[Line]) -> w.Written:
    sheets = []
    for day, some in w.by_day(lines):
        rows = [w.head(DAYS_TR), *(w.of(DAYS_TR, line) for line in some)]
        rows.append((["Toplam", "", "", "", "", len(some), sum(line.minor or 0 for line in some) / 100], None))
        sheets.append((f"{day.day} {MONTHS_TR[day.month - 1]}", rows))
    return w.workbook(sheets)


THOUSANDS: tuple[w.Column, ...] = (
    ("Data chiamata", w.at("%d/%m/%y")),
    ("Orario", w.at("%H.%M.%S")),
    ("Cellulare", w.number("+39*", "39")),
    ("Matricola operatore", w.agent),
    ("Durata (sec)", lambda line: f"{line.seconds:,}".replace(",", ".")),
    (
        "Esito finale",
        w.said(
            "Irreperibile",
            "Rifiuta",
            "Da ricontattare",
            "Richiesta info",
            "Numero inesistente",
            "Vendita",
            "Vendita annullata",
        ),
    ),
    ("Valore contratto", w.money(".", ",", before="EUR ")),
)


def thousands(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(THOUSANDS), *(w.of(THOUSANDS, line) for line in lines)], "utf-8", "|")


def _with_letters(line: Line) -> object:
    return f"{line.start:%H}h{line.start:%M}m{line.start:%S}s"


LETTERS: tuple[w.Column, ...] = (
    ("Jour", w.at("%d-%m-%Y")),
    ("Heure", _with_letters),
    ("Tél. client", w.number("+33 (0)# ## ## ## ##", "33")),
    ("Code conseiller", w.agent),
    ("DMC", w.clocked),
    (
        "Résultat",
        w.said("NRP", "Refus", "A rappeler", "Info", "Faux numéro", "Vente", "Vente annulée"),
    ),
    ("Montant", w.money(" ", ",", behind=" €")),
)


def letters(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(LETTERS), *(w.of(LETTERS, line) for line in lines)], "utf-8", ";")


PAGES: tuple[w.Column, ...] = (
    ("Data apelului", w.at("%d.%m.%Y %H:%M:%S")),
    ("Nr. apelat", w.number("0040*", "40")),
    ("Consultant", w.agent),
    ("Durata apel", w.clocked),
    (
        "Stare",
        w.said(
            "Fără răspuns",
            "Refuzat",
            "De sunat din nou",
            "Informare",
            "Număr greșit",
            "Comandă",
            "Comandă anulată",
        ),
    ),
    ("Sumă", w.money(".", ",", behind=" lei")),
)


def pages(lines: Sequence[Line]) -> w.Written:
    rows: list[w.Row] = []
    for page, start in enumerate(range(0, len(lines), 45), 1):
        some = lines[start : start + 45]
        total = w.marked(sum(line.minor or 0 for line in some), ".", ",")
        rows += [([f"Pagina {page}"], None), w.head(PAGES), *(w.of(PAGES, line) for line in some)]
        rows.append((["Total pagină", "", "", "", len(some), f"{total} lei"], None))
        rows.append(([], None))
    return w.text(rows, "utf-8", ";")


BY_AGENT: tuple[w.Column, ...] = (
    ("Datum", w.at("%d.%m.%Y.")),
    ("Vrijeme", w.at("%H:%M:%S")),
    ("Broj", w.number("0## ### *", "387")),
    ("Trajanje", w.clocked),
    (
        "Ishod",
        w.said("Nema odgovora", "Odbija", "Nazvati kasnije", "Pitanje", "Pogrešan broj", "Prodano", "Otkazana prodaja"),
    ),
    ("Iznos (KM)", w.money(".", ",")),
)


def by_agent(lines: Sequence[Line]) -> w.Written:
    """The agent is not in a column: a row names it above its calls."""
    rows: list[w.Row] = [w.head(BY_AGENT)]
    for agent in sorted({line.agent for line in lines}):
        rows.append(([f"Agent: {agent}"], None))
        rows += [w.of(BY_AGENT, line) for line in lines if line.agent == agent]
    return w.workbook([("Izvještaj", rows)])
