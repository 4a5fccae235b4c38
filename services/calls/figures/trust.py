"""How far a source can be trusted: its proof, clock, gaps, repeats, lateness, what nobody understands, and silence.

Pure. Every figure says what it is divided by; nothing here changes what is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

import msgspec

from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.intake import IntakeDay, add_intake
from shared.contracts.partners import SourceSettings

Strength = Literal["signed_and_dated", "signed", "fetched", "key", "key_in_address", "none"]

WEEKS = 4
"""With the same hour of so many weeks before the last one is compared."""
LOUD = 7
"""From so many events of a kind on, none at all in an hour is a silence. If events come by chance at a steady rate of m
an hour (Poisson), an hour has none with probability e^-m: e^-7 is once in 1,100 hours, six weeks of false alarms."""
GAPS, REPEATS, UNKNOWN, LATE_S, AHEAD_S = 0.02, 0.10, 0.01, 300, -2
"""From which share, or how many seconds at the 95th percentile, on the card warns."""

_PROOFS: Mapping[str, tuple[str, ...]] = {
    "native": ("standard-webhooks",),
    "twilio": ("twilio-signature",),
    "genesys-cloud": ("api-key-header",),
    "freeswitch": ("basic",),
    "vicidial": ("query-key", "bearer"),
    "aircall": ("body-token",),
    "ringcentral": ("header-token",),
}
"""What each platform's deliveries are checked by; those that are not named show a bearer key."""
_STRENGTHS: Mapping[str, Strength] = {
    "standard-webhooks": "signed_and_dated",
    "twilio-signature": "signed",
    "hmac-sha256": "signed",
    "query-key": "key_in_address",
}
_ORDER: tuple[Strength, ...] = ("signed_and_dated", "signed", "fetched", "key", "key_in_address", "none")
_FETCHED = ("kafka", "ami")


class Proof(msgspec.Struct, frozen=True):
    """How deliveries prove where they come from, by the weakest way that is open.

    `signed_and_dated`: nobody can change one or send it again later; `signed`: nobody can change one; `fetched`: we go
    there ourselves; `key`: whoever reads one on its way can send others; `key_in_address`: the key stands in the logs
    of every proxy, too; `none`: there is no credential, nothing is taken. `networks`: they may come from some only.
    """

    strength: Strength
    schemes: list[str]
    networks: bool


class Silence(msgspec.Struct, frozen=True):
    """A kind of observation: the latest by the vendor's clock, how many were received in the last full hour, and how
    many are `usual`; `alarm` when there were none though `usual` is at least 7 (see `silences_of`)."""

    kind: str
    last_at: datetime | None
    received: int
    usual: float
    weeks: int
    alarm: bool


class Lateness(msgspec.Struct, frozen=True):
    """How much later than the vendor's time items were received, in seconds, each the upper bound of its class: half of
    them, 90, 95 and 99 %. `skew_s`: by how much at least the vendor's clock is ahead of ours, if it is."""

    items: int
    p50_s: int | None = None
    p90_s: int | None = None
    p95_s: int | None = None
    p99_s: int | None = None
    skew_s: int = 0


class Gaps(msgspec.Struct, frozen=True):
    """Of the `calls` looked at, those that only a backfill told of (`rate`: their share). `healed`: items of backfills
    that told something new, of so many that came."""

    calls: int
    backfilled: int
    rate: float | None
    healed: int
    backfill: int


def proof_of(settings: SourceSettings, schemes: Sequence[str]) -> Proof:
    """`schemes` are those of which there are credentials that count."""
    asked = _PROOFS.get(settings.connector, ("bearer",))
    if settings.connector == "generic-json":
        asked = (str(settings.options.get("proof", "")),)
    mine = sorted(set(asked) & set(schemes))
    found: list[Strength] = [_STRENGTHS.get(scheme, "key") for scheme in mine]
    if any(name in settings.options for name in _FETCHED):
        found.append("fetched")
    weakest: Strength = max(found, key=_ORDER.index, default="none")
    return Proof(weakest, mine, bool(settings.networks))


def silences_of(days: Iterable[IntakeDay], now: datetime) -> list[Silence]:
    """By kind: the last full hour before `now` beside the median of the same hour (UTC) in the weeks before.

    usual = median(n_1 … n_w), where n_i is what was received in that hour i weeks before, i = 1 … 4, and w ends with
    the week in which the source was first heard of at all. alarm = (received = 0 and usual >= 7). The median, so that
    one holiday or one flood among the weeks does not move it. After a change of clocks the hour is a neighbour's for
    four weeks: what is usual then errs by the difference between two hours.
    """
    found = list(days)
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    received: Counter[tuple[str, str]] = Counter()
    latest: dict[str, datetime] = {}
    for day in found:
        for kind, hours in day.told.items():
            received[day.day, kind] += hours.get(str(hour.hour), 0)
        for kind, at in day.kinds.items():
            latest[kind] = max(at, latest.get(kind, at))
    first = min((day.day for day in found if day.told), default=hour.date().isoformat())
    before = [(hour - timedelta(weeks=n)).date().isoformat() for n in range(1, WEEKS + 1)]
    weeks = [day for day in before if day >= first]
    kinds = sorted({kind for _, kind in received} | latest.keys())
    return [_silence(kind, latest.get(kind), received, hour.date().isoformat(), weeks) for kind in kinds]


