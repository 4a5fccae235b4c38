"""The doors by which people come in, as the process has them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from services.gateway.domain.claims import ClaimRules
from services.gateway.identity.endings import Endings
from services.gateway.identity.provider import Begun, Party, Provider
from services.gateway.identity.users import Users
from shared import metrics
from shared.clock import Clock
from shared.http import Limits, Rate
from shared.kernel import Rejected
from shared.ports import Documents
from shared.security import Access, Once, Principal
from shared.settings import Settings

BEGUN = "access_begun"
SIGN_IN_RATE = Rate(1.0, 30)
"""Requests to sign in from one address: a floor behind one address begins its shift in a minute."""
ENDING_RATE = Rate(50.0, 1000)
"""Logout tokens from one address: a provider ends the sessions of a whole company at once, and asks only once."""
LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


class Left(msgspec.Struct, frozen=True):
    """What is remembered of somebody who was sent to the provider: what its answer has to fit, and where they were
    going."""

    begun: Begun
    going: str


@dataclass(frozen=True)
class Doors:
    """`provider` None: there is none, and nobody whose word `endings` would take. `demo`: everybody may come in as
    whoever they choose."""

    users: Users
    provider: Provider | None
    endings: Endings | None
    left: Once[Left]
    limits: Limits
    ending: Limits
    base_url: str
    demo: bool = False

    async def start(self) -> None:
        """Create what is missing."""
        await self.users.start()
        await self.left.start()
        if self.endings is not None:
            await self.endings.start()


def provider_of(settings: Settings, clock: Clock) -> Provider | None:
    """The provider that the settings name; None where they name none."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret or None
    if settings.oidc_client_secret_file is not None:
        secret = settings.oidc_client_secret_file.read_text(encoding="utf-8").rstrip("\n")
    claims = ClaimRules(
        name=settings.oidc_name_claim,
        role=settings.oidc_role_claim,
        partners=settings.oidc_partners_claim,
        agent=settings.oidc_agent_claim,
        roles=settings.oidc_roles,
    )
    party = Party(
        settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_scopes, settings.jwt_audience, claims
    )
    return Provider(party, clock)


def doors_of(
    settings: Settings, documents: Documents, clock: Clock, access: Access, provider: Provider | None
) -> Doors:
    """The doors that the settings open. One as whoever one likes is there in a demo on this machine alone."""
    for door in ("link", "password", "provider", "demo"):
        metrics.SIGN_INS.labels(door, "in")
    return Doors(
        users=Users(documents, clock, access),
        provider=provider,
        endings=None if provider is None else Endings(documents, clock, provider, access),
        left=Once(documents, clock, BEGUN, Left),
        limits=Limits("sign_in", SIGN_IN_RATE),
        ending=Limits("provider_sign_out", ENDING_RATE),
        base_url=settings.base_url,
        demo=settings.demo and f"{settings.base_url}:".startswith(LOOPBACK),
    )


class Bearers:
    """Tokens of the provider as bearers of services. None for whoever's token is not good."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def __call__(self, token: str) -> Principal | None:
        """Whom the token stands for."""
        try:
            found = await self._provider.bearer(token)
        except Rejected:
            return None
        return Principal(found.name, found.role, found.partners, agent=found.agent)
