"""Takes credentials away for good once their time is over, so that nothing of them is left and the partner can end."""

from __future__ import annotations

from services.partners.domain.integration import EndCredential, integration
from services.partners.views.sources import sources
from shared.http import Deps
from shared.vault import Vault

ACTOR = "endings"


class Endings:
    """Ingest refuses them by itself at the very moment; this may come a little later."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def step(self) -> int:
        """Revoke what has ended, and delete its secret; how many. Not of replay sources, whose clock is a recorded one:
        what they deliver may be older still."""
        now, ended = self._deps.clock(), 0
        for source_id, doc in await self._deps.reads.find(sources, {}):
            if doc.settings.clock == "replay":
                continue
            for credential in [credential for credential, until in doc.until.items() if until <= now]:
                command = EndCredential(source_id=source_id, credential_id=credential, at=now)
                by = f"ended:{credential}:{doc.until[credential].isoformat()}"
                await self._deps.door.handle(integration, source_id, command, command_id=by, actor=ACTOR)
                await self._deps.vault.delete_secret(Vault.credential_name(source_id, credential))
                ended += 1
        return ended