def _silence(
    kind: str, last_at: datetime | None, received: Mapping[tuple[str, str], int], today: str, weeks: Sequence[str]
) -> Silence:
    usual = float(median(received.get((day, kind), 0) for day in weeks)) if weeks else 0.0
    now = received.get((today, kind), 0)
    return Silence(kind, last_at, now, usual, len(weeks), alarm=now == 0 and usual >= LOUD)


def lateness_of(days: Iterable[IntakeDay]) -> Lateness:
    """Over all items of the days that were accepted and are no backfill.

    A percentile is the bound of the first class at or below which so many lie. The clock is ahead by `skew_s` at least
    where 5 % of the items came before their own time: none can be sooner than at once.
    """
    counts: Counter[int] = Counter()
    for day in days:
        counts.update({int(bound): n for bound, n in day.lags.items()})
    total = counts.total()
    if not total:
        return Lateness(0)
    earliest, *percentiles = (_percentile(counts, total, share) for share in (5, 50, 90, 95, 99))
    p50, p90, p95, p99 = percentiles
    return Lateness(total, p50, p90, p95, p99, max(0, -earliest))


def _percentile(counts: Mapping[int, int], total: int, share: int) -> int:
    below = 0
    for bound in sorted(counts):
        below += counts[bound]
        if below * 100 >= share * total:
            break
    return bound


def gaps_of(documents: Iterable[CallDocument], days: Iterable[IntakeDay]) -> Gaps:
    """Of these calls, and of what backfills brought on these days."""
    calls = backfilled = 0
    for document in documents:
        telling = [known for known in document.known.values() if known.from_outside and known.notes]
        if telling:
            calls += 1
            backfilled += all(known.backfill for known in telling)
    came: Counter[str] = Counter()
    for day in days:
        came.update(day.backfill)
    return Gaps(calls, backfilled, backfilled / calls if calls else None, came["accepted"], came.total())


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """The card. `warnings` are the codes of what should be looked at: `weak_proof`, `unproven`, `clock_ahead`, `gaps`,
    `repeats`, `late`, `unknown_kinds`, `unmapped_codes`, `silent`."""

    source: str
    at: datetime
    days: int
    proof: Proof
    lateness: Lateness
    gaps: Gaps
    items: dict[str, int]
    duplicate_rate: float | None
    unknown_rate: float | None
    unmapped: int
    kinds: list[Silence]
    warnings: list[str]


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a card is made of: the settings and schemes of the source, its days (`past`: back to the weeks compared
    with, `recent`: those asked about), calls of it, and the codes that wait."""

    source: str
    settings: SourceSettings
    schemes: Sequence[str]
    past: Sequence[IntakeDay]
    recent: Sequence[IntakeDay]
    calls: Sequence[CallDocument]
    unmapped: int


def trust_of(looked: Looked, now: datetime, days: int) -> Trust:
    """The card at a time, over the last `days`."""
    items = add_intake(looked.recent)
    received = items["received"]
    card = Trust(
        source=looked.source,
        at=now,
        days=days,
        proof=proof_of(looked.settings, looked.schemes),
        lateness=lateness_of(looked.recent),
        gaps=gaps_of(looked.calls, looked.recent),
        items=items,
        duplicate_rate=items["duplicate"] / received if received else None,
        unknown_rate=items["unknown"] / received if received else None,
        unmapped=looked.unmapped,
        kinds=silences_of(looked.past, now),
        warnings=[],
    )
    return msgspec.structs.replace(card, warnings=_warnings(card))


def _warnings(card: Trust) -> list[str]:
    weak = card.proof.strength == "key_in_address" or (card.proof.strength == "key" and not card.proof.networks)
    found = {
        "unproven": card.proof.strength == "none",
        "weak_proof": weak,
        "clock_ahead": -card.lateness.skew_s <= AHEAD_S,
        "late": (card.lateness.p95_s or 0) >= LATE_S,
        "gaps": (card.gaps.rate or 0) >= GAPS,
        "repeats": (card.duplicate_rate or 0) >= REPEATS,
        "unknown_kinds": (card.unknown_rate or 0) >= UNKNOWN,
        "unmapped_codes": card.unmapped > 0,
        "silent": any(kind.alarm for kind in card.kinds),
    }
    return [code for code, holds in found.items() if holds]
