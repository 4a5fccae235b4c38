"""The words by which partners head their columns, in the languages that are known."""

from __future__ import annotations

import re
from functools import lru_cache

from services.reconciliation.matching.words import folded

MOMENT, DATE, TIME = "moment", "date", "time"
"""A column that says when a call began, its day, or its time of day; what stands in it decides between them."""

OTHER = "other"
"""A column that is kept and not read."""

# field -> language -> phrases, the best first. A word that ends in * stands for all words that begin so.
PHRASES: dict[str, dict[str, str]] = {
    "row_no": {
        "en": "#|no|row|line|row no|line no|seq|s no",
        "de": "nr|lfd nr|laufende nummer|pos|zeile",
        "fr": "n|no|ligne",
        "es": "n|no|num|fila",
        "it": "n|riga|progressivo",
        "pt": "n|linha|item",
        "pl": "lp|l p|nr",
        "ro": "nr crt|crt",
        "hr": "rb|r br|red br|redni broj",
        "tr": "sira|sira no|no",
    },
    "ref": {
        "en": "call ref*|call id|unique id|uniqueid|reference|ref|record id|cdr id|interaction id|session id|uuid|id",
        "de": "anruf id|gesprachs id|call id|referenz*|vorgangsnummer|vorgangs id|datensatz id|anrufnummer id",
        "fr": "reference|ref appel|id appel|identifiant|identifiant appel|n appel",
        "es": "referencia|id llamada|id de llamada|identificador|id de la llamada|ref",
        "it": "riferimento|id chiamata|codice chiamata|identificativo",
        "pt": "referencia|id chamada|id da chamada|identificador|id ligacao|protocolo",
        "pl": "id polaczenia|identyfikator|nr referencyjny|referencja|id rozmowy",
        "ro": "id apel|referinta|identificator|cod apel",
        "hr": "id poziva|referenca|oznaka poziva|sifra poziva|identifikator",
        "tr": "cagri id|arama id|referans|cagri no|kayit no|referans no",
    },
    MOMENT: {
        "en": "call start*|start date time|start time|started at|started|start|date time|datetime|timestamp|"
        "date and time|call date time|call time|call date and time|time of call|begin|begin time|"
        "date of call|connect time|interaction start|conversation start|call begin|calldate|epoch",
        "de": "anrufbeginn|gesprachsbeginn|beginn|startzeit|zeitpunkt|datum uhrzeit|datum zeit|zeitstempel|"
        "anrufzeit*|datum und uhrzeit|start|gesprachsstart|anrufstart",
        "fr": "date heure|date et heure|debut|debut appel|heure debut|horodatage|date heure appel|"
        "date et heure de l appel|debut de l appel|heure de debut",
        "es": "fecha hora|fecha y hora|inicio|inicio llamada|hora inicio|hora de inicio|fecha y hora de la llamada|"
        "inicio de llamada|inicio de la llamada|fecha hora inicio",
        "it": "data ora|data e ora|inizio|inizio chiamata|ora inizio|data ora chiamata|data e ora chiamata|"
        "data e ora della chiamata",
        "pt": "data hora|data e hora|inicio|inicio da chamada|hora inicio|data e hora da chamada|inicio chamada|"
        "hora de inicio",
        "pl": "data i godzina|data godzina|data i czas|poczatek|poczatek polaczenia|rozpoczecie|czas rozpoczecia|"
        "data rozpoczecia|data i godzina polaczenia|poczatek rozmowy",
        "ro": "data si ora|data ora|inceput|inceput apel|ora inceput|data si ora apelului|data inceput|data apelului",
        "hr": "datum i vrijeme|datum i vreme|datum i vrijeme poziva|datum i vreme poziva|pocetak|pocetak poziva|"
        "vrijeme poziva|vreme poziva|vrijeme pocetka|vreme pocetka|datum vrijeme|datum vreme",
        "tr": "tarih saat|tarih ve saat|baslangic|baslangic zamani|arama zamani|cagri baslangic*|baslama zamani|"
        "arama tarihi ve saati|baslangic tarihi",
    },
    DATE: {
        "en": "date|call date|day|start date",
        "de": "datum|tag|anrufdatum|gesprachsdatum",
        "fr": "date|jour|date appel|date de l appel",
        "es": "fecha|dia|fecha llamada|fecha de llamada",
        "it": "data|giorno|data chiamata",
        "pt": "data|dia|data da chamada|data chamada",
        "pl": "data|dzien|data polaczenia|data rozmowy",
        "ro": "data|ziua|data apel",
        "hr": "datum|dan|datum poziva|dat",
        "tr": "tarih|gun|arama tarihi|cagri tarihi",
    },
    TIME: {
        "en": "time|hour|time of day|clock",
        "de": "uhrzeit|zeit|anruf uhrzeit",
        "fr": "heure|heure appel|heure de l appel",
        "es": "hora|hora llamada|hora de llamada",
        "it": "ora|orario|ora chiamata",
        "pt": "hora|horario|hora da chamada|hora chamada",
        "pl": "godzina|godz|godzina polaczenia",
        "ro": "ora|ora apel|ora apelului",
        "hr": "vrijeme|vreme|sat|ura",
        "tr": "saat|arama saati|cagri saati",
    },
    "phone": {
        "en": "customer number|phone number|phone|telephone|telephone number|number dialled|dialled|dialed|"
        "dialled number|dialed number|called number|customer phone|msisdn|mobile|cli|ani|caller|destination|"
        "callee|number|contact number|client phone|phone no|called party|tel|caller id|customer tel*|dnis|remote|"
        "remote party|dst|src",
        "de": "rufnummer|telefonnummer|telefon|tel|tel nr|kundenrufnummer|gewahlte nummer|zielrufnummer|nummer|"
        "handynummer|kundentelefon|angerufene nummer|telefon nr|anrufer",
        "fr": "telephone|numero|numero de telephone|numero appele|tel|num tel|n tel|n telephone|numero client|"
        "telephone client|mobile|n de telephone",
        "es": "telefono|numero de telefono|numero|numero marcado|tel|movil|telefono cliente|numero llamado|"
        "telefono del cliente|n telefono|tlf|tfno",
        "it": "telefono|numero di telefono|numero|numero chiamato|tel|cellulare|telefono cliente|numero telefonico|"
        "numero cliente",
        "pt": "telefone|numero|numero de telefone|numero discado|tel|telemovel|celular|telefone cliente|"
        "numero marcado|contacto|telefone do cliente",
        "pl": "telefon|numer telefonu|numer|nr telefonu|nr tel|wybrany numer|numer klienta|telefon klienta|nr telef*",
        "ro": "telefon|numar de telefon|numar telefon|numar|numar apelat|nr telefon|nr tel|telefon client|mobil",
        "hr": "broj telefona|telefon|pozvani broj|broj|birani broj|tel|br telefona|kontakt telefon|telefonski broj|"
        "broj kupca|mobitel|mobilni",
        "tr": "telefon|telefon numarasi|telefon no|aranan numara|numara|tel no|musteri telefonu|gsm|cep telefonu|"
        "aranan no|musteri no",
    },
    "agent": {
        "en": "agent id|agent|agent code|operator|operator id|ext|extension|user|user id|advisor|rep|login|"
        "agent login|employee id|agent no|staff id|consultant|src|dst",
        "de": "mitarbeiter nr|mitarbeiter|agent|agenten id|agenten nr|agentennummer|mitarbeiter id|"
        "mitarbeiternummer|berater|bearbeiter|benutzer|personalnummer|personal nr|ma nr|agent id|operator",
        "fr": "teleconseiller|agent|conseiller|operateur|code agent|id agent|matricule|teleoperateur|"
        "charge de clientele",
        "es": "agente|codigo agente|codigo de agente|operador|id agente|asesor|teleoperador|usuario|gestor|"
        "codigo del agente",
        "it": "operatore|codice operatore|agente|id operatore|consulente|matricola|addetto|codice agente|utente",
        "pt": "agente|operador|codigo agente|codigo do agente|id agente|atendente|assistente|codigo do operador|"
        "utilizador",
        "pl": "konsultant|agent|operator|id konsultanta|id agenta|nr agenta|kod agenta|kod konsultanta|pracownik|login",
        "ro": "operator|agent|cod agent|cod operator|id agent|consultant|utilizator|id operator",
        "hr": "sifra agenta|agent|operater|operator|sifra operatera|id agenta|kod agenta|id operatera|referent|"
        "oznaka agenta|agent id|zaposlenik",
        "tr": "temsilci|musteri temsilcisi|agent|temsilci kodu|operator|sicil|sicil no|temsilci no|agent kodu|"
        "kullanici|dahili|temsilci id",
    },
    "duration": {
        "en": "talk time|talking time|talk duration|conversation time|billsec|billable|billed duration|"
        "call duration|duration|length|call length|talk|secs|seconds|duration talk|handling time|time talked|"
        "min|minutes",
        "de": "gesprachsdauer|gesprachszeit|sprechzeit|anrufdauer|dauer|dauer gesprach|redezeit|verbindungsdauer",
        "fr": "duree de conversation|duree conversation|duree|duree appel|duree de l appel|temps de parole|"
        "temps de conversation|duree communication|dmc",
        "es": "tiempo de conversacion|tiempo conversacion|duracion|duracion llamada|duracion de la llamada|"
        "tiempo hablado|tiempo de habla",
        "it": "durata conversazione|tempo di conversazione|durata|durata chiamata|durata della chiamata",
        "pt": "tempo de conversacao|tempo de conversa|duracao|duracao da chamada|duracao chamada|tempo falado",
        "pl": "czas rozmowy|czas trwania|dlugosc|dlugosc rozmowy|czas polaczenia|czas trwania rozmowy|trwanie",
        "ro": "durata convorbirii|durata convorbire|durata|durata apel|durata apelului|timp de vorbire|timp convorbire",
        "hr": "trajanje razgovora|trajanje|trajanje poziva|duzina razgovora|duzina poziva|vrijeme razgovora|"
        "vreme razgovora",
        "tr": "gorusme suresi|konusma suresi|sure|sure sn|cagri suresi|arama suresi",
    },
    "disposition": {
        "en": "outcome|result|disposition|call result|call outcome|status|call status|result code|disposition code|"
        "wrap up code|wrap up|final status|reason code|code|term reason",
        "de": "ergebnis|anrufergebnis|gesprachsergebnis|abschluss|abschlusscode|status|resultat|ausgang|"
        "kontaktergebnis",
        "fr": "qualification|resultat|statut|issue|resultat appel|code qualification|statut appel|"
        "qualification appel|resultat de l appel",
        "es": "resultado|estado|tipificacion|resultado llamada|resultado de la llamada|disposicion|estatus|"
        "calificacion",
        "it": "esito|risultato|stato|esito chiamata|esito della chiamata|esito contatto",
        "pt": "resultado|estado|tabulacao|resultado da chamada|situacao|desfecho|resultado chamada|status",
        "pl": "wynik|rezultat|status|wynik rozmowy|wynik polaczenia|status rozmowy|kod zakonczenia",
        "ro": "rezultat|status|stare|rezultat apel|rezultatul apelului|calificare|stare apel|disposition",
        "hr": "ishod razgovora|ishod|ishod poziva|rezultat|status|status poziva|rezultat poziva|rezultat razgovora",
        "tr": "sonuc|cagri sonucu|arama sonucu|durum|gorusme sonucu|sonuc kodu|statu",
    },
    "amount": {
        "en": "order value|amount|value|sale amount|sales amount|order amount|sale value|price|revenue|total|"
        "order total|turnover|net amount|gross amount|amount due",
        "de": "auftragswert|betrag|umsatz|wert|bestellwert|verkaufsbetrag|summe|preis|auftragssumme|bruttobetrag|"
        "nettobetrag",
        "fr": "montant ttc|ca ttc|ca ht|montant|valeur|prix|montant commande|montant vente|ca|montant ht|"
        "valeur commande|montant de la commande",
        "es": "importe|valor|monto|importe pedido|importe venta|precio|total|importe del pedido|valor pedido|venta",
        "it": "importo|valore|importo ordine|prezzo|totale|valore ordine|importo vendita|importo dell ordine",
        "pt": "valor|montante|valor da venda|valor da encomenda|valor do pedido|preco|total|valor pedido|importancia",
        "pl": "kwota|wartosc|wartosc zamowienia|kwota zamowienia|cena|kwota sprzedazy|suma|wartosc sprzedazy",
        "ro": "valoare|suma|valoare comanda|valoarea comenzii|pret|valoare vanzare|total",
        "hr": "iznos|iznos narudzbe|vrijednost|vrednost|vrijednost narudzbe|vrednost porudzbine|cijena|cena|"
        "iznos porudzbine|iznos prodaje",
        "tr": "tutar|siparis tutari|satis tutari|deger|fiyat|bedel|siparis bedeli|toplam tutar",
    },
    "currency": {
        "en": "currency|curr|ccy",
        "de": "wahrung|whg",
        "fr": "devise|monnaie",
        "es": "moneda|divisa",
        "it": "valuta|divisa",
        "pt": "moeda",
        "pl": "waluta",
        "ro": "moneda|valuta",
        "hr": "valuta",
        "tr": "para birimi|doviz",
    },
    "campaign": {
        "en": "campaign|campaign name|project|list|queue|skill|product line|service|programme|program",
        "de": "kampagne|projekt|aktion|kampagnenname|linie|hotline",
        "fr": "campagne|operation|projet|file",
        "es": "campana|proyecto|servicio|cola",
        "it": "campagna|progetto|coda|servizio",
        "pt": "campanha|projeto|fila|servico",
        "pl": "kampania|projekt|kolejka|akcja",
        "ro": "campanie|proiect|campania",
        "hr": "kampanja|projekt|projekat|akcija|red cekanja",
        "tr": "kampanya|proje|kuyruk",
    },
    OTHER: {
        "en": "end|end time|call end|ended|ended at|agent name|customer name|name|first name|last name|note*|"
        "comment*|remark*|ring time|ringing|ring|wait time|wait|queue time|hold time|hold|wrap time|acw|"
        "after call*|total time|total duration|direction|type|product|sku|order no|order number|order id|"
        "customer id|account|account number|duration ring*|ringing duration|hangup|quantity|qty|vat|tax|"
        "email|city|address|attempts|wrap up time|after call work|duration wait*|cost|commission|answer time|"
        "answered at|ring duration|interaction end|conversation end",
        "de": "ende|anrufende|endzeit|gesprachsende|name|mitarbeitername|mitarbeiter name|kundenname|notiz*|"
        "bemerkung*|kommentar*|klingelzeit|klingeldauer|wartezeit|nachbearbeitung*|richtung|produkt|artikel*|"
        "auftragsnummer|bestellnummer|kundennummer|kunden nr|menge|anzahl|mwst|ort|plz|versuche|gesamtdauer|"
        "haltezeit|provision",
        "fr": "fin|fin appel|heure fin|heure de fin|nom|nom agent|nom client|prenom|commentaire*|note*|remarque*|"
        "temps attente|temps d attente|duree sonnerie|sonnerie|attente|sens|produit|n commande|"
        "numero commande|quantite|tva|ville|duree totale|post appel|duree attente",
        "es": "fin|fin llamada|hora fin|hora de fin|nombre|nombre agente|nombre cliente|observaciones|comentario*|"
        "nota*|tiempo de espera|espera|tiempo de timbre|timbre|sentido|producto|n pedido|numero de pedido|"
        "cantidad|iva|ciudad|duracion total|tiempo total",
        "it": "fine|fine chiamata|ora fine|nome|nome operatore|nome cliente|cognome|note|commento|tempo di attesa|"
        "attesa|squillo|tempo di squillo|direzione|prodotto|numero ordine|quantita|iva|citta|durata totale|"
        "durata squillo",
        "pt": "fim|fim da chamada|hora fim|nome|nome agente|nome do cliente|observac*|comentario*|nota*|"
        "tempo de espera|espera|toque|tempo de toque|direcao|produto|numero do pedido|quantidade|iva|cidade|"
        "duracao total",
        "pl": "koniec|koniec polaczenia|zakonczenie|czas zakonczenia|nazwisko|imie|imie i nazwisko|uwagi|komentarz|"
        "notatk*|czas oczekiwania|czas dzwonienia|oczekiwanie|kierunek|produkt|nr zamowienia|"
        "numer zamowienia|ilosc|vat|miasto",
        "ro": "sfarsit|sfarsit apel|ora sfarsit|nume|nume agent|nume client|observatii|comentari*|nota|note|"
        "timp de asteptare|asteptare|sonerie|timp sonerie|directie|produs|numar comanda|cantitate|tva|oras",
        "hr": "kraj|kraj poziva|vrijeme kraja|ime|prezime|ime i prezime|ime agenta|ime kupca|napomena|napomene|"
        "komentar*|vrijeme cekanja|vreme cekanja|cekanje|zvonjenje|trajanje zvonjenja|smjer|smer|proizvod|"
        "broj narudzbe|broj porudzbine|kolicina|pdv|grad|mjesto|ukupno trajanje|zavrsetak",
        "tr": "bitis|bitis zamani|ad|soyad|ad soyad|temsilci adi|musteri adi|not|notlar|aciklama|yorum|"
        "bekleme suresi|calma suresi|yon|urun|siparis no|siparis numarasi|adet|miktar|kdv|sehir|toplam sure",
    },
}
"""Croatian, Bosnian and Serbian are one list (`hr`): script and accents are folded away before words are compared."""

