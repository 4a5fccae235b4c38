"""A term sheet: everything that a contract with a partner says, as data."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from shared.contracts.terms.pricing import Band, Pricing, Term, Weekday
from shared.contracts.terms.values import ClockTime, Count, Days, Minor, Name, Percent

ServiceFormat = Literal["simple_operators", "pre_trained"]
Side = Literal["ours", "partner", "shared"]
CrmUse = Literal["none", "read", "write"]
PaymentMethod = Literal["bank_transfer", "direct_debit", "card", "offset"]
VatCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]
Window = Literal["month", "week", "day"]
ConversionBasis = Literal["contacts", "decision_makers", "answered", "leads"]
Renewal = Literal["none", "automatic", "by_agreement"]
Difference = Literal["calls", "talk", "hold", "wrap", "sales", "amount", "agent_time", "total"]


class ServiceTerms(Term, frozen=True, kw_only=True):
    """What the partner does, and with what.

    `format`: calls are taken by simple operators or by pre-trained ones; `employees`: whose employees help besides;
    `crm`: what the partner does in our customer system; `customers_first`: groups of customers in the order in which
    they come; `client_base`: where the customers' data lives; `languages`: ISO 639 codes.
    """

    format: ServiceFormat
    employees: Side = "partner"
    crm: CrmUse = "none"
    customers_first: tuple[str, ...] = ()
    client_base: Side = "ours"
    languages: tuple[str, ...] = ()


class OpenHours(Term, frozen=True, kw_only=True):
    """A day of the week on which there is service. `name`: the day; `opens`, `closes`: local times."""

    name: Weekday
    opens: ClockTime
    closes: ClockTime


class WorkingHours(Term, frozen=True, kw_only=True):
    """When there is service. `time_zone`: IANA name of the contract's zone, in which its days, months and times are
    meant; `always`: day and night, every day, else `hours` has the days that are open; `holidays`: days without
    service, or with a surcharge where there is service always."""

    time_zone: str
    always: bool = False
    hours: tuple[OpenHours, ...] = ()
    holidays: tuple[date, ...] = ()


class MonthVolume(Term, frozen=True, kw_only=True):
    """What is expected of a month. `name`: the month, `2026-03`; `calls_per_day`: calls on a day with service."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    calls_per_day: Count


class CampaignShare(Term, frozen=True, kw_only=True):
    """How much of the calls and sales a campaign is expected to have. `name`: the campaign; `percent`: of all."""

    name: Name
    percent: Percent


class ExpectedVolumes(Term, frozen=True, kw_only=True):
    """What both sides expect of a month; what terms cost is worked out on it.

    `months`: calls a day by month; `campaigns`: their shares; `inbound_percent`: of the calls, the rest is outbound;
    `answered_percent`: of the calls; `contact_percent`: of the answered calls; `conversion_percent`: sales of the
    contacts; `cancelled_percent`: of the sales, within the time of claw-back. `talk_seconds`, `hold_seconds`,
    `wrap_seconds`: on average an answered call. `agent_hours_per_day`: paid hours of all agents together.
    `average_order_minor`: value of a sale, minor units. `service_level_percent`, `quality_percent`: what is expected to
    be reached (None: the target; for quality: nothing is known).
    """

    months: tuple[MonthVolume, ...]
    campaigns: tuple[CampaignShare, ...] = ()
    inbound_percent: Percent = "100"
    answered_percent: Percent = "100"
    contact_percent: Percent = "100"
    conversion_percent: Percent = "0"
    cancelled_percent: Percent = "0"
    talk_seconds: Count = 0
    hold_seconds: Count = 0
    wrap_seconds: Count = 0
    agent_hours_per_day: Count = 0
    average_order_minor: Minor = 0
    service_level_percent: Percent | None = None
    quality_percent: Percent | None = None


class PaymentTerms(Term, frozen=True, kw_only=True):
    """How it is paid. `currency`: ISO 4217, of every amount and rate of the sheet; `method`; `days`: from the invoice
    until it is due. `vat_category`: as EN 16931 has it (S standard, Z zero, E exempt, AE reverse charge, K within the
    Union, G export, O outside the scope); `vat_percent`: its rate; `reverse_charge`: the buyer owes the tax."""

    currency: str
    method: PaymentMethod = "bank_transfer"
    days: Days
    vat_category: VatCategory = "S"
    vat_percent: Percent = "0"
    reverse_charge: bool = False


