"""Italian."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d/%m/%Y",
    moment="%d/%m/%Y %H:%M",
    mark=",",
    subject="Richiesta di un rapporto rettificato: {month}",
    greeting="Gentile partner,",
    opening="abbiamo confrontato il vostro rapporto per {month} con i nostri dati delle chiamate. Vi preghiamo di "
    "correggere i punti seguenti e di inviarci di nuovo il rapporto completo entro il {due}.",
    only="Vi preghiamo di non modificare altro: il rapporto rettificato viene confrontato riga per riga con il "
    "precedente.",
    times="Tutti gli orari sono in ora locale ({zone}).",
    lines="Righe interessate: {count}.",
    period="Periodo: dal {first} al {last}.",
    evidence="Righe che lo mostrano: {count}; righe che lo contraddicono: {against}.",
    foretold="La regola è stata trovata su una parte dei giorni ({days}); in tutti gli altri giorni ha poi previsto "
    "correttamente le righe ({hits} su {of}).",
    more="Nelle vendite, il vostro rapporto conta per queste righe {amount} più di noi.",
    less="Nelle vendite, il vostro rapporto conta per queste righe {amount} meno di noi.",
    no_money="Questo non cambia nulla nelle vendite conteggiate.",
    examples="Esempi:",
    line="riga",
    reported="comunicato",
    expected="atteso",
    remove="eliminare",
    add="aggiungere",
    change="modificare",
    action="da fare",
    empty="(vuoto)",
    attached="Il file allegato contiene tutte le righe interessate nel formato del vostro rapporto: con il numero di "
    "riga, il valore atteso accanto a quello comunicato, le righe da aggiungere per intero e un'indicazione sulle "
    "righe "
    "da eliminare.",
    farewell="Cordiali saluti",
    where={"agent": "operatore", "campaign": "campagna", "hour": "ora del giorno", "sku": "prodotto"},
    causes={
        "shifted": "Gli orari di queste righe differiscono dai nostri dati di {minutes} minuti. Vi preghiamo di "
        "comunicarli nell'ora locale di {zone}.",
        "other_zone": "Gli orari di queste righe seguono l'orologio di {other}. Vi preghiamo di comunicarli nell'ora "
        "locale di {zone}.",
        "clock_change": "Dopo il cambio dell'ora, gli orari di queste righe differiscono di {minutes} minuti. Vi "
        "preghiamo di applicare il cambio dell'ora e di comunicare l'ora locale di {zone}.",
        "wrong_time": "L'orario di queste righe non è quello in cui la chiamata è iniziata secondo i nostri dati. Vi "
        "preghiamo di correggerlo.",
        "rounded_up": "Le durate di queste righe sono arrotondate per eccesso a multipli di {step} secondi. Vi "
        "preghiamo di comunicare la durata effettiva.",
        "rounded_nearest": "Le durate di queste righe sono arrotondate al multiplo più vicino di {step} secondi. Vi "
        "preghiamo di comunicare la durata effettiva.",
        "rounded_down": "Le durate di queste righe sono arrotondate per difetto a multipli di {step} secondi. Vi "
        "preghiamo di comunicare la durata effettiva.",
        "wrong_duration": "La durata di queste righe non è quella della chiamata nei nostri dati. Vi preghiamo di "
        "correggerla.",
        "renumbered": "Dal {day} alcuni codici operatore del rapporto indicano operatori diversi da prima. Vi "
        "preghiamo "
        "di usare i codici concordati.",
        "wrong_agent": "Il codice di queste righe non è quello dell'operatore che ha gestito la chiamata. Vi preghiamo "
        "di correggerlo.",
        "scientific": "I numeri di telefono di queste righe sono stati convertiti in notazione scientifica e hanno "
        "perso delle cifre. Vi preghiamo di inviarli per intero, come testo.",
        "masked": "Nei numeri di telefono di queste righe alcune cifre sono oscurate. Vi preghiamo di inviare i numeri "
        "completi.",
        "lost_zero": "I numeri di telefono di queste righe hanno perso lo zero iniziale. Vi preghiamo di inviarli per "
        "intero, come testo.",
        "wrong_number": "Il numero di telefono di queste righe non è quello della chiamata con questo riferimento. Vi "
        "preghiamo di correggerlo.",
        "factor": "Gli importi di queste righe sono quelli dei nostri ordini moltiplicati per {factor}; probabilmente "
        "il separatore decimale si è spostato. Vi preghiamo di correggerli.",
        "other_currency": "Gli importi di queste righe sono quelli dei nostri ordini moltiplicati per {factor}: sono "
        "in "
        "un'altra valuta. Vi preghiamo di comunicarli in {currency}.",
        "wrong_amount": "L'importo di queste righe non è quello dell'ordine. Vi preghiamo di correggerlo.",
        "wrong_outcome": "L'esito di queste righe non è quello dei nostri dati. Vi preghiamo di correggerlo.",
        "cancelled_early": "Queste righe contano vendite il cui ordine è stato annullato in tempo. Vi preghiamo di "
        "comunicarle come annullate.",
        "cancelled_late": "Queste righe contano vendite il cui ordine è stato annullato in seguito. Vi preghiamo di "
        "comunicarle come annullate.",
        "not_cancelled": "Queste righe comunicano vendite come annullate, mentre nei nostri dati l'ordine è ancora "
        "valido. Vi preghiamo di comunicarle come vendite.",
        "no_order": "Queste righe comunicano vendite per le quali non esiste alcun ordine. Vi preghiamo di comunicare "
        "l'esito effettivo, senza importo.",
        "not_reported": "In queste chiamate è stato fatto un ordine, ma le righe non comunicano alcuna vendita. Vi "
        "preghiamo di comunicare la vendita con il suo importo.",
        "twice": "Queste righe riguardano chiamate che un'altra riga comunica già. Vi preghiamo di eliminarle.",
        "block": "Queste righe sono un blocco incollato una seconda volta. Vi preghiamo di eliminarle.",
        "never_happened": "Nei nostri dati, che in quei momenti non hanno lacune, non c'è alcuna chiamata per queste "
        "righe. Vi preghiamo di eliminarle.",
        "left_out": "Nel rapporto mancano chiamate presenti nei nostri dati. Vi preghiamo di aggiungerle.",
        "left_out_where": "Nel rapporto mancano chiamate presenti nei nostri dati; hanno in comune: {what} {value}. Vi "
        "preghiamo di aggiungerle.",
        "day_left_out": "Il rapporto non ha nemmeno una riga per il {day}, mentre nei nostri dati ci sono chiamate. Vi "
        "preghiamo di aggiungerle.",
        "other_month": "Il rapporto delimita il mese in modo diverso dal contratto. Il mese inizia il {first} e "
        "finisce "
        "prima del {end}. Vi preghiamo di eliminare le righe che ne sono fuori e di aggiungere le chiamate che ne "
        "fanno "
        "parte.",
        "outside_month": "Queste righe non fanno parte del mese del contratto, che inizia il {first} e finisce prima "
        "del {end}. Vi preghiamo di eliminarle.",
    },
)
