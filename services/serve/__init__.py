"""One service of the distributed system in a process of its own, in one role or several."""

from __future__ import annotations

from collections.abc import Callable

from services.serve.process import Process
from services.web import application, drain, start_serving
from shared import clock
from shared.master import master_key
from shared.runtime import Role, Runtime
from shared.security import ServiceTokens
from shared.settings import SettingError, Settings

SERVICES = ("partners", "calls", "reconciliation", "training", "gateway")


async def run_service(
    settings: Settings,
    name: str,
    roles: frozenset[Role],
    say: Callable[[str], None],
    announce: Callable[[Settings], None],
) -> None:
    """Serve until told to stop. The public door is announced when it is open."""
    if settings.engine != "distributed":
        raise SettingError("TALLYLINE_ENGINE must be distributed: the embedded engine is one process, `tallyline run`.")
    tokens = ServiceTokens(master_key(settings), clock.now)
    process = _process(settings, tokens, name)
    runtime = Runtime(settings, process.services, clock.now, roles)
    try:
        await runtime.open()
        await process.opened(runtime)
        await runtime.start()
        app = application(runtime, process.access, process.operations)
        serving, listens = await start_serving(settings, app, lambda: drain(runtime))
        if listens:
            say(f"{name} ({', '.join(sorted(roles))}) listens on {settings.base_url}")
            if name == "gateway" and "api" in roles:
                announce(settings)
                for line in await process.greeting():
                    say(line)
        await serving
    finally:
        await process.close()
        await runtime.stop()


def _process(settings: Settings, tokens: ServiceTokens, name: str) -> Process:
    """What the named service needs is loaded here and nothing of the others: that is half of what a start costs, and
    half of the memory of a process."""
    match name:
        case "gateway":
            from services.serve.gateway import Gateway

            return Gateway(settings, tokens)
        case "reconciliation":
            from services.serve.reconciliation import Reconciliation

            return Reconciliation(settings, tokens)
        case "partners":
            from services.partners.service import SERVICE as PARTNERS

            return Process(tokens, PARTNERS)
        case "calls":
            from services.calls.service import SERVICE as CALLS

            return Process(tokens, CALLS)
        case "training":
            from services.training.service import SERVICE as TRAINING

            return Process(tokens, TRAINING)
        case _:
            raise SettingError(f"{name} is no service: {', '.join(SERVICES)}.")
