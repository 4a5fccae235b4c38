"""Made-up partners in ten languages, whose reports are laid out as no example is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from tests.unit.reconciliation import layouts as w
from tests.unit.reconciliation.layouts import Layout

ES = ("No contesta", "No interesado", "Volver a llamar", "Información", "Número equivocado", "Venta", "Venta cancelada")
IT = ("Non risponde", "Rifiutato", "Da richiamare", "Informazioni", "Numero errato", "Venduto", "Vendita annullata")
PL = ("Nie odebrano", "Odmowa", "Ponowny kontakt", "Informacja", "Błędny numer", "Sprzedaż", "Sprzedaż anulowana")
RO = ("Nu răspunde", "Refuz", "De revenit", "Informații", "Număr greșit", "Vânzare", "Vânzare anulată")
PT = ("Não atendida", "Recusou", "Ligar mais tarde", "Informação", "Número errado", "Venda", "Venda cancelada")
TR = ("Cevap yok", "Reddetti", "Tekrar aranacak", "Bilgi verildi", "Yanlış numara", "Satış", "Satış iptal")
HR = ("Ne javlja se", "Odbijeno", "Nazvati kasnije", "Informacije", "Krivi broj", "Prodano", "Otkazana narudžba")
SR = ("Не јавља се", "Одбио", "Звати поново", "Информације", "Погрешан број", "Продаја", "Отказана продаја")
EN = ("Voicemail", "Not interested", "Follow-up", "Information given", "Invalid number", "Sold", "Order cancelled")
DE = ("Nicht erreicht", "Kein Interesse", "Rückruf", "Auskunft", "Falsche Rufnummer", "Verkauf", "Storniert")
FR = ("Pas de réponse", "Refusé", "Rappel", "Renseignement", "Faux numéro", "Vendu", "Commande annulée")
BS = ("Nedostupan", "Nije zainteresovan", "Pozvati ponovo", "Upit", "Pogrešan br", "Prodaja", "Storno")

MONTHS_PT = re.findall(
    r"\w+", "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
)


def _portuguese(call: w.Call) -> object:
    return f"{call.at.day} de {MONTHS_PT[call.at.month - 1]} de {call.at.year}, {call.at:%H:%M:%S}"


def _turkish_clock(call: w.Call) -> object:
    return f"{call.at:%I:%M:%S} {'ÖS' if call.at.hour >= 12 else 'ÖÖ'}"


def _serial(call: w.Call) -> object:
    return call.at  # a workbook without a format shows the bare number


def _serial_text(call: w.Call) -> object:
    days = (call.at.replace(tzinfo=None) - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
    return f"{days:.8f}".replace(".", ",")


def _decimal_minutes(call: w.Call) -> object:
    return f"{call.seconds / 60:.2f}".replace(".", ",")


SPANISH = Layout(
    name="spanish",
    country="ES",
    code="34",
    currency="EUR",
    encoding="cp1252",
    quote_all=True,
    columns=(
        ("Fecha y hora", w.when("%d/%m/%Y %H:%M:%S")),
        ("Teléfono", w.number("", blocks=" ")),
        ("Agente", w.agent),
        ("Duración", w.hms),
        ("Resultado de la llamada", w.outcome(ES)),
        ("Importe del pedido", w.amount(".", ",", behind=" €")),
    ),
    labels=ES,
    daily="Subtotal día",
    final="Total general",
    notes=("Informe confidencial; no difundir",),
)
ITALIAN = Layout(
    name="italian",
    country="IT",
    code="39",
    currency="EUR",
    titles=(("Riepilogo chiamate",), ("Periodo", "ottobre"), ()),
    columns=(
        ("Data", w.when("%d-%m-%Y")),
        ("Ora", w.when("%H.%M.%S")),
        ("Numero chiamato", w.number("0039")),
        ("Operatore", w.agent),
        ("Durata (mm:ss)", w.ms),
        ("Esito", w.outcome(IT)),
        ("Importo", w.amount("'", ",", before="€ ")),
    ),
    labels=IT,
    blank_between=True,
    final="Totale",
)
POLISH = Layout(
    name="polish",
    country="PL",
    code="48",
    currency="PLN",
    encoding="cp1250",
    separator="\t",
    columns=(
        ("Lp.", lambda call: 1),
        ("Data rozmowy", w.when("%Y.%m.%d")),
        ("Godzina", w.when("%H:%M")),
        ("Numer telefonu", w.number("+48 ", blocks="-")),
        ("Konsultant", w.agent),
        ("Czas rozmowy (s)", w.plain_seconds),
        ("Wynik rozmowy", w.outcome(PL)),
        ("Kwota zamówienia", w.amount("\u00a0", ",", behind="\u00a0zł")),
    ),
    labels=PL,
    final="Razem",
    minutes_only=True,
)
ROMANIAN = Layout(
    name="romanian",
    country="RO",
    code="40",
    currency="RON",
    workbook=True,
    sheet_a_day=lambda day: f"{day:%d.%m.%Y}",
    columns=(
        ("Ora apelului", lambda call: f"{call.at:%H:%M:%S}"),
        ("Număr de telefon", lambda call: int("40" + call.phone)),
        ("Cod operator", w.agent),
        ("Durata convorbirii", w.lasting),
        ("Rezultatul apelului", w.outcome(RO)),
        ("Valoare comandă (lei)", w.cell_amount),
    ),
    labels=RO,
    final="Total",
    formats={"lasting": "hh:mm:ss"},
)
PORTUGUESE = Layout(
    name="portuguese",
    country="PT",
    code="351",
    currency="EUR",
    encoding="utf-16",
    separator="\t",
    columns=(
        ("Data e hora da chamada", _portuguese),
        ("Número discado", w.number("")),
        ("Operador", w.agent),
        ("Tempo de conversação", w.words),
        ("Situação", w.outcome(PT)),
        ("Valor da venda", w.amount(".", ",")),
    ),
    labels=PT,
    repeat_header=True,
)
TURKISH = Layout(
    name="turkish",
    country="TR",
    code="90",
    currency="TRY",
    encoding="cp1254",
    columns=(
        ("Tarih", w.when("%d.%m.%y")),
        ("Saat", _turkish_clock),
        ("Aranan numara", w.number("0")),
        ("Temsilci kodu", w.agent),
        ("Görüşme Süresi (sn)", w.plain_seconds),
        ("Arama sonucu", w.outcome(TR)),
        ("Sipariş tutarı (TL)", w.amount(".", ",")),
    ),
    labels=TR,
    daily="Ara toplam",
    final="Genel toplam",
)
CROATIAN = Layout(
    name="croatian",
    country="HR",
    code="385",
    currency="EUR",
    workbook=True,
    titles=(("Mjesečni izvještaj",),),
    groups=(("Poziv", 2), ("Agent", 1), ("Razgovor", 2), ("Narudžba", 1)),
    columns=(
        ("Početak", _serial),
        ("Broj telefona", w.number("+385 ")),
        ("Šifra", w.agent),
        ("Trajanje", w.lasting),
        ("Ishod", w.outcome(HR)),
        ("Iznos (EUR)", w.cell_amount),
    ),
    labels=HR,
    final="Sveukupno",
    formats={"lasting": "[h]:mm:ss"},
)
CYRILLIC = Layout(
    name="cyrillic",
    country="RS",
    code="381",
    currency="RSD",
    encoding="cp1251",
    columns=(
        ("Р.бр.", lambda call: 7),
        ("Датум и време позива", w.when("%d.%m.%Y. %H:%M:%S")),
        ("Позвани број", w.number("0")),
        ("Оператер", w.agent),
        ("Трајање разговора", w.iso),
        ("Исход", w.outcome(SR)),
        ("Вредност поруџбине", w.amount(".", ",", behind=" дин.")),
    ),
    labels=SR,
    daily="Укупно за дан",
)
AMERICAN = Layout(
    name="american",
    country="US",
    code="1",
    currency="USD",
    separator=",",
    groups=(("Call", 1), ("Customer", 2), ("Agent", 2), ("Talk", 1), ("Call", 1), ("Order", 1)),
    columns=(
        ("Started", w.when("%m/%d/%Y %I:%M %p")),
        ("Number", lambda call: f"({call.phone[:3]}) {call.phone[3:6]}-{call.phone[6:]}"),
        ("Name", lambda call: "Smith, John"),
        ("ID", w.agent),
        ("Name", lambda call: "Ann"),
        ("Time", w.ms),
        ("Result", w.outcome(EN)),
        ("Value", w.amount(",", ".", before="$")),
    ),
    labels=EN,
    minutes_only=True,
)
SERIAL = Layout(
    name="serial",
    country="DE",
    code="49",
    currency="EUR",
    titles=(("sep=;",),),
    separator=";",
    columns=(
        ("Anrufbeginn", _serial_text),
        ("Anrufende", _serial_text),
        ("Telefon", w.number("+49 (0)")),
        ("Kundennummer", lambda call: 4711),
        ("Mitarbeiter", w.agent),
        ("Klingelzeit", w.plain_seconds),
        ("Dauer (min)", _decimal_minutes),
        ("Status", w.outcome(DE)),
        ("Umsatz", w.amount(".", ",")),
        ("Bemerkung", lambda call: 'sagt "ja"; später\r\nmehr' if call.cents and call.agent == 0 else ""),
    ),
    labels=DE,
)
OFFSETS = Layout(
    name="offsets",
    country="FR",
    code="33",
    currency="EUR",
    separator="|",
    columns=(
        ("Début de l'appel", w.when("%Y-%m-%dT%H:%M:%S+02:00")),
        ("N° de téléphone", w.number("33")),
        ("Conseiller", w.agent),
        ("Durée de sonnerie", lambda call: "00:00:09"),
        ("Durée de conversation", w.hms),
        ("Statut", w.outcome(FR)),
        ("Montant (€)", w.amount(" ", ",")),
    ),
    labels=FR,
)
BANNERS = Layout(
    name="banners",
    country="BA",
    code="387",
    currency="BAM",
    banner=lambda day: f"Dan: {day:%d.%m.%Y}.",
    columns=(
        ("Vrijeme", w.when("%H:%M:%S")),
        ("Pozvani broj", w.number("0", blocks="/")),
        ("Oznaka agenta", w.agent),
        ("Dužina razgovora", w.hms),
        ("Rezultat", w.outcome(BS)),
        ("Iznos prodaje", w.amount(".", ",", before="KM ")),
    ),
    labels=BS,
    daily="Ukupno",
)

PARTNERS: tuple[tuple[Layout, str, int], ...] = (
    (SPANISH, "6", 8),
    (ITALIAN, "34", 8),
    (POLISH, "60", 7),
    (ROMANIAN, "72", 7),
    (PORTUGUESE, "91", 7),
    (TURKISH, "53", 8),
    (CROATIAN, "91", 7),
    (CYRILLIC, "64", 7),
    (AMERICAN, "212555", 4),
    (SERIAL, "176", 8),
    (OFFSETS, "6", 8),
    (BANNERS, "61", 6),
)
"""Each with how the telephone numbers of its country begin, and how many digits follow."""
