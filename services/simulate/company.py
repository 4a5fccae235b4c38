"""A company with its partners: where they sit, whom they call, who works there, and how their platforms are set up."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from services.simulate.dice import Dice
from services.simulate.numbers import number
from services.simulate.people import full_name
from services.simulate.platforms import PLATFORMS
from shared.contracts.partners import SourceSettings

Line = Literal["inbound", "outbound"]

CURRENCIES = {"GB": "GBP", "US": "USD", "DE": "EUR", "FR": "EUR", "AU": "AUD", "IE": "EUR"}

# id, name, country, zone, tongue of its people's names, languages spoken, country of the customers
_PLACES: tuple[tuple[str, str, str, str, str, tuple[str, ...], str], ...] = (
    ("harrowgate", "Harrowgate Voice", "GB", "Europe/London", "en", ("en",), "GB"),
    ("adriavox", "Adriavox", "BA", "Europe/Sarajevo", "bs", ("de", "bs"), "DE"),
    ("bluemountain", "Blue Mountain Lines", "JM", "America/Jamaica", "jm", ("en",), "US"),
    ("luzonline", "Luzonline", "PH", "Asia/Manila", "tl", ("en", "tl"), "AU"),
    ("atlaspont", "Atlaspont", "MA", "Africa/Casablanca", "fr", ("fr", "ar"), "FR"),
    ("wislatel", "Wislatel", "PL", "Europe/Warsaw", "pl", ("de", "pl"), "DE"),
    ("andinova", "Andinova Contacto", "CO", "America/Bogota", "es", ("en", "es"), "US"),
    ("liffeydesk", "Liffeydesk", "IE", "Europe/Dublin", "en", ("en",), "IE"),
    ("capelink", "Capelink Dialogue", "ZA", "Africa/Johannesburg", "en", ("en",), "GB"),
)
CONNECTORS = ("native", "twilio", "amazon-connect", "asterisk", "native", "native")
_OFFERS = {"inbound": ("TV-KIT", "CARE-LINE"), "outbound": ("SPRING", "RENEWAL", "WINBACK")}
_SALES_SHARE = {"TV-KIT": 0.30, "CARE-LINE": 0.09, "SPRING": 0.10, "RENEWAL": 0.17, "WINBACK": 0.06}


@dataclass(frozen=True)
class Campaign:
    """What is sold or served. `sales_share` is the share of talks that end in a sale with an average agent."""

    code: str
    line: Line
    queue: str
    country: str
    currency: str
    our_number: str
    sales_share: float


@dataclass(frozen=True)
class Agent:
    """Somebody who works at a partner. `id` is the vendor's; `skill` multiplies sales, `pace` durations."""

    number: int
    id: str
    name: str
    team: str
    languages: tuple[str, ...]
    line: Line
    skill: float
    pace: float


@dataclass(frozen=True)
class Partner:
    """A partner with its one source. `secrets` are by scheme, as the vault keeps them, with the key for replays;
    `skew_ms` is how far its platform's clock goes ahead of ours."""

    id: str
    name: str
    country: str
    time_zone: str
    source: str
    settings: SourceSettings
    secrets: dict[str, tuple[str, ...]]
    campaigns: tuple[Campaign, ...]
    agents: tuple[Agent, ...]
    skew_ms: int

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its people work and its days are cut."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Company:
    """All partners."""

    seed: int
    partners: tuple[Partner, ...]

    def partner_of(self, source: str) -> Partner:
        """The partner with this source. KeyError if there is none."""
        for partner in self.partners:
            if partner.source == source:
                return partner
        raise KeyError(source)


def company(
    seed: int,
    partners: int = 6,
    agents: int = 120,
    connectors: Sequence[str] = CONNECTORS,
    public: str = "https://ingest.tallyline.example",
) -> Company:
    """A company of so many partners with so many agents in all. The same arguments give the same company.

    `connectors` go round the partners in turn; `public` is the address that the platforms were given.
    """
    if partners < 1 or agents < partners:
        raise ValueError("a company has at least one partner, and each partner at least one agent")
    shares = [agents // partners + (n < agents % partners) for n in range(partners)]
    found = tuple(_partner(seed, n, shares[n], connectors[n % len(connectors)], public) for n in range(partners))
    return Company(seed, found)


def _partner(seed: int, n: int, agents: int, connector: str, public: str) -> Partner:
    slug, name, country, zone, tongue, languages, customers = _PLACES[n % len(_PLACES)]
    if n >= len(_PLACES):
        slug, name = f"{slug}-{n // len(_PLACES) + 1}", f"{name} {n // len(_PLACES) + 1}"
    dice = Dice("partner", seed, slug)
    platform = PLATFORMS[connector]
    source = f"{slug}-01"
    lines: tuple[Line, ...] = ("inbound", "outbound") if platform.outbound else ("inbound",)
    campaigns = tuple(
        Campaign(
            code=f"{offer}-{customers}",
            line=line,
            queue=f"{offer.lower()}-{customers.lower()}",
            country=customers,
            currency=CURRENCIES[customers],
            our_number=number(dice, customers),
            sales_share=_SALES_SHARE[offer],
        )
        for line in lines
        for offer in _OFFERS[line]
    )
    staff = tuple(_agent(dice, connector, tongue, languages, lines, k) for k in range(agents))
    return Partner(
        id=slug,
        name=name,
        country=country,
        time_zone=zone,
        source=source,
        settings=SourceSettings(
            connector=connector,
            partner=slug,
            day_zone=zone,
            public_url=f"{public}/v1/in/{source}",
            clock="replay",
            dispositions=platform.dispositions,
            agent_states=platform.agent_states,
            queues={campaign.queue: campaign.queue for campaign in campaigns if campaign.line == "inbound"},
            campaigns={campaign.code: campaign.code for campaign in campaigns},
            reports_holds=platform.holds,
            options=platform.options,
        ),
        secrets={scheme: (_secret(seed, source, scheme),) for scheme in (platform.scheme, "replay")},
        campaigns=campaigns,
        agents=staff,
        skew_ms=dice.between(-1200, 1200),
    )


def _agent(dice: Dice, connector: str, tongue: str, languages: tuple[str, ...], lines: Sequence[Line], k: int) -> Agent:
    line = lines[k % len(lines)]
    ident = {
        "twilio": f"WK{dice.bits(128):032x}",
        "amazon-connect": f"agent-{k + 101}",
        "asterisk": f"Agent {k + 101}",
    }.get(connector, f"ag-{k + 1:03}")
    return Agent(
        number=k,
        id=ident,
        name=full_name(dice, tongue),
        team=f"{line}-{'AB'[k // 12 % 2]}",
        languages=languages[: dice.between(1, len(languages))],
        line=line,
        skill=0.4 + 1.2 * dice.unit(),
        pace=0.8 + 0.4 * dice.unit(),
    )


def _secret(seed: int, source: str, scheme: str) -> str:
    """Secrets of a simulated source are worked out from the seed: they protect nothing."""
    digest = hashlib.sha256(f"simulated:{seed}:{source}:{scheme}".encode()).digest()
    return f"whsec_{b64encode(digest).decode()}" if scheme == "standard-webhooks" else digest.hex()[:40]
