"""`make schemathesis`: a server of its own on an empty folder, and every route asked what its description allows."""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
TOOL = ROOT / ".venv-checks" / "bin" / "schemathesis"
CONFIG = Path(__file__).with_name("schemathesis.toml")
STARTS_WITHIN_S = 120
LEFT_OUT: Mapping[str, str] = {
    "positive_data_acceptance": "a body of the right form may still break a rule: 404, 409 and 422 are right answers",
}
"""Checks that are not made, and why."""
NOT_ASKED = r"/live$|/live\?|^/api/v1/operations/views/"
"""Streams without an end; rebuilds, which have their own tests."""


def main() -> None:
    """Ends with what the tool ends with: 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=20, help="Requests of each kind for each route.")
    parser.add_argument("more", nargs="*", help="Options for the tool.")
    asked, more = parser.parse_known_args()
    for check, why in LEFT_OUT.items():
        print(f"left out: {check}: {why}")
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder) / "data", free_port()
        log = Path(folder) / "server.log"
        command = [sys.executable, "-m", "services.cli", "run", "--data", str(data), "--port", str(port)]
        with log.open("wb") as said:
            server = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        try:
            found = run(f"http://127.0.0.1:{port}", data, asked.seed, asked.examples, [*asked.more, *more])
        finally:
            server.terminate()
            server.wait(60)
        errors = [line for line in log.read_text().splitlines() if " error " in line]
        print(f"{len(errors)} errors in the server's log", *errors[:20], sep="\n")
    sys.exit(found or (1 if errors else 0))


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def run(url: str, data: Path, seed: int, examples: int, more: list[str]) -> int:
    """The tool's exit code."""
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                break
        except httpx.HTTPError:
            pass
        if time.monotonic() > until:
            raise TimeoutError(url)
        time.sleep(0.5)
    key = (data / "local.key").read_text().strip()
    command = [
        str(TOOL), "--config-file", str(CONFIG), "run", f"{url}/api/v1/openapi.json",
        "--header", f"Authorization:Bearer {key}", "--checks", "all", "--exclude-checks", ",".join(LEFT_OUT),
        "--exclude-path-regex", NOT_ASKED, "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples),
        "--seed", str(seed), "--continue-on-failure", "--warnings", "off", "--request-timeout", "20", *more,
    ]  # fmt: skip
    return subprocess.run(command, cwd=data.parent, check=False).returncode


if __name__ == "__main__":
    main()
