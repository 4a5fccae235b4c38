"""Workbooks that back offices keep by hand: groups, subtotals, a sheet for each day or week, real cells, notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.unit.reconciliation.others import writing as w
from tests.unit.reconciliation.others.faults import Line

SPANISH: tuple[w.Column, ...] = (
    ("Nº", lambda line: int(line.ref) % 1000),
    ("Fecha", lambda line: line.start.date()),
    ("Hora", w.at("%H:%M:%S")),
    ("Tlf. cliente", w.number("### ## ## ##", "34")),
    ("Cód. agente", w.agent),
    ("Nombre", lambda line: f"Agente {line.agent[-1]}"),
    ("T. conversación", w.short),
    (
        "Tipificación",
        w.said(
            "No contesta",
            "No le interesa",
            "Llamar más tarde",
            "Solo información",
            "Teléfono erróneo",
            "Venta",
            "Venta anulada",
        ),
    ),
    ("Importe", w.money(".", ",", behind=" €")),
)


def spanish(lines: Sequence[Line]) -> w.Written:
    groups: list[object] = [
        w.Merged("Llamada", 3),
        w.Merged("Cliente", 1),
        w.Merged("Teleoperador", 2),
        w.Merged("Gestión", 2),
        w.Merged("Venta", 1),
    ]
    rows: list[w.Row] = [(["Detalle de gestiones"], None), ([], None), (groups, None), w.head(SPANISH)]
    for day, some in w.by_day(lines):
        rows += [w.of(SPANISH, line) for line in some]
        total = w.marked(sum(line.minor or 0 for line in some), ".", ",")
        talk = sum(line.seconds for line in some)
        rows.append(
            ([f"Subtotal {day:%d/%m/%Y}", *[""] * 5, f"{talk // 60}:{talk % 60:02d}", len(some), f"{total} €"], None)
        )
    return w.workbook([("Gestiones", rows)])


ITALIAN: tuple[w.Column, ...] = (
    ("Ora inizio", w.at("%H:%M:%S")),
    ("Telefono cliente", w.number("### #######", "39")),
    ("Cod. operatore", w.agent),
    ("Durata conversazione", w.clocked),
    (
        "Esito",
        w.said(
            "Nessuna risposta",
            "Non interessato",
            "Richiamare",
            "Info",
            "Numero sbagliato",
            "Contratto",
            "Contratto annullato",
        ),
    ),
    ("Importo ordine", w.money(".", ",")),
)
MONTHS_IT = ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic")


def italian(lines: Sequence[Line]) -> w.Written:
    days = list(w.by_day(lines))
    name = {day: f"{day.day:02d} {MONTHS_IT[day.month - 1]}" for day, _ in days}
    summary: list[w.Row] = [(["Riepilogo mensile"], None), (["Giorno", "Chiamate", "Contratti"], None)]
    summary += [([name[day], len(some), sum(line.outcome == "sale" for line in some)], None) for day, some in days]
    sheets = [("Riepilogo", summary)]
    for day, some in days:
        rows = [(["Call center Aurora"], None), w.head(ITALIAN), *(w.of(ITALIAN, line) for line in some)]
        sheets.append((name[day], rows))
    return w.workbook(sheets)


FRENCH: tuple[w.Column, ...] = (
    ("Date appel", lambda line: line.start.date()),
    ("Heure début", lambda line: line.start.time()),
    ("N° appelé", w.number("0# ## ## ## ##", "33")),
    ("Matricule", w.agent),
    ("Durée comm.", lambda line: timedelta(seconds=line.seconds)),
    (
        "Statut appel",
        w.said(
            "Non joint",
            "Pas intéressé",
            "Rappel programmé",
            "Demande d'information",
            "Mauvais numéro",
            "Vente",
            "Vente annulée",
        ),
    ),
    ("CA TTC", lambda line: "" if line.minor is None else line.minor / 100),
)


def french(lines: Sequence[Line]) -> w.Written:
    rows: list[w.Row] = [
        (["Centre d'appels Horizon"], None),
        (["Relevé détaillé des appels sortants"], None),
        ([], None),
        w.head(FRENCH),
        *(w.of(FRENCH, line) for line in lines),
        ([], None),
        (["Édité par le service qualité"], None),
    ]
    notes: list[w.Row] = [
        (["Notes"], None),
        (["Les durées sont en heures, minutes et secondes."], None),
        (["Les ventes annulées sont sans montant."], None),
    ]
    return w.workbook([("Appels", rows), ("Notes", notes)])


WEEKS: tuple[w.Column, ...] = (
    ("Call Date", lambda line: f"{line.start.day}-{line.start:%b-%y}"),
    ("Call Time", lambda line: f"{(line.start.hour - 1) % 12 + 1}:{line.start:%M:%S %p}"),
    ("Phone", w.number("0*", "44")),
    ("Advisor", w.agent),
    ("Talk Secs", w.seconds),
    (
        "Call Result",
        w.said("Unanswered", "Declined", "Call Back Later", "Query", "Wrong No.", "Order Taken", "Order Cancelled"),
    ),
    ("Order Total", w.money(",", ".")),
)


def weeks(lines: Sequence[Line]) -> w.Written:
    found: dict[str, list[w.Row]] = {}
    for line in lines:
        sheet = found.setdefault(f"Week {line.start.isocalendar().week}", [w.head(WEEKS)])
        sheet.append(w.of(WEEKS, line))
    return w.workbook(list(found.items()))
