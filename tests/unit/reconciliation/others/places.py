"""Where the partners sit, and how telephone numbers begin there."""

from __future__ import annotations

from tests.unit.reconciliation.others.calls import Place

ES = Place("ES", "34", "Europe/Madrid", "EUR", ("61", "65", "72"), 7)
IT = Place("IT", "39", "Europe/Rome", "EUR", ("333", "347", "320"), 7)
PL = Place("PL", "48", "Europe/Warsaw", "PLN", ("60", "51", "79"), 7, rate=4)
RO = Place("RO", "40", "Europe/Bucharest", "RON", ("72", "74", "76"), 7, rate=5)
TR = Place("TR", "90", "Europe/Istanbul", "TRY", ("532", "541", "505"), 7, rate=40)
RS = Place("RS", "381", "Europe/Belgrade", "RSD", ("64", "63", "60"), 7, rate=117)
PT = Place("PT", "351", "Europe/Lisbon", "EUR", ("91", "93", "96"), 7)
FR = Place("FR", "33", "Europe/Paris", "EUR", ("6", "7"), 8)
GB = Place("GB", "44", "Europe/London", "GBP", ("7400", "7911"), 6)
US = Place("US", "1", "America/New_York", "USD", ("212555", "646555"), 4)
DE = Place("DE", "49", "Europe/Berlin", "EUR", ("151", "176"), 8)
BA = Place("BA", "387", "Europe/Sarajevo", "BAM", ("61", "65"), 6, rate=2)
