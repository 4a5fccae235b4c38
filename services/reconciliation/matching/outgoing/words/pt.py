"""Portuguese."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d/%m/%Y",
    moment="%d/%m/%Y %H:%M",
    mark=",",
    subject="Pedido de um relatório corrigido: {month}",
    greeting="Exmos. Senhores,",
    opening="Comparámos o vosso relatório de {month} com os nossos registos de chamadas. Pedimos que corrijam os "
    "pontos "
    "seguintes e nos enviem de novo o relatório completo até {due}.",
    only="Pedimos que não alterem mais nada: o relatório corrigido é comparado linha a linha com o anterior.",
    times="Todas as horas são hora local ({zone}).",
    lines="Linhas em causa: {count}.",
    period="Período: de {first} a {last}.",
    evidence="Linhas que o mostram: {count}; linhas que o contradizem: {against}.",
    foretold="A regra foi encontrada numa parte dos dias ({days}); em todos os outros dias previu depois corretamente "
    "as "
    "linhas ({hits} de {of}).",
    more="Em vendas, o vosso relatório conta nestas linhas mais {amount} do que nós.",
    less="Em vendas, o vosso relatório conta nestas linhas menos {amount} do que nós.",
    no_money="Isto não altera as vendas contadas.",
    examples="Exemplos:",
    line="linha",
    reported="comunicado",
    expected="esperado",
    remove="eliminar",
    add="acrescentar",
    change="alterar",
    action="a fazer",
    empty="(vazio)",
    attached="O ficheiro em anexo contém todas as linhas em causa no formato do vosso relatório: com o número da "
    "linha, o "
    "valor esperado ao lado do comunicado, as linhas a acrescentar por inteiro e uma indicação nas linhas a eliminar.",
    farewell="Com os melhores cumprimentos",
    where={"agent": "operador", "campaign": "campanha", "hour": "hora do dia", "sku": "produto"},
    causes={
        "shifted": "As horas destas linhas diferem dos nossos registos em {minutes} minutos. Pedimos que as comuniquem "
        "na hora local de {zone}.",
        "other_zone": "As horas destas linhas seguem o relógio de {other}. Pedimos que as comuniquem na hora local de "
        "{zone}.",
        "clock_change": "Depois da mudança da hora, as horas destas linhas diferem em {minutes} minutos. Pedimos que "
        "apliquem a mudança da hora e comuniquem a hora local de {zone}.",
        "wrong_time": "A hora destas linhas não é aquela a que a chamada começou segundo os nossos registos. Pedimos "
        "que a corrijam.",
        "rounded_up": "As durações destas linhas estão arredondadas para cima a múltiplos de {step} segundos. Pedimos "
        "que comuniquem a duração real.",
        "rounded_nearest": "As durações destas linhas estão arredondadas ao múltiplo mais próximo de {step} segundos. "
        "Pedimos que comuniquem a duração real.",
        "rounded_down": "As durações destas linhas estão arredondadas para baixo a múltiplos de {step} segundos. "
        "Pedimos que comuniquem a duração real.",
        "wrong_duration": "A duração destas linhas não é a da chamada nos nossos registos. Pedimos que a corrijam.",
        "renumbered": "A partir de {day}, alguns códigos de operador do relatório designam outros operadores do que "
        "antes. Pedimos que usem os códigos acordados.",
        "wrong_agent": "O código destas linhas não é o do operador que fez a chamada. Pedimos que o corrijam.",
        "scientific": "Os números de telefone destas linhas foram convertidos em notação científica e perderam "
        "algarismos. Pedimos que os enviem por inteiro, como texto.",
        "masked": "Nos números de telefone destas linhas há algarismos ocultados. Pedimos que enviem os números "
        "completos.",
        "lost_zero": "Os números de telefone destas linhas perderam o zero inicial. Pedimos que os enviem por inteiro, "
        "como texto.",
        "wrong_number": "O número de telefone destas linhas não é o da chamada com esta referência. Pedimos que o "
        "corrijam.",
        "factor": "Os valores destas linhas são os das nossas encomendas multiplicados por {factor}; o separador "
        "decimal deve ter-se deslocado. Pedimos que os corrijam.",
        "other_currency": "Os valores destas linhas são os das nossas encomendas multiplicados por {factor}: estão "
        "noutra moeda. Pedimos que os comuniquem em {currency}.",
        "wrong_amount": "O valor destas linhas não é o da encomenda. Pedimos que o corrijam.",
        "wrong_outcome": "O resultado destas linhas não é o dos nossos registos. Pedimos que o corrijam.",
        "cancelled_early": "Estas linhas contam vendas cuja encomenda foi cancelada a tempo. Pedimos que as comuniquem "
        "como canceladas.",
        "cancelled_late": "Estas linhas contam vendas cuja encomenda foi cancelada mais tarde. Pedimos que as "
        "comuniquem como canceladas.",
        "not_cancelled": "Estas linhas comunicam vendas como canceladas, mas a encomenda mantém-se nos nossos "
        "registos. "
        "Pedimos que as comuniquem como vendas.",
        "no_order": "Estas linhas comunicam vendas para as quais não existe encomenda. Pedimos que comuniquem o "
        "resultado real, sem valor.",
        "not_reported": "Nestas chamadas foi feita uma encomenda, mas as linhas não comunicam qualquer venda. Pedimos "
        "que comuniquem a venda com o seu valor.",
        "twice": "Estas linhas referem chamadas que outra linha já comunica. Pedimos que as eliminem.",
        "block": "Estas linhas são um bloco que foi colado uma segunda vez. Pedimos que as eliminem.",
        "never_happened": "Nos nossos registos, que não têm falhas nesses momentos, não há qualquer chamada para estas "
        "linhas. Pedimos que as eliminem.",
        "left_out": "No relatório faltam chamadas que constam dos nossos registos. Pedimos que as acrescentem.",
        "left_out_where": "No relatório faltam chamadas que constam dos nossos registos; têm em comum: {what} {value}. "
        "Pedimos que as acrescentem.",
        "day_left_out": "O relatório não tem uma única linha de {day}, embora haja chamadas nos nossos registos. "
        "Pedimos que as acrescentem.",
        "other_month": "O relatório não delimita o mês como o contrato. O mês começa em {first} e termina antes de "
        "{end}. Pedimos que eliminem as linhas que ficam fora e acrescentem as chamadas que ficam dentro.",
        "outside_month": "Estas linhas não pertencem ao mês do contrato, que começa em {first} e termina antes de "
        "{end}. Pedimos que as eliminem.",
    },
)
