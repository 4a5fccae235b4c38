"""Romanian."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d.%m.%Y",
    moment="%d.%m.%Y %H:%M",
    mark=",",
    subject="Solicitare de raport corectat: {month}",
    greeting="Stimate partener,",
    opening="Am comparat raportul dumneavoastră pentru {month} cu evidența noastră a apelurilor. Vă rugăm să corectați "
    "punctele de mai jos și să ne trimiteți din nou întregul raport până la {due}.",
    only="Vă rugăm să nu modificați nimic altceva: raportul corectat este comparat rând cu rând cu cel anterior.",
    times="Toate orele sunt în ora locală ({zone}).",
    lines="Rânduri vizate: {count}.",
    period="Perioada: de la {first} până la {last}.",
    evidence="Rânduri care arată acest lucru: {count}; rânduri care îl contrazic: {against}.",
    foretold="Regula a fost găsită pe o parte din zile ({days}); pentru toate celelalte zile a prezis apoi corect "
    "rândurile ({hits} din {of}).",
    more="La vânzări, raportul dumneavoastră numără pentru aceste rânduri cu {amount} mai mult decât noi.",
    less="La vânzări, raportul dumneavoastră numără pentru aceste rânduri cu {amount} mai puțin decât noi.",
    no_money="Acest lucru nu schimbă vânzările numărate.",
    examples="Exemple:",
    line="rândul",
    reported="raportat",
    expected="așteptat",
    remove="de șters",
    add="de adăugat",
    change="de modificat",
    action="de făcut",
    empty="(gol)",
    attached="Fișierul atașat conține toate rândurile vizate, în formatul raportului dumneavoastră: cu numărul "
    "rândului, "
    "valoarea așteptată lângă cea raportată, rândurile de adăugat în întregime și o mențiune la rândurile de șters.",
    farewell="Cu stimă",
    where={"agent": "operator", "campaign": "campanie", "hour": "ora din zi", "sku": "produs"},
    causes={
        "shifted": "Orele din aceste rânduri diferă de evidența noastră cu {minutes} min. Vă rugăm să le raportați în "
        "ora locală a zonei {zone}.",
        "other_zone": "Orele din aceste rânduri urmează ceasul zonei {other}. Vă rugăm să le raportați în ora locală a "
        "zonei {zone}.",
        "clock_change": "După schimbarea orei, orele din aceste rânduri diferă cu {minutes} min. Vă rugăm să aplicați "
        "schimbarea orei și să raportați ora locală a zonei {zone}.",
        "wrong_time": "Ora din aceste rânduri nu este cea la care a început apelul conform evidenței noastre. Vă rugăm "
        "să o corectați.",
        "rounded_up": "Duratele din aceste rânduri sunt rotunjite în sus la multipli de {step} s. Vă rugăm să "
        "raportați "
        "durata reală.",
        "rounded_nearest": "Duratele din aceste rânduri sunt rotunjite la cel mai apropiat multiplu de {step} s. Vă "
        "rugăm să raportați durata reală.",
        "rounded_down": "Duratele din aceste rânduri sunt rotunjite în jos la multipli de {step} s. Vă rugăm să "
        "raportați durata reală.",
        "wrong_duration": "Durata din aceste rânduri nu este cea a apelului din evidența noastră. Vă rugăm să o "
        "corectați.",
        "renumbered": "Începând cu {day}, unele coduri de operator din raport desemnează alți operatori decât înainte. "
        "Vă rugăm să folosiți codurile convenite.",
        "wrong_agent": "Codul din aceste rânduri nu este cel al operatorului care a purtat convorbirea. Vă rugăm să îl "
        "corectați.",
        "scientific": "Numerele de telefon din aceste rânduri au fost transformate în notație științifică și au "
        "pierdut "
        "cifre. Vă rugăm să le trimiteți complete, ca text.",
        "masked": "În numerele de telefon din aceste rânduri există cifre mascate. Vă rugăm să trimiteți numerele "
        "complete.",
        "lost_zero": "Numerele de telefon din aceste rânduri și-au pierdut zeroul inițial. Vă rugăm să le trimiteți "
        "complete, ca text.",
        "wrong_number": "Numărul de telefon din aceste rânduri nu este cel al apelului cu această referință. Vă rugăm "
        "să îl corectați.",
        "factor": "Valorile din aceste rânduri sunt cele ale comenzilor noastre înmulțite cu {factor}; probabil că "
        "separatorul zecimal s-a deplasat. Vă rugăm să le corectați.",
        "other_currency": "Valorile din aceste rânduri sunt cele ale comenzilor noastre înmulțite cu {factor}: sunt în "
        "altă monedă. Vă rugăm să le raportați în {currency}.",
        "wrong_amount": "Valoarea din aceste rânduri nu este cea a comenzii. Vă rugăm să o corectați.",
        "wrong_outcome": "Rezultatul din aceste rânduri nu este cel din evidența noastră. Vă rugăm să îl corectați.",
        "cancelled_early": "Aceste rânduri numără vânzări a căror comandă a fost anulată la timp. Vă rugăm să le "
        "raportați ca anulate.",
        "cancelled_late": "Aceste rânduri numără vânzări a căror comandă a fost anulată ulterior. Vă rugăm să le "
        "raportați ca anulate.",
        "not_cancelled": "Aceste rânduri raportează vânzări ca anulate, deși comanda este valabilă în evidența "
        "noastră. "
        "Vă rugăm să le raportați ca vânzări.",
        "no_order": "Aceste rânduri raportează vânzări pentru care nu există nicio comandă. Vă rugăm să raportați "
        "rezultatul real, fără valoare.",
        "not_reported": "În aceste apeluri s-a făcut o comandă, dar rândurile nu raportează nicio vânzare. Vă rugăm să "
        "raportați vânzarea cu valoarea ei.",
        "twice": "Aceste rânduri se referă la apeluri pe care alt rând le raportează deja. Vă rugăm să le ștergeți.",
        "block": "Aceste rânduri sunt un bloc lipit a doua oară. Vă rugăm să le ștergeți.",
        "never_happened": "În evidența noastră, care nu are goluri în acele momente, nu există niciun apel pentru "
        "aceste "
        "rânduri. Vă rugăm să le ștergeți.",
        "left_out": "Din raport lipsesc apeluri care se află în evidența noastră. Vă rugăm să le adăugați.",
        "left_out_where": "Din raport lipsesc apeluri care se află în evidența noastră; au în comun: {what} {value}. "
        "Vă "
        "rugăm să le adăugați.",
        "day_left_out": "Raportul nu are niciun rând pentru {day}, deși în evidența noastră există apeluri. Vă rugăm "
        "să "
        "le adăugați.",
        "other_month": "Raportul delimitează luna altfel decât contractul. Luna începe la {first} și se termină "
        "înainte "
        "de {end}. Vă rugăm să ștergeți rândurile din afara ei și să adăugați apelurile din interiorul ei.",
        "outside_month": "Aceste rânduri nu fac parte din luna contractului, care începe la {first} și se termină "
        "înainte de {end}. Vă rugăm să le ștergeți.",
    },
)
