"""What time ends: credentials are taken away for good, and contracts hold no longer."""

from __future__ import annotations

from services.partners.domain.integration import EndCredential, integration
from services.partners.domain.partner import NoteFact, partner
from services.partners.views.contracts import contracts
from services.partners.views.partners import partners
from services.partners.views.sources import sources
from shared.contracts.agreements import terms_on
from shared.http import Deps
from shared.kernel import Rejected
from shared.vault import Vault

ACTOR = "endings"
SIGNED = "signed_contract"


class Endings:
    """Looks at what has ended by now, and says so once."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def step(self) -> int:
        """One look; how many things had ended."""
        return await self._credentials() + await self._contracts()

    async def _credentials(self) -> int:
        """Revoke what has ended, and delete its secret: ingest refuses it by itself at the very moment. Not of replay
        sources, whose clock is a recorded one: what they deliver may be older still."""
        now, ended = self._deps.clock(), 0
        for source_id, doc in await self._deps.reads.find(sources, {}):
            if doc.settings.clock == "replay":
                continue
            for credential in [credential for credential, until in doc.until.items() if until <= now]:
                command = EndCredential(source_id=source_id, credential_id=credential, at=now)
                by = f"ended:{credential}:{doc.until[credential].isoformat()}"
                try:
                    await self._deps.door.handle(integration, source_id, command, command_id=by, actor=ACTOR)
                except Rejected:  # its time was made longer since; the view is behind, and the secret is still needed
                    continue
                await self._deps.vault.delete_secret(Vault.credential_name(source_id, credential))
                ended += 1
        return ended

    async def _contracts(self) -> int:
        """The partners of contracts whose last day, in UTC, is over are told that none of them is in force."""
        today, ended = self._deps.clock().date(), 0
        for partner_id, doc in await self._deps.reads.find(partners, {}):
            signed = doc.facts.get(SIGNED, {})
            for contract_id, known in (await self._deps.reads.get(contracts, list(signed))).items() if signed else ():
                if terms_on(known.agreement, today) not in ("ended", "terminated"):
                    continue
                command = NoteFact(partner_id=partner_id, fact=SIGNED, ref=contract_id, holds=False)
                by = f"ended:{contract_id}:{known.changes}"
                await self._deps.door.handle(partner, partner_id, command, command_id=by, actor=ACTOR)
                ended += 1
        return ended
