"""The systems that the tests speak to: one for each engine, shared by the tests of a module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.moving.exporting import export_system
from services.simulate.driver import send_recorded
from tests.e2e.moved import quiet, settings
from tests.e2e.recorded import SETS
from tests.e2e.systems import PARAMS, System, Time, start


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The engines that a module's tests run on: both, but for a module that says `ENGINE = "embedded"` since what it
    shows lies in front of the ports."""
    own = hasattr(metafunc.module, "engine") or "engine" in _named(metafunc)
    if "engine" in metafunc.fixturenames and not own:
        only = getattr(metafunc.module, "ENGINE", None)
        metafunc.parametrize("engine", [only] if only else PARAMS, scope="module")


def _named(metafunc: pytest.Metafunc) -> set[str]:
    """What the test itself is parametrized by."""
    names = (mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    return {name for some in names for name in (some.split(",") if isinstance(some, str) else some)}


@pytest.fixture(scope="module")
def time(engine: str) -> Time:
    """The clock of the module's system."""
    return Time()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(engine: str, time: Time, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A demo's system of the module."""
    data: Path = tmp_path_factory.mktemp("system")
    async with start(engine, data, time) as running:
        yield running


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A system with one recorded set, and its archive."""
    home = tmp_path_factory.mktemp("small")

    async def make() -> None:
        async with start("embedded", home / "data") as system:
            _, sent, _ = await send_recorded(system.client, SETS["twilio"], demo=True)
            assert len(sent.accepted) > 10
            await system.settled()
        await export_system(settings("embedded", home / "data"), home / "archive", quiet)

    asyncio.run(make())
    return home / "data", home / "archive"
