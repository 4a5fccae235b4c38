"""Public events of the training service: manuals, certificates, quality, coaching, learning, and ideas that came true.

`agent` is the vendor's id of the agent at its partner, as in the facts of telephony; `call` our id of a call.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from shared.kernel import PublicEvent

TOPIC = "tallyline.training"

LapseReason = Literal["expired", "manual_changed", "withdrawn"]
EffectVerdict = Literal["improved", "no_effect_seen", "worse", "too_few"]
IdeaSubject = Literal["panel", "sales_text", "data"]
LearningVerdict = Literal["ahead", "as_the_earlier", "behind", "too_few"]


class ManualPublished(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A version of a course's manual is in force from a day on (UTC), until a later one is. `version`:
    `<major>.<minor>`; `changed`: what is new in it, in words about the product; `digest`: SHA-256 of its text, and
    `images` those of its pictures. A new major version asks for certification anew."""

    course: str
    version: str
    digest: str
    images: tuple[str, ...] = ()
    changed: str = ""
    valid_from: date
    at: datetime
    by: str


class SessionHeld(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A live session took place. `attended`: how many of the `invited` agents were there."""

    session: str
    course: str
    started_at: datetime
    minutes: int
    invited: int
    attended: int
    at: datetime
    by: str


class AgentCertified(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """An agent holds a course's certificate from `at` on, until `valid_until` begins (a day in UTC).

    `certificate`: what campaigns ask for, such as `collagen-inbound`; courses in several languages lead to the same.
    `major`: the manual's major version that it rests on; `score_percent`: a decimal in text.
    """

    partner_id: str
    agent: str
    course: str
    certificate: str
    major: int
    score_percent: str
    valid_until: date
    at: datetime
    by: str


class CertificationLapsed(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """An agent holds a course's certificate no more. `note`: why a person took it back."""

    partner_id: str
    agent: str
    course: str
    certificate: str
    reason: LapseReason
    note: str = ""
    at: datetime
    by: str


class EvaluationRecorded(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A call was evaluated. `score_percent`: a decimal in text; `fatal`: the questions that make it fail whatever the
    score; `side`: whose controller it was. Said again of a call and side, it takes the place of the one before. Where
    both sides evaluate, neither is told here before both are in."""

    partner_id: str
    agent: str
    call: str
    form: str
    version: int
    side: Literal["company", "partner"]
    score_percent: str
    fatal: tuple[str, ...] = ()
    at: datetime
    by: str


class CoachingStarted(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """An agent is coached. `metric`: the figure that is to move, by its KPI name; `baseline`, `goal`: its value before
    and as it should be, decimals in text; `problem`: the kind of weakness; `approach`: what is done about it;
    `measured_on`: when the effect is looked at. It was chosen by the days from `chosen_since` until before
    `chosen_until`, and begins with `begins`, all of them Mondays."""

    partner_id: str
    agent: str
    plan: str
    metric: str
    problem: str
    baseline: str
    goal: str
    measured_on: date
    at: datetime
    by: str
    approach: str = ""
    chosen_since: date | None = None
    chosen_until: date | None = None
    begins: date | None = None


class EffectFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What an effect was seen by: the agent's `contacts` before and after that have peers, what it `converted` of them,
    and what `peers` would have; how many `controls` were not coached; and the sales over those of peers in the weeks of
    choosing, of the agent (`was`) and of the controls (`as_low`). Shares in per cent, decimals in text; the last two
    are empty where there was too little to say."""

    contacts_before: int
    converted_before: str
    peers_before: str
    contacts_after: int
    converted_after: str
    peers_after: str
    controls: int
    was: str = ""
    as_low: str = ""


class CoachingMeasured(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What a coaching brought, against matched peers. `effect`, `low`, `high`: the estimate and its 95 % interval, in
    per cent of what the metric would be without coaching, decimals in text; empty where there was too little to say.
    `logarithm` and `error`: the same as effects are put together, of the quotient and its standard error; `evidence`:
    in words, in English, and `figures` what it tells of."""

    partner_id: str
    agent: str
    plan: str
    metric: str
    problem: str
    verdict: EffectVerdict
    effect: str = ""
    low: str = ""
    high: str = ""
    at: datetime
    by: str
    approach: str = ""
    logarithm: str = ""
    error: str = ""
    evidence: str = ""
    figures: EffectFigures | None = None


class LearningMeasured(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """How the new agents of a partner learn, beside agents of all partners who began before them, week by week since
    each one's first contact, in the same campaigns and directions.

    `agents` are new, the first of them since `began`; they have `contacts` and `sales` in the weeks that can be
    compared, until `until`, a whole day. `earlier` began before, and have `earlier_contacts` in the same weeks of
    theirs; of the new agents' contacts they would have made `expected` sales. `share_percent`: sales over those;
    `chance`: of so much of a distance by luck, as a part of one. Both are empty where there was too little to say.
    Decimals in text; `evidence`: in words.
    """

    partner_id: str
    agents: int
    began: date
    until: date
    contacts: int
    sales: int
    earlier: int
    earlier_contacts: int
    expected: str
    verdict: LearningVerdict
    share_percent: str = ""
    chance: str = ""
    evidence: str = ""
    at: datetime
    by: str


class IdeaProposed(PublicEvent, frozen=True, kw_only=True, omit_defaults=True):
    """An agent proposes an improvement. `subject`: what it is about; `text`: the name under which its words lie sealed,
    which are not told here."""

    partner_id: str
    agent: str
    idea: str
    subject: IdeaSubject
    at: datetime
    by: str
    text: str = ""


PublicTrainingEvent = (
    ManualPublished
    | SessionHeld
    | AgentCertified
    | CertificationLapsed
    | EvaluationRecorded
    | CoachingStarted
    | CoachingMeasured
    | LearningMeasured
    | IdeaProposed
)
