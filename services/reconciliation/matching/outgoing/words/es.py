"""Spanish."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d/%m/%Y",
    moment="%d/%m/%Y %H:%M",
    mark=",",
    subject="Solicitud de un informe corregido: {month}",
    greeting="Estimados señores:",
    opening="Hemos comparado su informe de {month} con nuestros registros de llamadas. Les rogamos que corrijan los "
    "puntos siguientes y nos envíen de nuevo el informe completo, a más tardar el {due}.",
    only="Les rogamos que no cambien nada más: el informe corregido se compara línea por línea con el anterior.",
    times="Todas las horas son hora local ({zone}).",
    lines="Líneas afectadas: {count}.",
    period="Periodo: del {first} al {last}.",
    evidence="Líneas que lo muestran: {count}; líneas que lo contradicen: {against}.",
    foretold="La regla se encontró en una parte de los días ({days}); en todos los demás días predijo después "
    "correctamente las líneas ({hits} de {of}).",
    more="En ventas, su informe cuenta para estas líneas {amount} más que nosotros.",
    less="En ventas, su informe cuenta para estas líneas {amount} menos que nosotros.",
    no_money="Esto no cambia nada en las ventas contadas.",
    examples="Ejemplos:",
    line="línea",
    reported="comunicado",
    expected="esperado",
    remove="eliminar",
    add="añadir",
    change="cambiar",
    action="qué hacer",
    empty="(vacío)",
    attached="El archivo adjunto contiene todas las líneas afectadas con el formato de su informe: con su número de "
    "línea, el valor esperado junto al comunicado, las líneas que deben añadirse completas y una marca en las líneas "
    "que "
    "deben eliminarse.",
    farewell="Atentamente",
    where={"agent": "agente", "campaign": "campaña", "hour": "hora del día", "sku": "producto"},
    causes={
        "shifted": "Las horas de estas líneas difieren de nuestros registros en {minutes} minutos. Les rogamos que las "
        "comuniquen en la hora local de {zone}.",
        "other_zone": "Las horas de estas líneas siguen el reloj de {other}. Les rogamos que las comuniquen en la hora "
        "local de {zone}.",
        "clock_change": "Después del cambio de hora, las horas de estas líneas difieren en {minutes} minutos. Les "
        "rogamos que apliquen el cambio de hora y comuniquen la hora local de {zone}.",
        "wrong_time": "La hora de estas líneas no es la hora a la que empezó la llamada según nuestros registros. Les "
        "rogamos que la corrijan.",
        "rounded_up": "Las duraciones de estas líneas están redondeadas hacia arriba a múltiplos de {step} segundos. "
        "Les rogamos que comuniquen la duración real.",
        "rounded_nearest": "Las duraciones de estas líneas están redondeadas al múltiplo de {step} segundos más "
        "próximo. Les rogamos que comuniquen la duración real.",
        "rounded_down": "Las duraciones de estas líneas están redondeadas hacia abajo a múltiplos de {step} segundos. "
        "Les rogamos que comuniquen la duración real.",
        "wrong_duration": "La duración de estas líneas no es la de la llamada en nuestros registros. Les rogamos que "
        "la "
        "corrijan.",
        "renumbered": "A partir del {day}, algunos códigos de agente del informe designan a otros agentes que antes. "
        "Les rogamos que usen los códigos acordados.",
        "wrong_agent": "El código de estas líneas no es el del agente que atendió la llamada. Les rogamos que lo "
        "corrijan.",
        "scientific": "Los números de teléfono de estas líneas se convirtieron a notación científica y han perdido "
        "cifras. Les rogamos que los envíen completos, como texto.",
        "masked": "En los números de teléfono de estas líneas hay cifras ocultas. Les rogamos que envíen los números "
        "completos.",
        "lost_zero": "Los números de teléfono de estas líneas han perdido el cero inicial. Les rogamos que los envíen "
        "completos, como texto.",
        "wrong_number": "El número de teléfono de estas líneas no es el de la llamada con esta referencia. Les rogamos "
        "que lo corrijan.",
        "factor": "Los importes de estas líneas son los de nuestros pedidos multiplicados por {factor}; probablemente "
        "se ha desplazado el signo decimal. Les rogamos que los corrijan.",
        "other_currency": "Los importes de estas líneas son los de nuestros pedidos multiplicados por {factor}: están "
        "en otra moneda. Les rogamos que los comuniquen en {currency}.",
        "wrong_amount": "El importe de estas líneas no es el del pedido. Les rogamos que lo corrijan.",
        "wrong_outcome": "El resultado de estas líneas no es el de nuestros registros. Les rogamos que lo corrijan.",
        "cancelled_early": "Estas líneas cuentan ventas cuyo pedido se canceló a tiempo. Les rogamos que las "
        "comuniquen "
        "como canceladas.",
        "cancelled_late": "Estas líneas cuentan ventas cuyo pedido se canceló más tarde. Les rogamos que las "
        "comuniquen "
        "como canceladas.",
        "not_cancelled": "Estas líneas comunican ventas como canceladas, pero el pedido sigue vigente en nuestros "
        "registros. Les rogamos que las comuniquen como ventas.",
        "no_order": "Estas líneas comunican ventas para las que no existe ningún pedido. Les rogamos que comuniquen el "
        "resultado real, sin importe.",
        "not_reported": "En estas llamadas se hizo un pedido, pero las líneas no comunican ninguna venta. Les rogamos "
        "que comuniquen la venta con su importe.",
        "twice": "Estas líneas se refieren a llamadas que ya figuran en otra línea. Les rogamos que las eliminen.",
        "block": "Estas líneas forman un bloque que se pegó por segunda vez. Les rogamos que las eliminen.",
        "never_happened": "En nuestros registros, que no tienen huecos en esos momentos, no hay ninguna llamada para "
        "estas líneas. Les rogamos que las eliminen.",
        "left_out": "En el informe faltan llamadas que constan en nuestros registros. Les rogamos que las añadan.",
        "left_out_where": "En el informe faltan llamadas que constan en nuestros registros; tienen en común: {what} "
        "{value}. Les rogamos que las añadan.",
        "day_left_out": "El informe no tiene ninguna línea del {day}, aunque en nuestros registros hay llamadas. Les "
        "rogamos que las añadan.",
        "other_month": "El informe no delimita el mes como el contrato. El mes empieza el {first} y termina antes del "
        "{end}. Les rogamos que eliminen las líneas que quedan fuera y añadan las llamadas que quedan dentro.",
        "outside_month": "Estas líneas no pertenecen al mes del contrato, que empieza el {first} y termina antes del "
        "{end}. Les rogamos que las eliminen.",
    },
)
