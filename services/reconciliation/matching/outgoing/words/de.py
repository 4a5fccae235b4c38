"""German."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d.%m.%Y",
    moment="%d.%m.%Y %H:%M",
    mark=",",
    subject="Bitte um einen berichtigten Bericht: {month}",
    greeting="Sehr geehrte Damen und Herren,",
    opening="wir haben Ihren Bericht für {month} mit unseren Anrufdaten verglichen. Bitte berichtigen Sie die "
    "folgenden "
    "Punkte und senden Sie uns den ganzen Bericht bis zum {due} noch einmal.",
    only="Bitte ändern Sie sonst nichts: Der berichtigte Bericht wird Zeile für Zeile mit dem bisherigen verglichen.",
    times="Alle Zeiten sind Ortszeit ({zone}).",
    lines="Betroffene Zeilen: {count}.",
    period="Zeitraum: {first} bis {last}.",
    evidence="Zeilen, die das zeigen: {count}; Zeilen, die dem widersprechen: {against}.",
    foretold="Die Regel wurde an einem Teil der Tage gefunden ({days}); an allen übrigen Tagen hat sie die Zeilen dann "
    "richtig vorhergesagt ({hits} von {of}).",
    more="Im Umsatz zählt Ihr Bericht für diese Zeilen {amount} mehr als wir.",
    less="Im Umsatz zählt Ihr Bericht für diese Zeilen {amount} weniger als wir.",
    no_money="Am gezählten Umsatz ändert das nichts.",
    examples="Beispiele:",
    line="Zeile",
    reported="gemeldet",
    expected="erwartet",
    remove="entfernen",
    add="ergänzen",
    change="ändern",
    action="zu tun",
    empty="(leer)",
    attached="Die beigefügte Datei enthält alle betroffenen Zeilen im Aufbau Ihres Berichts: mit ihrer Zeilennummer, "
    "dem "
    "erwarteten neben dem gemeldeten Wert, ganzen Zeilen, die zu ergänzen sind, und einem Vermerk an Zeilen, die zu "
    "entfernen sind.",
    farewell="Mit freundlichen Grüßen",
    where={"agent": "Agent", "campaign": "Kampagne", "hour": "Stunde des Tages", "sku": "Produkt"},
    causes={
        "shifted": "Die Uhrzeiten in diesen Zeilen weichen um {minutes} Minuten von unseren Daten ab. Bitte melden Sie "
        "sie in der Ortszeit von {zone}.",
        "other_zone": "Die Uhrzeiten in diesen Zeilen folgen der Uhr von {other}. Bitte melden Sie sie in der Ortszeit "
        "von {zone}.",
        "clock_change": "Nach der Zeitumstellung weichen die Uhrzeiten in diesen Zeilen um {minutes} Minuten ab. Bitte "
        "vollziehen Sie die Zeitumstellung nach und melden Sie die Ortszeit von {zone}.",
        "wrong_time": "Die Uhrzeit in diesen Zeilen ist nicht die, zu der der Anruf nach unseren Daten begann. Bitte "
        "berichtigen Sie sie.",
        "rounded_up": "Die Dauern in diesen Zeilen sind auf Vielfache von {step} Sekunden aufgerundet. Bitte melden "
        "Sie "
        "die tatsächliche Dauer.",
        "rounded_nearest": "Die Dauern in diesen Zeilen sind auf das nächste Vielfache von {step} Sekunden gerundet. "
        "Bitte melden Sie die tatsächliche Dauer.",
        "rounded_down": "Die Dauern in diesen Zeilen sind auf Vielfache von {step} Sekunden abgerundet. Bitte melden "
        "Sie die tatsächliche Dauer.",
        "wrong_duration": "Die Dauer in diesen Zeilen ist nicht die des Anrufs in unseren Daten. Bitte berichtigen Sie "
        "sie.",
        "renumbered": "Ab dem {day} stehen Agentenkürzel im Bericht für andere Agenten als zuvor. Bitte verwenden Sie "
        "die vereinbarten Kürzel.",
        "wrong_agent": "Das Agentenkürzel in diesen Zeilen ist nicht das des Agenten, der den Anruf geführt hat. Bitte "
        "berichtigen Sie es.",
        "scientific": "Die Rufnummern in diesen Zeilen wurden in die wissenschaftliche Schreibweise umgewandelt, "
        "sodass "
        "Ziffern fehlen. Bitte senden Sie sie vollständig, als Text.",
        "masked": "In den Rufnummern dieser Zeilen sind Ziffern unkenntlich gemacht. Bitte senden Sie die "
        "vollständigen "
        "Nummern.",
        "lost_zero": "Den Rufnummern in diesen Zeilen fehlt die führende Null. Bitte senden Sie sie vollständig, als "
        "Text.",
        "wrong_number": "Die Rufnummer in diesen Zeilen ist nicht die des Anrufs mit dieser Referenz. Bitte "
        "berichtigen "
        "Sie sie.",
        "factor": "Die Beträge in diesen Zeilen sind die unserer Bestellungen mal {factor}; vermutlich ist das "
        "Dezimalzeichen verrutscht. Bitte berichtigen Sie sie.",
        "other_currency": "Die Beträge in diesen Zeilen sind die unserer Bestellungen mal {factor}: Sie stehen in "
        "einer "
        "anderen Währung. Bitte melden Sie sie in {currency}.",
        "wrong_amount": "Der Betrag in diesen Zeilen ist nicht der der Bestellung. Bitte berichtigen Sie ihn.",
        "wrong_outcome": "Das Ergebnis in diesen Zeilen ist nicht das in unseren Daten. Bitte berichtigen Sie es.",
        "cancelled_early": "Diese Zeilen zählen Verkäufe, deren Bestellung rechtzeitig storniert wurde. Bitte melden "
        "Sie sie als storniert.",
        "cancelled_late": "Diese Zeilen zählen Verkäufe, deren Bestellung später storniert wurde. Bitte melden Sie sie "
        "als storniert.",
        "not_cancelled": "Diese Zeilen melden Verkäufe als storniert, während die Bestellung in unseren Daten besteht. "
        "Bitte melden Sie sie als Verkauf.",
        "no_order": "Diese Zeilen melden Verkäufe, zu denen es keine Bestellung gibt. Bitte melden Sie das "
        "tatsächliche "
        "Ergebnis, ohne Betrag.",
        "not_reported": "In diesen Anrufen wurde bestellt, die Zeilen melden aber keinen Verkauf. Bitte melden Sie den "
        "Verkauf mit seinem Betrag.",
        "twice": "Diese Zeilen nennen Anrufe, die eine andere Zeile schon meldet. Bitte entfernen Sie sie.",
        "block": "Diese Zeilen sind ein Block, der ein zweites Mal eingefügt wurde. Bitte entfernen Sie sie.",
        "never_happened": "Unsere Daten, die dort keine Lücke haben, kennen zu diesen Zeilen keinen Anruf. Bitte "
        "entfernen Sie sie.",
        "left_out": "Der Bericht lässt Anrufe aus, die in unseren Daten stehen. Bitte ergänzen Sie sie.",
        "left_out_where": "Der Bericht lässt Anrufe aus, die in unseren Daten stehen; gemeinsam ist ihnen: {what} "
        "{value}. Bitte ergänzen Sie sie.",
        "day_left_out": "Der Bericht hat für den {day} keine einzige Zeile, in unseren Daten stehen aber Anrufe. Bitte "
        "ergänzen Sie sie.",
        "other_month": "Der Bericht grenzt den Monat anders ab als der Vertrag. Der Monat beginnt am {first} und endet "
        "vor dem {end}. Bitte entfernen Sie die Zeilen außerhalb und ergänzen Sie die Anrufe innerhalb.",
        "outside_month": "Diese Zeilen gehören nicht zum Monat des Vertrags, der am {first} beginnt und vor dem {end} "
        "endet. Bitte entfernen Sie sie.",
    },
)
