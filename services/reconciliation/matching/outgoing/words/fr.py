"""French."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d/%m/%Y",
    moment="%d/%m/%Y %H:%M",
    mark=",",
    subject="Demande de rapport rectifié : {month}",
    greeting="Madame, Monsieur,",
    opening="Nous avons comparé votre rapport pour {month} avec nos données d'appel. Merci de corriger les points "
    "ci-dessous et de nous renvoyer le rapport complet au plus tard le {due}.",
    only="Merci de ne rien modifier d'autre : le rapport rectifié est comparé ligne par ligne avec le précédent.",
    times="Toutes les heures sont en heure locale ({zone}).",
    lines="Lignes concernées : {count}.",
    period="Période : du {first} au {last}.",
    evidence="Lignes qui le montrent : {count} ; lignes qui le contredisent : {against}.",
    foretold="La règle a été trouvée sur une partie des jours ({days}) ; pour tous les autres jours, elle a ensuite "
    "prédit correctement les lignes ({hits} sur {of}).",
    more="En ventes, votre rapport compte pour ces lignes {amount} de plus que nous.",
    less="En ventes, votre rapport compte pour ces lignes {amount} de moins que nous.",
    no_money="Cela ne change rien aux ventes comptées.",
    examples="Exemples :",
    line="ligne",
    reported="déclaré",
    expected="attendu",
    remove="supprimer",
    add="ajouter",
    change="modifier",
    action="à faire",
    empty="(vide)",
    attached="Le fichier joint contient toutes les lignes concernées dans la présentation de votre rapport : avec leur "
    "numéro de ligne, la valeur attendue à côté de la valeur déclarée, les lignes à ajouter en entier et une mention "
    "sur "
    "les lignes à supprimer.",
    farewell="Cordialement",
    where={"agent": "conseiller", "campaign": "campagne", "hour": "heure de la journée", "sku": "produit"},
    causes={
        "shifted": "Les heures de ces lignes s'écartent de nos données de {minutes} minutes. Merci de les déclarer en "
        "heure locale de {zone}.",
        "other_zone": "Les heures de ces lignes suivent l'horloge de {other}. Merci de les déclarer en heure locale de "
        "{zone}.",
        "clock_change": "Après le changement d'heure, les heures de ces lignes s'écartent de {minutes} minutes. Merci "
        "d'appliquer le changement d'heure et de déclarer l'heure locale de {zone}.",
        "wrong_time": "L'heure de ces lignes n'est pas celle à laquelle l'appel a commencé selon nos données. Merci de "
        "la corriger.",
        "rounded_up": "Les durées de ces lignes sont arrondies au multiple supérieur de {step} secondes. Merci de "
        "déclarer la durée réelle.",
        "rounded_nearest": "Les durées de ces lignes sont arrondies au multiple le plus proche de {step} secondes. "
        "Merci de déclarer la durée réelle.",
        "rounded_down": "Les durées de ces lignes sont arrondies au multiple inférieur de {step} secondes. Merci de "
        "déclarer la durée réelle.",
        "wrong_duration": "La durée de ces lignes n'est pas celle de l'appel dans nos données. Merci de la corriger.",
        "renumbered": "À partir du {day}, des codes de conseillers du rapport désignent d'autres conseillers "
        "qu'auparavant. Merci d'utiliser les codes convenus.",
        "wrong_agent": "Le code de ces lignes n'est pas celui du conseiller qui a mené l'appel. Merci de le corriger.",
        "scientific": "Les numéros de téléphone de ces lignes ont été convertis en notation scientifique, et des "
        "chiffres sont perdus. Merci de les envoyer en entier, sous forme de texte.",
        "masked": "Des chiffres sont masqués dans les numéros de téléphone de ces lignes. Merci d'envoyer les numéros "
        "complets.",
        "lost_zero": "Les numéros de téléphone de ces lignes ont perdu leur zéro initial. Merci de les envoyer en "
        "entier, sous forme de texte.",
        "wrong_number": "Le numéro de téléphone de ces lignes n'est pas celui de l'appel qui porte cette référence. "
        "Merci de le corriger.",
        "factor": "Les montants de ces lignes sont ceux de nos commandes multipliés par {factor} ; le séparateur "
        "décimal s'est sans doute déplacé. Merci de les corriger.",
        "other_currency": "Les montants de ces lignes sont ceux de nos commandes multipliés par {factor} : ils sont "
        "dans une autre monnaie. Merci de les déclarer en {currency}.",
        "wrong_amount": "Le montant de ces lignes n'est pas celui de la commande. Merci de le corriger.",
        "wrong_outcome": "Le résultat de ces lignes n'est pas celui de nos données. Merci de le corriger.",
        "cancelled_early": "Ces lignes comptent des ventes dont la commande a été annulée à temps. Merci de les "
        "déclarer comme annulées.",
        "cancelled_late": "Ces lignes comptent des ventes dont la commande a été annulée par la suite. Merci de les "
        "déclarer comme annulées.",
        "not_cancelled": "Ces lignes déclarent des ventes annulées alors que la commande existe toujours dans nos "
        "données. Merci de les déclarer comme ventes.",
        "no_order": "Ces lignes déclarent des ventes pour lesquelles il n'existe aucune commande. Merci de déclarer le "
        "résultat réel, sans montant.",
        "not_reported": "Une commande a été passée lors de ces appels, mais les lignes ne déclarent aucune vente. "
        "Merci "
        "de déclarer la vente avec son montant.",
        "twice": "Ces lignes désignent des appels qu'une autre ligne déclare déjà. Merci de les supprimer.",
        "block": "Ces lignes forment un bloc qui a été collé une seconde fois. Merci de les supprimer.",
        "never_happened": "Nos données, qui n'ont pas de lacune à ces moments, ne connaissent aucun appel pour ces "
        "lignes. Merci de les supprimer.",
        "left_out": "Le rapport omet des appels qui figurent dans nos données. Merci de les ajouter.",
        "left_out_where": "Le rapport omet des appels qui figurent dans nos données ; ils ont en commun : {what} "
        "{value}. Merci de les ajouter.",
        "day_left_out": "Le rapport n'a aucune ligne pour le {day}, alors que nos données contiennent des appels. "
        "Merci "
        "de les ajouter.",
        "other_month": "Le rapport ne délimite pas le mois comme le contrat. Le mois commence le {first} et se termine "
        "avant le {end}. Merci de supprimer les lignes qui n'en font pas partie et d'ajouter les appels qui en font "
        "partie.",
        "outside_month": "Ces lignes ne font pas partie du mois du contrat, qui commence le {first} et se termine "
        "avant "
        "le {end}. Merci de les supprimer.",
    },
)
