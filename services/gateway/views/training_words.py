"""What is measured of people, in sentences in the reader's language: the training service gives the figures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import floor, log10
from typing import Any

from services.gateway.views.codes import word
from services.gateway.views.codes.people import EFFECTS, PANEL_STEPS, STRUGGLES, WHAT_WORKED
from services.gateway.views.words import _, decimal, number, of_hundred, percent

Told = Mapping[str, Any]
LEAST_CHANCE = 1e-6
"""No model is right about less."""


def odds(chance: float) -> str:
    """A chance as `1 in 3,000`, with one figure that means something, or two below a hundred; above a third in per
    cent."""
    if chance > 1 / 3:
        return percent(chance)
    once = 1 / max(chance, LEAST_CHANCE)
    step = 10 ** max(floor(log10(once)) - (0 if once >= 100 else 1), 0)
    text = _("less than 1 in {n}") if chance < LEAST_CHANCE else _("1 in {n}")
    return text.format(n=number(round(once / step) * step))


def fair_in_words(fair: Told) -> str:
    """How an agent stands among the partner's as if all had the same mix."""
    between = _("of contacts become sales, between {low} and {high}")
    place = _("place {best} to {worst} of {of}") if fair["best_place"] else _("too few contacts for a place")
    of_all = {"best": fair["best_place"], "worst": fair["worst_place"], "of": fair["of"]}
    plain = _("Without that: {share} of {n}, and with it all together {mean}.")
    return (
        f"{percent(fair['fair'])} {between.format(low=percent(fair['low']), high=percent(fair['high']))}; "
        f"{place.format(**of_all)}. "
        f"{plain.format(share=percent(fair['converts']), n=number(fair['contacts']), mean=percent(fair['mean']))}"
    )


def proposal_in_words(one: Told) -> str:
    """Why somebody is proposed for coaching."""
    return _(
        "converts {share} of {n} contacts; peers {theirs} ({peers} peers, {of} contacts); chance of a gap this large by"
        " luck: {odds}; below its peers in {below} of {weeks} weeks"
    ).format(
        share=percent(one["converts"]),
        n=number(one["contacts"]),
        theirs=percent(one["peers_convert"]),
        peers=number(one["peers"]),
        of=number(one["peer_contacts"]),
        odds=odds(one["chance"]),
        below=number(one["weeks_below"]),
        weeks=number(one["weeks"]),
    )


def effect_in_words(measured: Told) -> str:
    """What a coaching brought; without what it was seen by where that is not known."""
    figures = measured.get("figures")
    if measured["verdict"] == "too_few":
        return f"{EFFECTS['too_few']}{_seen_too_little(figures) if figures else ''}"
    return (
        f"{word(measured['verdict'], EFFECTS)}: {_between(measured['effect'], measured['low'], measured['high'])}"
        f"{_seen_by(figures) if figures else ''}"
    )


def _seen_too_little(figures: Told) -> str:
    return ": " + _(
        "{before} contacts before and {after} after that have peers, and agents who were not coached to compare with:"
        " {controls}"
    ).format(
        before=number(figures["contacts_before"]),
        after=number(figures["contacts_after"]),
        controls=number(figures["controls"]),
    )


def _seen_by(figures: Told) -> str:
    return "; " + _(
        "converted {before} of {contacts_before} contacts before (peers {peers_before}) and {after} of {contacts_after}"
        " after (peers {peers_after}), beside agents who were not coached: {controls} (then at {as_low} of their peers’"
        " sales, this one at {was})"
    ).format(
        before=of_hundred(figures["converted_before"]),
        contacts_before=number(figures["contacts_before"]),
        peers_before=of_hundred(figures["peers_before"]),
        after=of_hundred(figures["converted_after"]),
        contacts_after=number(figures["contacts_after"]),
        peers_after=of_hundred(figures["peers_after"]),
        controls=number(figures["controls"]),
        as_low=of_hundred(figures["as_low"]),
        was=of_hundred(figures["was"]),
    )


def together_in_words(one: Told) -> str:
    """What several coachings brought together."""
    if one["verdict"] is None:
        return _("too few coachings to say")
    shares = (f"{100 * one[name]:.1f}" for name in ("change", "low", "high"))
    of = _("coachings: {n}").format(n=number(one["coachings"]))
    return f"{word(one['verdict'], WHAT_WORKED)}: {_between(*shares)} ({of})"


def _between(change: str, low: str, high: str) -> str:
    return _("{change}, between {low} and {high} in 95 of 100 cases").format(
        change=_signed(change), low=_signed(low), high=_signed(high)
    )


def _signed(share: str) -> str:
    return f"{'+' if Decimal(share) > 0 else ''}{of_hundred(share)}"


def struggle_in_words(one: Told) -> str:
    """Where an agent struggles, beside its peers."""
    what = _(
        "{what}: {step}, {a_day} times a day ({share} of {n} visits); the peers’ middle one {theirs} times ({rest})."
    )
    asked = _("Asked for help: {n}.").format(n=number(one["asked"]))
    luck = _("Chance of so much by luck and the usual differences: {odds}.").format(odds=odds(one["chance"]))
    told = what.format(
        what=STRUGGLES[one["measure"]],
        step=word(one["step"], PANEL_STEPS),
        a_day=decimal(Decimal(one["a_day"])),
        share=of_hundred(one["percent"]),
        n=number(one["visits"]),
        theirs=decimal(Decimal(one["peers_a_day"])),
        rest=of_hundred(one["peers_percent"]),
    )
    return f"{told} {asked} {luck}"
