"""Polish."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d.%m.%Y",
    moment="%d.%m.%Y %H:%M",
    mark=",",
    subject="Prośba o skorygowany raport: {month}",
    greeting="Szanowni Państwo,",
    opening="porównaliśmy Państwa raport za {month} z naszymi danymi o połączeniach. Prosimy o poprawienie poniższych "
    "punktów i ponowne przesłanie całego raportu do dnia {due}.",
    only="Prosimy nie zmieniać niczego więcej: skorygowany raport porównujemy z poprzednim wiersz po wierszu.",
    times="Wszystkie godziny podano w czasie lokalnym ({zone}).",
    lines="Liczba wierszy: {count}.",
    period="Okres: od {first} do {last}.",
    evidence="Liczba wierszy, które to potwierdzają: {count}; które temu przeczą: {against}.",
    foretold="Regułę znaleziono na części dni ({days}); dla wszystkich pozostałych dni poprawnie przewidziała ona "
    "następnie wiersze ({hits} z {of}).",
    more="W sprzedaży Państwa raport wykazuje dla tych wierszy o {amount} więcej niż nasze dane.",
    less="W sprzedaży Państwa raport wykazuje dla tych wierszy o {amount} mniej niż nasze dane.",
    no_money="Nie zmienia to wartości sprzedaży.",
    examples="Przykłady:",
    line="wiersz",
    reported="podano",
    expected="oczekiwano",
    remove="usunąć",
    add="dodać",
    change="zmienić",
    action="do zrobienia",
    empty="(puste)",
    attached="Załączony plik zawiera wszystkie te wiersze w układzie Państwa raportu: z numerem wiersza, wartością "
    "oczekiwaną obok podanej, pełnymi wierszami do dodania oraz oznaczeniem wierszy do usunięcia.",
    farewell="Z poważaniem",
    where={"agent": "konsultant", "campaign": "kampania", "hour": "godzina", "sku": "produkt"},
    causes={
        "shifted": "Godziny w tych wierszach różnią się od naszych danych o {minutes} min. Prosimy podawać je w czasie "
        "lokalnym strefy {zone}.",
        "other_zone": "Godziny w tych wierszach podano według strefy {other}. Prosimy podawać je w czasie lokalnym "
        "strefy {zone}.",
        "clock_change": "Po zmianie czasu godziny w tych wierszach różnią się o {minutes} min. Prosimy uwzględnić "
        "zmianę "
        "czasu i podawać czas lokalny strefy {zone}.",
        "wrong_time": "Godzina w tych wierszach nie jest godziną rozpoczęcia rozmowy według naszych danych. Prosimy ją "
        "poprawić.",
        "rounded_up": "Czas trwania rozmów w tych wierszach zaokrąglono w górę do wielokrotności {step} s. Prosimy "
        "podać rzeczywisty czas trwania.",
        "rounded_nearest": "Czas trwania rozmów w tych wierszach zaokrąglono do najbliższej wielokrotności {step} s. "
        "Prosimy podać rzeczywisty czas trwania.",
        "rounded_down": "Czas trwania rozmów w tych wierszach zaokrąglono w dół do wielokrotności {step} s. Prosimy "
        "podać rzeczywisty czas trwania.",
        "wrong_duration": "Czas trwania w tych wierszach nie jest czasem trwania rozmowy według naszych danych. "
        "Prosimy "
        "go poprawić.",
        "renumbered": "Od dnia {day} kody konsultantów w raporcie oznaczają innych konsultantów niż wcześniej. Prosimy "
        "używać uzgodnionych kodów.",
        "wrong_agent": "Kod w tych wierszach nie jest kodem konsultanta, który prowadził rozmowę. Prosimy go poprawić.",
        "scientific": "Numery telefonów w tych wierszach zamieniono na zapis wykładniczy, przez co brakuje cyfr. "
        "Prosimy przesłać je w całości, jako tekst.",
        "masked": "W numerach telefonów w tych wierszach zasłonięto cyfry. Prosimy przesłać pełne numery.",
        "lost_zero": "Numery telefonów w tych wierszach straciły początkowe zero. Prosimy przesłać je w całości, jako "
        "tekst.",
        "wrong_number": "Numer telefonu w tych wierszach nie jest numerem z rozmowy o tej referencji. Prosimy go "
        "poprawić.",
        "factor": "Kwoty w tych wierszach są kwotami naszych zamówień pomnożonymi przez {factor}; prawdopodobnie "
        "przesunął się znak dziesiętny. Prosimy je poprawić.",
        "other_currency": "Kwoty w tych wierszach są kwotami naszych zamówień pomnożonymi przez {factor}: podano je w "
        "innej walucie. Prosimy podać je w walucie {currency}.",
        "wrong_amount": "Kwota w tych wierszach nie jest kwotą zamówienia. Prosimy ją poprawić.",
        "wrong_outcome": "Wynik rozmowy w tych wierszach jest inny niż w naszych danych. Prosimy go poprawić.",
        "cancelled_early": "Te wiersze liczą sprzedaże, których zamówienie anulowano w terminie. Prosimy wykazać je "
        "jako anulowane.",
        "cancelled_late": "Te wiersze liczą sprzedaże, których zamówienie anulowano później. Prosimy wykazać je jako "
        "anulowane.",
        "not_cancelled": "Te wiersze wykazują sprzedaże jako anulowane, podczas gdy w naszych danych zamówienie jest "
        "ważne. Prosimy wykazać je jako sprzedaż.",
        "no_order": "Te wiersze wykazują sprzedaże, do których nie ma zamówienia. Prosimy podać rzeczywisty wynik "
        "rozmowy, bez kwoty.",
        "not_reported": "W tych rozmowach złożono zamówienie, lecz wiersze nie wykazują sprzedaży. Prosimy wykazać "
        "sprzedaż wraz z kwotą.",
        "twice": "Te wiersze dotyczą rozmów, które wykazano już w innym wierszu. Prosimy je usunąć.",
        "block": "Te wiersze są blokiem wklejonym po raz drugi. Prosimy je usunąć.",
        "never_happened": "W naszych danych, które są w tym czasie kompletne, nie ma rozmów odpowiadających tym "
        "wierszom. Prosimy je usunąć.",
        "left_out": "W raporcie brakuje rozmów, które są w naszych danych. Prosimy je dodać.",
        "left_out_where": "W raporcie brakuje rozmów, które są w naszych danych; ich wspólna cecha: {what} {value}. "
        "Prosimy je dodać.",
        "day_left_out": "Raport nie ma ani jednego wiersza z dnia {day}, choć w naszych danych są rozmowy. Prosimy je "
        "dodać.",
        "other_month": "Raport wyznacza granice miesiąca inaczej niż umowa. Miesiąc zaczyna się {first} i kończy przed "
        "{end}. Prosimy usunąć wiersze spoza tego okresu i dodać brakujące rozmowy z tego okresu.",
        "outside_month": "Te wiersze nie należą do miesiąca według umowy, który zaczyna się {first} i kończy przed "
        "{end}. Prosimy je usunąć.",
    },
)
