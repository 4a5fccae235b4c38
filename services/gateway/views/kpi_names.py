"""What the figures of the calls service are called in the reader's language: it names them in English."""

from __future__ import annotations

from services.gateway.views.words import _

NAMES = (
    _("Offered"),
    _("Answered"),
    _("Handled"),
    _("Abandoned"),
    _("Contacts"),
    _("Sales reported"),
    _("Conversion"),
    _("Short abandons"),
    _("Flowed out"),
    _("Dials"),
    _("Decision contacts"),
    _("Transfers"),
    _("Units sold"),
    _("Service level"),
    _("Abandonment rate"),
    _("Average speed of answer"),
    _("Average delay to abandon"),
    _("Average handling time"),
    _("Average talk"),
    _("Average hold"),
    _("Average wrap-up"),
    _("Average ring time"),
    _("Occupancy"),
    _("Utilisation"),
    _("Transfer rate"),
    _("Connect rate"),
    _("Contact rate"),
    _("Decision-maker rate"),
    _("Sales per hour"),
    _("Sales confirmed"),
    _("Sales cancelled"),
    _("Cancellation rate"),
    _("Revenue"),
    _("Revenue confirmed"),
    _("Revenue cancelled"),
    _("Upsell confirmed"),
    _("Average confirmed order"),
    _("Average order value"),
)
"""In English, as they come."""
_KNOWN = {name: name for name in NAMES}


def in_words(label: str) -> str:
    """The name for the reader; as it came, if it is a new one."""
    return str(_KNOWN.get(label, label))
