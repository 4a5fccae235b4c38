"""The systems that the tests speak to: one for each engine, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.systems import PARAMS, System, Time, start


@pytest.fixture(scope="module", params=PARAMS)
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that the module's tests run on."""
    return str(request.param)


@pytest.fixture(scope="module")
def time() -> Time:
    """The clock of the module's system."""
    return Time()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(engine: str, time: Time, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A demo's system of the module."""
    data: Path = tmp_path_factory.mktemp("system")
    async with start(engine, data, time) as running:
        yield running
