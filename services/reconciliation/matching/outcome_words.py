"""The words by which partners say how a call ended, as the outcomes that reports know."""

from __future__ import annotations

import re
from functools import lru_cache

from services.reconciliation.matching.words import folded

OUTCOMES = ("no_answer", "refused", "callback", "info", "wrong_number", "sale", "sale_cancelled")

CODES: dict[str, str] = {
    "na": "no_answer",
    "nr": "no_answer",
    "nrp": "no_answer",
    "noans": "no_answer",
    "am": "no_answer",
    "vm": "no_answer",
    "ni": "refused",
    "ref": "refused",
    "dnc": "refused",
    "cb": "callback",
    "callbk": "callback",
    "cbk": "callback",
    "info": "info",
    "inf": "info",
    "wn": "wrong_number",
    "wrong": "wrong_number",
    "sale": "sale",
    "s": "sale",
    "ok": "sale",
    "canc": "sale_cancelled",
    "cancel": "sale_cancelled",
    "storno": "sale_cancelled",
}

_SALE = (
    r"sale|sold|order|success|sell|verkauf\w*|verkaft|bestell\w*|auftrag|abschluss|vente|vendu\w*|"
    r"commande\w*|venta\w*|vendid[oa]|"
    r"pedido|vendita|vendut\w*|ordine|venda|encomenda|sprzedaz\w*|sprzedan\w*|zamowien\w*|vanzar\w*|vandut\w*|"
    r"contratt\w*|contrat\w*|contract\w*|umow\w*|ugovor\w*|vertrag\w*|sozlesme\w*|"
    r"comanda|prodaj\w*|prodan\w*|prodat\w*|narudzb\w*|porudzbin\w*|satis|satildi|siparis|kupio|kupac kupio|accepte"
)
_CANCEL = (
    r"cancel\w*|revoked|withdrawn|storn\w*|widerruf\w*|annul\w*|anul\w*|cancelad[oa]\w*|otkaz\w*|ponisten\w*|iptal|"
    r"odwolan\w*|anulowan\w*|rezygnacj\w*|retract\w*|stornirano"
)
_RULES: tuple[tuple[str, str], ...] = (
    (
        "wrong_number",
        r"wrong n\w*|invalid n\w*|bad n\w*|falsche (?:ruf)?n\w*|falsch verb\w*|faux n\w*|mauvais n\w*|"
        r"(?:numero|telefono|telefone) (?:equivocad\w*|errone\w*|errat\w*|"
        r"sbagliat\w*|errad[oa]|incorrect\w*|invalid\w*|inesistente|inexistente|no existe)|num(?:er|ar) (?:gresit|"
        r"invalid|bledny)|"
        r"bledny num\w*|zly num\w*|pomylka|gresit|pogres\w* (?:broj|br)|kriv\w* broj|neispravan broj|netocan broj|"
        r"yanlis n\w*|yanlis telefon|hatali n\w*|nepostojeci broj|numero errone|nicht vergeben|"
        r"(?:ruf)?nummer falsch|number (?:is )?(?:wrong|invalid)|broj (?:je )?(?:pogres\w*|neispravan)",
    ),
    ("sale_cancelled", rf"(?=.*\b(?:{_CANCEL})\b)(?=.*\b(?:{_SALE})\b).*|^(?:{_CANCEL})$"),
    (
        "callback",
        r"call ?back\w*|call again|recall|retry later|follow up|wiedervorl\w*|ruckruf\w*|ruckruf|"
        r"spater anruf\w*|erneut anruf\w*|"
        r"(?:a )?rappel\w*|rellama\w*|volver a llamar|llamar (?:mas tarde|despues|luego)|devolver llamada|richiamar\w*|"
        r"da richiamare|ligar (?:mais tarde|depois|novamente)|retornar|voltar a ligar|rechamada|agendad[oa]|"
        r"revine|ricontatt\w*|da ricontattare|(?:de )?sunat din nou|oddzwon\w*|ponow\w* kontakt|"
        r"zadzwonic pozniej|kontakt pozniej|reapel\w*|revenire|de revenit|"
        r"suna mai tarziu|ponovn\w* poziv|zvati ponovo|zvati kasnije|nazvati (?:ponovo|kasnije|ponovno)|"
        r"pozvati ponovo|"
        r"ponovo zvati|tekrar ara\w*|geri ara\w*|sonra ara\w*|prezvati|randevu",
    ),
    (
        "no_answer",
        r"no ?answer|not answered|unanswered|not reached|unreachable|no reply|busy|voice ?mail|"
        r"answering machine|machine|"
        r"no contact|brak kontaktu|nicht erreich\w*|nicht abgenommen|niemand erreicht|besetzt|mailbox|anrufbeantworter|"
        r"keine antwort|"
        r"absent|pas de reponse|sans reponse|non repondu|non joint\w*|injoignable|occupe|repondeur|ne repond pas|"
        r"no contest\w*|sin respuesta|no responde|ocupado|no localizado|buzon|contestador|ausente|"
        r"non risponde|nessuna risposta|senza risposta|occupato|segreteria|irreperibile|non raggiung\w*|"
        r"nao (?:atend\w*|responde\w*|contactad\w*)|sem resposta|ocupada|caixa postal|"
        r"nie (?:odebran\w*|odbiera|odebral\w*|odpowiada)|nieodebran\w*|brak odpowiedzi|zajet\w*|poczta glosowa|"
        r"nu raspunde|fara raspuns|neraspuns|ocupat|mesagerie|nepreluat|"
        r"ne javlja\w*|bez odgovora|nije se javi\w*|nedostup\w*|zauzet\w*|nema odgovora|neodgovoren\w*|"
        r"cevap (?:yok|vermedi|vermiyor)|cevapsiz|ulasilamadi|yanit yok|mesgul|acmadi|telesekreter",
    ),
    (
        "refused",
        r"no sale|not interested|no interest|declin\w*|refus\w*|reject\w*|do not call|not sold|"
        r"kein\w* (?:interesse|verkauf|bedarf|vertrag|abschluss|auftrag)|no (?:contract|need)|"
        r"pas (?:de contrat|besoin)|"
        r"(?:nessun|sin|sem) contrat\w*|bez ugovora|brak umowy|nema potrebe|"
        r"nicht interessiert|abgelehnt|ablehn\w*|absage|nein|"
        r"pas interess\w*|non interess\w*|sans interet|pas de vente|"
        r"no (?:(?:le |me )?interesad?\w*|esta interesad\w*|acepta|venta)|rechaz\w*|sin interes|rehus\w*|"
        r"rifiut\w*|nessun interesse|"
        r"recus\w*|sem interesse|nao (?:interessad\w*|quer|aceit\w*)|"
        r"odmow\w*|odmawia|niezainteresowan\w*|nie (?:zainteresowan\w*|jest zainteresowan\w*|chce)|"
        r"brak zainteresowania|"
        r"refuz\w*|neinteresat\w*|nu (?:este interesat\w*|doreste)|"
        r"odbi\w*|nije zainteres\w*|nezainteresiran\w*|nezainteresovan\w*|ne zeli|nije zainteresovan\w*|odbijen\w*|"
        r"red(?:detti|dedildi|dedilen)?|ilgilenmiyor|ilgisiz|istemiyor|olumsuz",
    ),
    (
        "info",
        r"info\w*|inquiry|enquiry|query|question|request for information|auskunft|anfrage|"
        r"beratung|renseign\w*|consult\w*|"
        r"demande|duvida|zapytanie|intreb\w*|upit|pytanie|bilgi\w*|pitanje|obavijest\w*|richiesta",
    ),
    ("sale", _SALE),
)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((outcome, re.compile(rf"\b(?:{_folded_pattern(pattern)})\b")) for outcome, pattern in _RULES)


def _folded_pattern(pattern: str) -> str:
    """`folded` writes ae, oe and ue as one letter, so the patterns do too."""
    return re.sub(r"([aou])e", r"\1", pattern)


def outcome_of(label: str) -> str | None:
    """The outcome that a label names, or None where its words are not known."""
    words = folded(label)
    if words in CODES:
        return CODES[words]
    for outcome, pattern in _patterns():
        if pattern.search(words):
            return outcome
    return None
