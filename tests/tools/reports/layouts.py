"""Layouts of reports, the faults that can be in them, and what a call, a line and a cause are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

SCHEMA = 1
COMPANY_TZ = "Europe/Sarajevo"
EUR_RATE = {"EUR": 1.0, "BAM": 1.95583, "RSD": 117.2, "PLN": 4.26, "RON": 4.97}

# country -> (calling code, trunk prefix, mobile prefixes, digits after the mobile prefix)
COUNTRY = {
    "DE": ("49", "0", ("151", "160", "171", "176"), 8),
    "BA": ("387", "0", ("61", "62", "65", "66"), 6),
    "RS": ("381", "0", ("60", "62", "63", "64"), 7),
    "FR": ("33", "0", ("6", "7"), 8),
    "GB": ("44", "0", ("7400", "7700", "7911"), 6),
    "ES": ("34", "", ("6", "71"), 8),
    "IT": ("39", "", ("320", "333", "347"), 7),
    "PL": ("48", "", ("50", "60", "79"), 7),
    "RO": ("40", "0", ("72", "74"), 7),
}

DISPOSITIONS = ("no_answer", "refused", "callback", "info", "wrong_number", "sale", "sale_cancelled")

@dataclass(frozen=True)
class Layout:
    """How one partner writes its report. `columns` pairs a header with a field name."""

    id: str
    language: str
    country: str
    tz: str
    currency: str
    container: str  # csv | xlsx
    columns: tuple[tuple[str, str], ...]
    labels: dict[str, str]
    encoding: str = "utf-8"
    delimiter: str = ","
    quote_all: bool = False
    titles: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()  # a merged header row above the columns: (label, width)
    subtotal: str = ""  # "" | day | end
    subtotal_label: str = "Total"
    sheet: str = "Calls"
    sheet_per_day: bool = False
    date_fmt: str = "%Y-%m-%d"
    time_fmt: str = "%H:%M:%S"
    datetime_fmt: str = "%Y-%m-%d %H:%M:%S"
    native_dates: bool = False  # xlsx only: real date cells instead of text
    decimal: str = "."
    thousands: str = ""
    duration: str = "sec"  # sec | hms | ms | min_dec | words | xl_time
    phone: str = "e164"  # e164 | e164_noplus | national | national_spaced | intl00 | xl_number
    agent_prefix: str = ""
    has_ref: bool = False
    ref_blank: float = 0.0  # share of lines without a reference even though the column exists

def _labels(*words: str) -> dict[str, str]:
    return dict(zip(DISPOSITIONS, words, strict=True))

LAYOUTS: dict[str, Layout] = {}

def register(layout: Layout) -> None:
    LAYOUTS[layout.id] = layout

register(Layout(
    id="en_csv", language="en", country="GB", tz="Europe/London", currency="EUR", container="csv",
    columns=(("Call Ref", "ref"), ("Call Start", "datetime"), ("Customer Number", "phone"), ("Agent ID", "agent"),
             ("Talk Time (s)", "duration"), ("Outcome", "disposition"), ("Order Value", "amount"), ("Campaign", "campaign")),
    labels=_labels("No answer", "Declined", "Call back", "Information", "Wrong number", "Sale", "Sale - cancelled"),
    has_ref=True, phone="e164", duration="sec", agent_prefix="UK"))
register(Layout(
    id="en_xlsx", language="en", country="GB", tz="Europe/Sofia", currency="EUR", container="xlsx",
    columns=(("#", "row_no"), ("Unique ID", "ref"), ("Date", "date"), ("Time", "time"), ("Ext.", "agent"), ("Dialled", "phone"),
             ("Duration", "duration"), ("Result", "disposition"), ("Amount (EUR)", "amount")),
    labels=_labels("NA", "NI", "CB", "INFO", "WN", "SALE", "CANC"),
    has_ref=True, ref_blank=0.1, phone="xl_number", duration="ms", date_fmt="%m/%d/%Y", time_fmt="%I:%M:%S %p",
    sheet="CDR export", agent_prefix="4"))
register(Layout(
    id="de_csv", language="de", country="DE", tz="Europe/Berlin", currency="EUR", container="csv",
    columns=(("Datum", "date"), ("Uhrzeit", "time"), ("Rufnummer", "phone"), ("Mitarbeiter-Nr.", "agent"), ("Kampagne", "campaign"),
             ("Gesprächsdauer", "duration"), ("Ergebnis", "disposition"), ("Auftragswert", "amount")),
    labels=_labels("nicht erreicht", "abgelehnt", "Wiedervorlage", "Auskunft", "falsche Nummer", "Verkauf", "Verkauf storniert"),
    encoding="utf-8-sig", delimiter=";", decimal=",", thousands=".", date_fmt="%d.%m.%Y", duration="hms", phone="national",
    subtotal="day", subtotal_label="Zwischensumme", agent_prefix="MA-"))
register(Layout(
    id="bs_csv", language="bs", country="BA", tz="Europe/Sarajevo", currency="BAM", container="csv",
    columns=(("Datum i vrijeme poziva", "datetime"), ("Broj telefona", "phone"), ("Šifra agenta", "agent"), ("Trajanje (min)", "duration"),
             ("Ishod razgovora", "disposition"), ("Iznos narudžbe (KM)", "amount")),
    labels=_labels("Ne javlja se", "Odbio", "Ponovni poziv", "Informacija", "Pogrešan broj", "Prodaja", "Otkazana prodaja"),
    encoding="cp1250", delimiter=";", decimal=",", datetime_fmt="%d.%m.%Y. %H:%M", duration="min_dec", phone="national_spaced",
    subtotal="end", subtotal_label="Ukupno", agent_prefix="BL"))
register(Layout(
    id="sr_tsv", language="sr", country="RS", tz="Europe/Belgrade", currency="RSD", container="csv",
    columns=(("Operater", "agent"), ("Datum", "date"), ("Vreme", "time"), ("Pozvani broj", "phone"), ("Trajanje", "duration"),
             ("Status poziva", "disposition"), ("Vrednost porudžbine", "amount"), ("Valuta", "currency")),
    labels=_labels("Bez odgovora", "Nije zainteresovan", "Zvati ponovo", "Informacije", "Pogrešan broj", "Prodato", "Otkazano"),
    encoding="utf-8-sig", delimiter="\t", decimal=",", thousands=".", date_fmt="%d.%m.%Y", time_fmt="%H.%M.%S", duration="hms",
    phone="intl00", titles=("Izveštaj o pozivima", "Period: {month}"), agent_prefix="OP"))
register(Layout(
    id="fr_xlsx", language="fr", country="FR", tz="Africa/Tunis", currency="EUR", container="xlsx",
    columns=(("Date", "date"), ("Heure", "time"), ("Durée", "duration"), ("Téléphone", "phone"), ("Téléconseiller", "agent"),
             ("Qualification", "disposition"), ("Montant TTC", "amount"), ("Campagne", "campaign")),
    labels=_labels("Absent", "Refus", "À rappeler", "Renseignement", "Faux numéro", "Vente", "Vente annulée"),
    titles=("Rapport mensuel d'appels", "Période : {month}", ""),
    groups=(("Appel", 4), ("Traitement", 2), ("Commande", 2)), native_dates=True, duration="xl_time", phone="e164_noplus",
    subtotal="end", subtotal_label="TOTAL", sheet="Détail appels", agent_prefix="TC"))

# ----------------------------------------------------------------------------------------------- faults

#: kind -> (party at fault, systematic: one cause behind many lines, default parameter, one-line meaning)
FAULTS: dict[str, tuple[str, bool, str, str]] = {
    "missing_line": ("partner", False, "2%", "single calls left out of the report"),
    "missing_day": ("partner", True, "", "one whole day left out of the report"),
    "duplicate_line": ("partner", False, "1.5%", "single lines reported twice"),
    "duplicate_block": ("partner", True, "5%", "a run of consecutive lines pasted twice"),
    "extra_line": ("partner", False, "1.5%", "calls that never happened on our side (no event at all)"),
    "wrong_disposition": ("partner", False, "3%", "another outcome than the one recorded (never to or from a sale)"),
    "phantom_sale": ("partner", False, "1%", "a sale claimed although no order event exists"),
    "cancelled_sale_counted": ("mixed", False, "6", "a cancelled sale still counted: cancelled before the cut-off = partner, after it = explainable"),
    "decimal_mixup": ("partner", True, "100", "amounts multiplied or divided by 100 from one day on"),
    "currency_mixup": ("partner", True, "", "amounts written in another currency than the contract's"),
    "duration_rounding": ("explainable", True, "up60", "durations rounded: up60 (per started minute), up30, up6, near60; up60@15 = from the 15th on"),
    "timezone_shift": ("explainable", True, "+60", "all times shifted by a constant number of minutes; +60@half = one of two sites"),
    "dst_hour": ("explainable", True, "", "the partner's clock missed the daylight-saving change (month must contain one)"),
    "month_boundary": ("explainable", True, "UTC", "the partner cuts the month in another time zone"),
    "agent_remap": ("explainable", True, "renumber", "agent codes changed from one day on: renumber or swap"),
    "number_format": ("explainable", True, "sci", "telephone numbers damaged: sci, masked or lost_zero"),
    "sale_missing_own": ("own", True, "", "our projection lost the sales of one product from one day on (order events exist)"),
    "call_missing_own": ("own", True, "", "our projection lost long calls (start event, no end event, no record)"),
    "own_duration_ring": ("own", True, "", "our projection counts ringing time for one campaign from one day on"),
}

@dataclass
class Call:
    """What really happened."""

    id: str
    start: datetime  # UTC
    phone: str
    agent: int
    campaign: str
    direction: str
    ring: int
    talk: int
    disposition: str
    ref: str
    sku: str = ""
    sale_id: str = ""
    amount: float = 0.0
    cancelled_at: datetime | None = None

@dataclass
class Row:
    """One line of the partner's report before formatting."""

    call: Call | None
    start: datetime  # the partner's wall clock, naive
    phone: str
    agent: str
    campaign: str
    duration: float
    disposition: str
    amount: float | None
    currency: str
    ref: str
    phone_text: str | None = None  # damaged number, written as it is
    tags: list[str] = field(default_factory=list)  # cause ids
    copy_of: int | None = None  # key of the original row
    key: int = 0
    line: str = ""

@dataclass
class Cause:
    cause_id: str
    kind: str
    cause: str
    party: str
    systematic: bool
    params: dict
    optional: bool = False
