"""How a talk between an agent and a customer goes: its result, length, holds, sale, and the work after it."""

from __future__ import annotations

from dataclasses import dataclass

from services.simulate.calls import Leg, Sale
from services.simulate.company import Agent, Campaign
from services.simulate.dice import Dice
from services.simulate.platforms import Platform
from services.simulate.shifts import MINUTE
from shared.kernel import Money

# Results other than a sale, by line, with weights; then seconds of talk and of work after it.
_RESULTS = {
    "inbound": (("information_given", 0.52), ("not_interested", 0.24), ("callback", 0.14), ("wrong_number", 0.10)),
    "outbound": (
        ("not_interested", 0.66), ("callback", 0.17), ("information_given", 0.09), ("do_not_call", 0.04),
        ("wrong_number", 0.04),
    ),
}  # fmt: skip
_SECONDS = {
    "sale": (320, 55),
    "information_given": (170, 22),
    "not_interested": (75, 14),
    "callback": (100, 25),
    "wrong_number": (20, 8),
    "do_not_call": (35, 15),
}
_ARTICLES = (("KIT-01", 2995), ("KIT-02", 7990), ("BOX-03", 3450), ("CARE-12", 4900), ("PLUS-24", 11900))

_HELD = 0.16  # of talks
_CORRECTED = 0.05  # of agreed callbacks


@dataclass(frozen=True)
class Talk:
    """How long a talk would last if nobody handed it over, and what comes of it."""

    length: int
    wrap: int
    result: str
    sale: Sale | None
    hold: tuple[int, int] | None
    correction: tuple[int, str] | None


def talk(dice: Dice, platform: Platform, campaign: Campaign, agent: Agent, ident: str) -> Talk:
    """Durations in milliseconds; `hold` is (after how long, for how long), `correction` (how long after, to what)."""
    sold = dice.chance(campaign.sales_share * agent.skill)
    result = "sale" if sold else dice.weighted(_RESULTS[campaign.line])
    seconds, after = _SECONDS[result]
    length = max(4000, int(dice.around(seconds * 1000) * agent.pace))
    hold = None
    if dice.chance(_HELD) and length > MINUTE and platform.holds:
        begins = dice.between(15_000, length // 2)
        hold = (begins, min(dice.around(35_000), length - begins - 2000))
    correction = None
    if result == "callback" and dice.chance(_CORRECTED):
        correction = (dice.between(10 * MINUTE, 90 * MINUTE), "not_interested")
    return Talk(
        length=length,
        wrap=max(2000, int(dice.around(after * 1000, 0.6) * agent.pace)),
        result=result,
        sale=_order(dice, campaign, ident) if sold and platform.results else None,
        hold=hold,
        correction=correction,
    )


def _order(dice: Dice, campaign: Campaign, ident: str) -> Sale:
    sku, price = dice.pick(_ARTICLES)
    quantity = 1 if dice.chance(0.82) else 2
    return Sale(f"ORD-{ident}", sku, quantity, Money(price * quantity, campaign.currency))


def finish(leg: Leg, spoken: Talk, platform: Platform, ended: int) -> int:
    """The leg ends with the talk's result. Returns when the agent is free again."""
    step = platform.step_ms
    leg.ended = ended
    if spoken.hold:
        since = leg.answered + spoken.hold[0] // step * step
        until = min(since + max(step, spoken.hold[1] // step * step), ended)
        leg.holds = ((since, until),) if since < ended else ()
    leg.wrapped = ended + max(step, spoken.wrap // step * step)
    if platform.results:
        leg.disposition = spoken.result
        leg.sale = spoken.sale
        if spoken.correction and platform.corrections:
            leg.corrected = (leg.wrapped + spoken.correction[0] // step * step, spoken.correction[1])
    return leg.wrapped