EXACT, PARTLY, CHANGED = 100.0, 40.0, 12.0
"""The score of a phrase as a whole and in part, and what is taken off where its words are shortened or inflected."""

_NUMBER = frozenset(["n", "no", "nr", "num", "number", "nummer", "numero", "numer", "numar", "br", "broj"])
_SHORTENED = re.compile(r"([^\W\d_]+)\.")
_STEM, _ENDING = 5, 2
"""Letters from which a word may have an ending, and how many such an ending has."""


@lru_cache(maxsize=1)
def _phrases() -> tuple[tuple[str, str, int, tuple[str, ...]], ...]:
    return tuple(
        (field, language, place, tuple(folded(word) + "*" * word.endswith("*") for word in phrase.split()))
        for field, languages in PHRASES.items()
        for language, phrases in languages.items()
        for place, phrase in enumerate(phrases.split("|"))
    )


def _has(words: list[str], short: list[str], wanted: str, several: bool) -> bool:
    """Whether a label has a word of a phrase: as it is, cut short with a point behind it, with the ending of a case,
    or, where both are of several words, as another way to write `number`."""
    if wanted.endswith("*"):
        return any(word.startswith(wanted[:-1]) for word in words)
    if wanted in words or any(wanted.startswith(word) for word in short):
        return True
    if several and wanted in _NUMBER:
        return any(word in _NUMBER for word in words)
    return len(wanted) >= _STEM and any(
        word.startswith(wanted) and len(word) - len(wanted) <= _ENDING for word in words
    )


@lru_cache(maxsize=4096)
def meanings(label: str) -> dict[str, tuple[float, frozenset[str]]]:
    """What a column's label may mean: for each field a score and the languages that say so."""
    words = folded(label).split()
    short = [word for found in _SHORTENED.findall(label) if (word := folded(found))]
    found: dict[str, tuple[float, frozenset[str]]] = {}
    for field, language, place, phrase in _phrases():
        if not all(_has(words, short, word, len(words) > 1 and len(phrase) > 1) for word in phrase):
            continue
        if len(phrase) == len(words):
            alike = all(word in words or word in _NUMBER or word.endswith("*") for word in phrase)
            score = EXACT - 0.25 * place + 5 * (len(words) - 1) - (0 if alike else CHANGED)
        elif len("".join(phrase)) >= 3:
            score = PARTLY * len(phrase) / len(words) + 4 * len(phrase) - 0.5 * place
        else:
            continue
        best, languages = found.get(field, (0.0, frozenset()))
        if score > best + 1e-9:
            found[field] = (score, frozenset((language,)))
        elif abs(score - best) < 1e-9:
            found[field] = (best, languages | {language})
    return found
