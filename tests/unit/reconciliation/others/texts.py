"""Text files of back offices in many languages, encodings and ways to write a number."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.reconciliation.others import writing as w
from tests.unit.reconciliation.others.faults import Line

POLISH: tuple[w.Column, ...] = (
    ("Data i godzina połączenia", w.at("%Y-%m-%d %H:%M:%S")),
    ("Nr klienta", w.number("### ### ###", "48")),
    ("Nr konsultanta", w.agent),
    ("Czas rozm. (min)", lambda line: f"{line.seconds / 60:.2f}".replace(".", ",")),
    (
        "Status połączenia",
        w.said(
            "Nie odebrał",
            "Niezainteresowany",
            "Oddzwonić",
            "Informacja",
            "Zły numer",
            "Sprzedaż",
            "Rezygnacja ze sprzedaży",
        ),
    ),
    ("Wartość umowy", w.money(" ", ",", behind=" zł")),
)


def polish(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(POLISH), *(w.of(POLISH, line) for line in lines)], "cp1250", ";")


ROMANIAN: tuple[w.Column, ...] = (
    ("Nr. crt.", lambda line: int(line.ref) % 500),
    ("Data", w.at("%d.%m.%Y")),
    ("Ora", w.at("%H:%M:%S")),
    ("Telefon client", w.number("0###.###.###", "40")),
    ("Cod agent", w.agent),
    ("Durata (sec)", w.seconds),
    (
        "Rezultat",
        w.said(
            "Nu raspunde",
            "Nu este interesat",
            "Revine",
            "Solicita informatii",
            "Numar gresit",
            "Vanzare",
            "Vanzare anulata",
        ),
    ),
    ("Valoare (RON)", w.money(".", ",")),
)


def romanian(lines: Sequence[Line]) -> w.Written:
    total = w.marked(sum(line.minor or 0 for line in lines), ".", ",")
    spoken = sum(line.seconds for line in lines)
    rows = [
        w.head(ROMANIAN),
        *(w.of(ROMANIAN, line) for line in lines),
        (["TOTAL GENERAL", "", "", "", "", spoken, "", total], None),
    ]
    return w.text(rows, "utf-8", ";")


def _turkish_moment(line: Line) -> object:
    return f"{line.start:%d/%m/%Y} {'ÖS' if line.start.hour >= 12 else 'ÖÖ'} {line.start:%I:%M:%S}"


TURKISH: tuple[w.Column, ...] = (
    ("Çağrı başlangıcı", _turkish_moment),
    ("Müşteri telefonu", w.number("0 (###) ### ## ##", "90")),
    ("Temsilci", w.agent),
    ("Konuşma süresi", w.clocked),
    (
        "Sonuç",
        w.said(
            "Ulaşılamadı",
            "İlgilenmiyor",
            "Geri aranacak",
            "Bilgi aldı",
            "Hatalı numara",
            "Satış yapıldı",
            "Satış iptal edildi",
        ),
    ),
    ("Tutar", w.money(".", ",", behind=" TL")),
)


def turkish(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(TURKISH), *(w.of(TURKISH, line) for line in lines)], "cp1254", ";")


CYRILLIC: tuple[w.Column, ...] = (
    ("Датум", w.unpadded("{d}.{m}.{y}.")),
    ("Време почетка", w.unpadded("{H}:{M:02d}:{S:02d}")),
    ("Телефон корисника", w.number("+381 ## ###-####", "381", mark=",")),
    ("Шифра агента", w.agent),
    ("Трајање", w.short),
    (
        "Резултат",
        w.said(
            "Није се јавио",
            "Није заинтересован",
            "Позвати поново",
            "Информација",
            "Погрешан број",
            "Продато",
            "Продаја отказана",
        ),
    ),
    ("Износ", w.money(".", ",")),
    ("Валута", lambda line: "" if line.minor is None else "дин"),
)


def cyrillic(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(CYRILLIC), *(w.of(CYRILLIC, line) for line in lines)], "utf-16", "\t")


PORTUGUESE: tuple[w.Column, ...] = (
    ("Início da chamada", w.at("%d/%m/%Y %H:%M:%S")),
    ("Nº de telemóvel", w.number("### ### ###", "351")),
    ("Assistente", w.agent),
    ("Duração", lambda line: f"{line.seconds // 60}m {line.seconds % 60}s"),
    (
        "Resultado",
        w.said(
            "Não atende",
            "Sem interesse",
            "Voltar a ligar",
            "Pedido de informação",
            "Número errado",
            "Venda efetuada",
            "Venda anulada",
        ),
    ),
    ("Valor (€)", w.money(" ", ",")),
)


def portuguese(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(PORTUGUESE), *(w.of(PORTUGUESE, line) for line in lines)], "cp1252", ";")


GERMAN: tuple[w.Column, ...] = (
    ("Datum / Uhrzeit", w.at("%d.%m.%y %H:%M Uhr")),
    ("Angerufene Nr.", w.number("+49 (0) ### / *", "49")),
    ("Pers.-Nr.", w.agent),
    ("Gesprächszeit", lambda line: f"{line.seconds // 60} Min {line.seconds % 60:02d} Sek"),
    (
        "Gesprächsergebnis",
        w.said(
            "Nicht erreicht",
            "Kein Bedarf",
            "Rückruf vereinbart",
            "Nur Information",
            "Nummer falsch",
            "Abschluss",
            "Abschluss storniert",
        ),
    ),
    ("Umsatz brutto", lambda line: _dashed(line.minor)),
)


def _dashed(minor: int | None) -> str:
    if minor is None:
        return ""
    return (f"{minor // 100:,}".replace(",", ".") + ",- €") if minor % 100 == 0 else w.marked(minor, ".", ",") + " €"


def german(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(GERMAN), *(w.of(GERMAN, line) for line in lines)], "cp1252", ";")


BOSNIAN: tuple[w.Column, ...] = (
    ("Vrijeme", w.at("%H:%M:%S")),
    ("Broj klijenta", w.number("0## ###-*", "387")),
    ("Operater", w.agent),
    ("Trajanje razgovora", w.clocked),
    (
        "Status",
        w.said(
            "Nije se javio",
            "Nije zainteresovan",
            "Nazvati ponovo",
            "Informacija",
            "Pogrešan broj",
            "Prodaja",
            "Otkazana prodaja",
        ),
    ),
    ("Iznos", w.money(".", ",", behind=" KM")),
)


def bosnian(lines: Sequence[Line]) -> w.Written:
    """The day stands only in its first row, as a cell merged downwards is exported."""
    rows: list[w.Row] = [(["Datum", *(label for label, _ in BOSNIAN)], None)]
    for day, some in w.by_day(lines):
        for place, line in enumerate(some):
            cells = [write(line) for _, write in BOSNIAN]
            rows.append(([f"{day:%d.%m.%Y}." if place == 0 else "", *cells], line))
    return w.text(rows, "utf-8", ";")
