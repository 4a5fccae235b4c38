"""The platforms that nobody simulates: whatever bytes come with the proof of a recorded delivery, none is an error of
ours, and whatever is sent besides counts as ever.

A request that ends in an exception fails the test: in this process nothing stands between it and the application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.embedded import Embedded
from services.simulate.driver import Request, recorded_requests, set_up_recorded
from shared.settings import Settings
from tests.e2e.crash.test_any_bytes import PIECES, House, cuts, mutated, unverified
from tests.e2e.recorded import FIXTURES

SETS = (
    "genesys-cloud", "freeswitch", "vicidial", "aircall", "ringcentral", "own-cases/generic-json",
    "own-cases/generic-csv",
)  # fmt: skip
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TAKEN = {200, 202}
"""Of a vendor: also what nobody can read, which lies among the dead letters then. 200: a handshake."""
Sent = dict[str, list[Request]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Sent]]:
    with asyncio.Runner() as runner:

        async def open_() -> tuple[Embedded, Sent]:
            data = tmp_path_factory.mktemp("any") / "data"
            system = Embedded(Settings(data=data, log_level="error", demo=True))
            await system.open()
            await system.start()
            found = {}
            for name in SETS:
                recording, keys = await set_up_recorded(system.client, FIXTURES / name, demo=True)
                found[name] = list(recorded_requests(recording, keys))
            return system, found

        system, requests = runner.run(open_())
        yield House(system, runner), requests
        runner.run(system.settled())
        assert system.runtime.failed is None, "no loop has died"
        assert runner.run(unverified(system)) == []
        runner.run(system.stop())


def answered(house: House, request: Request) -> None:
    """Of a delivery whose proof stands in its body, another body may be another's."""
    assert house.send(request) in TAKEN | {401}


@pytest.mark.parametrize("name", SETS)
@few
@given(n=st.integers(0, 400), places=cuts)
def test_a_mutated_body_is_taken_or_kept(
    kept: tuple[House, Sent], name: str, n: int, places: list[tuple[int, int, bytes]]
) -> None:
    house, requests = kept
    request = requests[name][n % len(requests[name])]
    answered(house, request._replace(body=mutated(request.body, places)))


@pytest.mark.parametrize("name", SETS)
@few
@given(n=st.integers(0, 400), body=st.binary(max_size=400))
def test_any_body_is_taken_or_kept(kept: tuple[House, Sent], name: str, n: int, body: bytes) -> None:
    house, requests = kept
    request = requests[name][n % len(requests[name])]
    answered(house, request._replace(body=body))


@pytest.mark.parametrize("name", SETS)
@few
@given(n=st.integers(0, 400), pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
def test_any_query_is_taken_or_kept(kept: tuple[House, Sent], name: str, n: int, pieces: list[bytes]) -> None:
    house, requests = kept
    request = requests[name][n % len(requests[name])]
    more = "".join(f"%{byte:02X}" for byte in b"".join(pieces)[:200])
    mark = "&" if "?" in request.path else "?"
    answered(house, request._replace(path=f"{request.path}{mark}status={more}&call_id={more}"))


@pytest.mark.parametrize("name", SETS)
def test_a_delivery_without_its_proof_is_401_and_leaves_nothing(kept: tuple[House, Sent], name: str) -> None:
    house, requests = kept
    ours = ("content-type", "tallyline-")
    url = f"/api/v1/sources/{requests[name][0].path.split('/')[3].partition('?')[0]}/intake"
    house.runner.run(house.system.settled())
    before = house.runner.run(house.system.client.get(url)).json()["counts"]
    for request in requests[name][:10]:
        headers = {header: value for header, value in request.headers.items() if header.startswith(ours)}
        bare = request._replace(headers=headers, path=request.path.partition("?")[0], body=b"{}")
        assert house.send(bare) == 401
        assert house.send(bare._replace(headers=headers | {"authorization": "Bearer guessed"})) == 401
    house.runner.run(house.system.settled())
    assert house.runner.run(house.system.client.get(url)).json()["counts"] == before


def test_afterwards_the_recorded_deliveries_are_taken_as_ever(kept: tuple[House, Sent]) -> None:
    house, requests = kept
    for name in SETS:
        answers = [house.send(request) for request in requests[name]]
        assert sum(answer in TAKEN for answer in answers) > len(answers) / 2
    house.runner.run(house.system.settled())
    for name in SETS:
        source = requests[name][0].path.split("/")[3].partition("?")[0]
        answer = house.runner.run(house.system.client.get(f"/api/v1/sources/{source}/intake"))
        counts = answer.json()["counts"]
        assert counts["received"] == sum(n for verdict, n in counts.items() if verdict != "received")
        assert counts["received"] >= len(requests[name]) / 2