class ServiceLevel(Term, frozen=True, kw_only=True):
    """So many of the calls are answered within so many seconds.

    `variant`: what is divided by what, of the calls answered within X seconds: 1 by offered, 2 by answered and
    abandoned, 3 by offered without short abandons, 4 those and the abandoned within X by offered, 5 by answered.
    `seconds`: X; `target_percent`: Y; `window`: over which time it is measured; `credits`: what the reached value
    brings, in per cent of the month's charges or as an amount: several windows count by their share each.
    """

    name: Name
    clause: str = ""
    variant: Annotated[int, msgspec.Meta(ge=1, le=5)] = 3
    seconds: Count
    target_percent: Percent
    window: Window = "month"
    credits: tuple[Band, ...] = ()


class Measures(Term, frozen=True, kw_only=True):
    """How figures are counted. `short_abandon_seconds`: who hangs up within this time is no abandoned call;
    `conversion_of`: what sales are divided by; `hot_lead_seconds`: within this time a hot lead is handed over to us;
    `hot_lead_credits`: what the month's share of those that were brings, as the credits of a service level do, and
    `hot_lead_clause` where it stands in the contract's text."""

    short_abandon_seconds: Count = 5
    conversion_of: ConversionBasis = "contacts"
    hot_lead_seconds: Count = 300
    hot_lead_credits: tuple[Band, ...] = ()
    hot_lead_clause: str = ""


class QualityController(Term, frozen=True, kw_only=True):
    """A person who controls the quality. `name`: the person's; `side`: whose; `position`: in that company."""

    name: Name
    side: Literal["ours", "partner"]
    position: str


class ContractScript(Term, frozen=True, kw_only=True):
    """A script that is to be used. `name`: its id; `version`: of the script; `title`: what people call it."""

    name: Name
    version: str
    title: str = ""


class CertifiedAgents(Term, frozen=True, kw_only=True):
    """How many agents are to be trained. `name`: the certificate that they hold; `agents`: who take the calls;
    `backups`: certified besides, for peaks and absences; `clause`: where it stands in the contract's text."""

    name: Name
    agents: Count = 0
    backups: Count = 0
    clause: str = ""


class Tolerance(Term, frozen=True, kw_only=True):
    """Which differences between the partner's report and our count are no dispute. `name`: the kind of difference.

    `below`, `above`: the report is lower or higher than our count by at most so much: calls, sales, seconds, or minor
    units; `below_percent`, `above_percent`: by at most so much of our count. The wider of the two counts.
    """

    name: Difference
    below: Count = 0
    above: Count = 0
    below_percent: Percent = "0"
    above_percent: Percent = "0"


class MonthTerms(Term, frozen=True, kw_only=True):
    """How a month is agreed. `report_due_day`: day of the following month on which the report is due; `layout`: name
    of the report's layout; `tolerances`; `statement_days`: from the month's end until the partner's statement;
    `answer_days`: from the statement until our answer; `deemed_accepted`: without an answer the statement holds."""

    report_due_day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 5
    layout: str = ""
    tolerances: tuple[Tolerance, ...] = ()
    statement_days: Days = 10
    answer_days: Days = 10
    deemed_accepted: bool = False


class Validity(Term, frozen=True, kw_only=True):
    """How long it holds. `starts`: first day; `ends`: last day (None: until notice is given); `notice_days`: from the
    notice until the end; `renewal`: what happens at the end; `renewal_months`: by how long it is renewed."""

    starts: date
    ends: date | None = None
    notice_days: Days = 30
    renewal: Renewal = "none"
    renewal_months: Annotated[int, msgspec.Meta(ge=0, le=600)] = 0


class TaskDeadline(Term, frozen=True, kw_only=True):
    """A task of the contract with its deadline. `name`: the task; `side`: who has to do it; `due`: until this day."""

    name: Name
    side: Side
    due: date


class TermSheet(Term, frozen=True, kw_only=True):
    """The terms of a contract. Amounts and rates are in minor units of `payment.currency`, days in the contract's zone.

    `liability_cap_minor`: what the partner is liable for at most, minor units a year (None: without limit).
    """

    service: ServiceTerms
    schedule: WorkingHours
    volumes: ExpectedVolumes
    pricing: Pricing
    payment: PaymentTerms
    service_levels: tuple[ServiceLevel, ...] = ()
    measures: Measures = Measures()
    quality_controllers: tuple[QualityController, ...] = ()
    scripts: tuple[ContractScript, ...] = ()
    certified: tuple[CertifiedAgents, ...] = ()
    month: MonthTerms = MonthTerms()
    validity: Validity
    liability_cap_minor: Minor | None = None
    tasks: tuple[TaskDeadline, ...] = ()
