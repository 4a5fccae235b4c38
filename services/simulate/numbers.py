"""Telephone numbers that belong to nobody: only ranges that regulators reserve for drama and documentation."""

from __future__ import annotations

from services.simulate.dice import Dice

# (what stands before, how many free digits follow). Sources: Ofcom, NANPA (555-0100 to 0199), Bundesnetzagentur,
# Arcep, ACMA, ComReg.
RANGES: dict[str, tuple[tuple[str, int], ...]] = {
    "GB": (("+447700900", 3), ("+442079460", 3), ("+441134960", 3), ("+441214960", 3), ("+441614960", 3)),
    "US": tuple((f"+1{area}55501", 2) for area in (202, 212, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 816)),
    "DE": (("+493023125", 3), ("+496990009", 3), ("+494066969", 3), ("+492214710", 3), ("+498999998", 3)),
    "FR": (("+3319900", 4), ("+3326191", 4), ("+3335301", 4), ("+3346571", 4), ("+3353649", 4), ("+3363998", 4)),
    "AU": (("+6125550", 4), ("+6135550", 4), ("+6175550", 4), ("+6185550", 4)),
    "IE": (("+3532091", 5),),
}


def number(dice: Dice, country: str) -> str:
    """A customer's number in E.164. With few numbers in a range, some customers call again: as in life."""
    prefix, digits = dice.pick(RANGES[country])
    return f"{prefix}{int(dice.unit() * 10**digits):0{digits}}"
