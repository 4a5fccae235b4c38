"""The words for codes of alerts, webhooks, the audit log and the state of the system."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.views.words import _

AUDIT_OUTCOMES: Mapping[str, str] = {"accepted": _("done"), "refused": _("refused"), "failed": _("failed")}
AUDIT_STEPS: Mapping[str, str] = {"done": _("change"), "read": _("taken out"), "asked": _("asked")}
KEY_STRENGTHS: Mapping[str, str] = {
    "signed_and_dated": _("signed and dated"),
    "signed": _("signed"),
    "fetched": _("fetched by us"),
    "key": _("key"),
    "key_in_address": _("key in the address"),
    "none": _("none: nothing is taken"),
}
MONTH_KEYS: Mapping[str, str] = {
    "kept": _("kept"),
    "held": _("held"),
    "destroyed": _("destroyed after its time"),
}
KEY_HOLDS: Mapping[str, str] = {
    "not_agreed": _("{month} is not agreed"),
    "no_report": _("no report of {month} came: a reconciler submits one, or releases the month"),
    "disputed": _("an invoice of {month} is disputed"),
}
ALERT_KINDS: Mapping[str, str] = {
    "threshold": _("the figure"),
    "trend": _("change against the window before, %"),
    "usual": _("change against this hour of other weeks, %"),
    "silence": _("minutes without a word from the telephony"),
}
ALERT_DIRECTIONS: Mapping[str, str] = {"above": _("above"), "below": _("below")}
MESSAGE_STANDINGS: Mapping[str, str] = {
    "delivered": _("taken"),
    "waiting": _("waiting"),
    "given_up": _("given up"),
    "ended": _("answered 410"),
    "unsent": _("not sent: it was stopped"),
}
STOP_REASONS: Mapping[str, str] = {
    "gone": _("It answered that it is gone (410)."),
    "failing": _("It took nothing for days."),
    "by_hand": _("Somebody stopped it."),
}
