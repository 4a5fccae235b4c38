"""Bosnian, Croatian and Serbian in one text, as it is written in Sarajevo; `serbian` has it as in Belgrade."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d.%m.%Y.",
    moment="%d.%m.%Y. %H:%M",
    mark=",",
    subject="Zahtjev za ispravljeni izvještaj: {month}",
    greeting="Poštovani,",
    opening="uporedili smo vaš izvještaj za {month} sa našim podacima o pozivima. Molimo vas da ispravite sljedeće i "
    "da "
    "nam cijeli izvještaj ponovo pošaljete do {due}",
    only="Molimo vas da ništa drugo ne mijenjate: ispravljeni izvještaj upoređujemo sa prethodnim, red po red.",
    times="Sva vremena su lokalna ({zone}).",
    lines="Broj redova: {count}.",
    period="Period: od {first} do {last}.",
    evidence="Broj redova koji to pokazuju: {count}; broj redova koji to osporavaju: {against}.",
    foretold="Pravilo je nađeno na jednom dijelu dana ({days}); za sve ostale dane je zatim ispravno predvidjelo "
    "redove "
    "({hits} od {of}).",
    more="U prodaji vaš izvještaj za ove redove računa {amount} više nego mi.",
    less="U prodaji vaš izvještaj za ove redove računa {amount} manje nego mi.",
    no_money="To ne mijenja obračunatu prodaju.",
    examples="Primjeri:",
    line="red",
    reported="prijavljeno",
    expected="očekivano",
    remove="ukloniti",
    add="dodati",
    change="izmijeniti",
    action="šta uraditi",
    empty="(prazno)",
    attached="Priložena datoteka sadrži sve ove redove u obliku vašeg izvještaja: sa brojem reda, očekivanom "
    "vrijednošću "
    "pored prijavljene, cijelim redovima koje treba dodati i oznakom na redovima koje treba ukloniti.",
    farewell="Srdačan pozdrav",
    where={"agent": "agent", "campaign": "kampanja", "hour": "sat u danu", "sku": "proizvod"},
    causes={
        "shifted": "Vremena u ovim redovima odstupaju od naših podataka za {minutes} min. Molimo vas da ih navedete u "
        "lokalnom vremenu zone {zone}.",
        "other_zone": "Vremena u ovim redovima prate sat zone {other}. Molimo vas da ih navedete u lokalnom vremenu "
        "zone {zone}.",
        "clock_change": "Nakon pomjeranja sata vremena u ovim redovima odstupaju za {minutes} min. Molimo vas da "
        "pomjerite sat i navedete lokalno vrijeme zone {zone}.",
        "wrong_time": "Vrijeme u ovim redovima nije vrijeme kada je poziv počeo prema našim podacima. Molimo vas da ga "
        "ispravite.",
        "rounded_up": "Trajanja u ovim redovima su zaokružena naviše na višekratnike od {step} s. Molimo vas da "
        "navedete stvarno trajanje.",
        "rounded_nearest": "Trajanja u ovim redovima su zaokružena na najbliži višekratnik od {step} s. Molimo vas da "
        "navedete stvarno trajanje.",
        "rounded_down": "Trajanja u ovim redovima su zaokružena naniže na višekratnike od {step} s. Molimo vas da "
        "navedete stvarno trajanje.",
        "wrong_duration": "Trajanje u ovim redovima nije trajanje poziva prema našim podacima. Molimo vas da ga "
        "ispravite.",
        "renumbered": "Od {day} šifre agenata u izvještaju označavaju druge agente nego ranije. Molimo vas da "
        "koristite "
        "dogovorene šifre.",
        "wrong_agent": "Šifra u ovim redovima nije šifra agenta koji je vodio poziv. Molimo vas da je ispravite.",
        "scientific": "Telefonski brojevi u ovim redovima su pretvoreni u eksponencijalni zapis, pa nedostaju cifre. "
        "Molimo vas da ih pošaljete u cijelosti, kao tekst.",
        "masked": "U telefonskim brojevima u ovim redovima neke cifre su skrivene. Molimo vas da pošaljete potpune "
        "brojeve.",
        "lost_zero": "Telefonski brojevi u ovim redovima su izgubili početnu nulu. Molimo vas da ih pošaljete u "
        "cijelosti, kao tekst.",
        "wrong_number": "Telefonski broj u ovim redovima nije broj poziva sa tom oznakom. Molimo vas da ga ispravite.",
        "factor": "Iznosi u ovim redovima su iznosi naših narudžbi pomnoženi sa {factor}; vjerovatno se pomjerio "
        "decimalni znak. Molimo vas da ih ispravite.",
        "other_currency": "Iznosi u ovim redovima su iznosi naših narudžbi pomnoženi sa {factor}: navedeni su u drugoj "
        "valuti. Molimo vas da ih navedete u valuti {currency}.",
        "wrong_amount": "Iznos u ovim redovima nije iznos narudžbe. Molimo vas da ga ispravite.",
        "wrong_outcome": "Ishod u ovim redovima nije ishod iz naših podataka. Molimo vas da ga ispravite.",
        "cancelled_early": "Ovi redovi računaju prodaje čija je narudžba otkazana na vrijeme. Molimo vas da ih "
        "navedete "
        "kao otkazane.",
        "cancelled_late": "Ovi redovi računaju prodaje čija je narudžba otkazana naknadno. Molimo vas da ih navedete "
        "kao otkazane.",
        "not_cancelled": "Ovi redovi navode prodaje kao otkazane, a narudžba u našim podacima i dalje važi. Molimo vas "
        "da ih navedete kao prodaje.",
        "no_order": "Ovi redovi navode prodaje za koje ne postoji narudžba. Molimo vas da navedete stvarni ishod, bez "
        "iznosa.",
        "not_reported": "U ovim pozivima je naručeno, a redovi ne navode prodaju. Molimo vas da navedete prodaju sa "
        "njenim iznosom.",
        "twice": "Ovi redovi govore o pozivima koje već navodi drugi red. Molimo vas da ih uklonite.",
        "block": "Ovi redovi su blok koji je zalijepljen drugi put. Molimo vas da ih uklonite.",
        "never_happened": "U našim podacima, koji su u to vrijeme potpuni, nema poziva za ove redove. Molimo vas da ih "
        "uklonite.",
        "left_out": "U izvještaju nedostaju pozivi koji postoje u našim podacima. Molimo vas da ih dodate.",
        "left_out_where": "U izvještaju nedostaju pozivi koji postoje u našim podacima; zajedničko im je: {what} "
        "{value}. Molimo vas da ih dodate.",
        "day_left_out": "Izvještaj nema nijednog reda za {day}, a u našim podacima ima poziva. Molimo vas da ih "
        "dodate.",
        "other_month": "Izvještaj omeđuje mjesec drugačije nego ugovor. Mjesec počinje {first} i završava prije {end}. "
        "Molimo vas da uklonite redove izvan tog perioda i dodate pozive unutar njega.",
        "outside_month": "Ovi redovi ne pripadaju mjesecu iz ugovora, koji počinje {first} i završava prije {end}. "
        "Molimo vas da ih uklonite.",
    },
)
