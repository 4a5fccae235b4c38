"""MongoDB over TLS, as the address of the settings says it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.adapters.mongo import MongoDatabase
from shared.ports import StoreUnavailable
from tests.engines import mongo
from tests.engines.secure import Authority
from tests.engines.server import Server, listens

pytestmark = [pytest.mark.engines, pytest.mark.timeout(120)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
async def test_a_server_over_tls_is_reached_when_its_certificate_is_from_whom_we_trust(tmp_path: Path) -> None:
    ours, strangers = Authority("the tests' authority"), Authority("a stranger")
    (tmp_path / "server.pem").write_text(ours.issue("mongo", "127.0.0.1"))
    (tmp_path / "ours.pem").write_text(ours.pem)
    (tmp_path / "strangers.pem").write_text(strangers.pem)

    def command(jars: Path, home: Path, port: int) -> Sequence[str]:
        return [*mongo.command(jars, home, port), str(tmp_path / "server.pem")]

    server = Server("mongo", command, listens, own=True)
    try:
        address = server.address()
        trusting = MongoDatabase(f"mongodb://{address}/?tls=true&tlsCAFile={tmp_path / 'ours.pem'}", "t")
        await trusting.open()
        await trusting.ping()
        await trusting.close()
        for url in (
            f"mongodb://{address}/?tls=true&tlsCAFile={tmp_path / 'strangers.pem'}",
            f"mongodb://{address.replace('127.0.0.1', 'localhost')}/?tls=true&tlsCAFile={tmp_path / 'ours.pem'}",
            f"mongodb://{address}",
        ):
            with pytest.raises(StoreUnavailable):
                await MongoDatabase(url, "t", timeout=2.0).open()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # a refused handshake leaves the driver's socket open
            gc.collect()
    finally:
        server.stop()
