"""Runs a command with the addresses of servers in its environment: those that are given, else those of the tests.

`python -m tests.load.servers COMMAND ...`
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from tests.engines.kafka import KAFKA
from tests.engines.mongo import MONGO


def addresses() -> Mapping[str, str]:
    """The settings of both servers; started where the environment names none."""
    if "TALLYLINE_KAFKA" in os.environ and "TALLYLINE_MONGO" in os.environ:
        return {}
    return {
        "TALLYLINE_KAFKA": KAFKA.address(),
        "TALLYLINE_KAFKA_REPLICATION": "1",
        "TALLYLINE_KAFKA_MIN_INSYNC": "1",
        "TALLYLINE_MONGO": f"mongodb://{MONGO.address()}",
    }


if __name__ == "__main__":
    try:
        sys.exit(subprocess.run(sys.argv[1:], env=os.environ | addresses(), check=False).returncode)
    finally:
        KAFKA.stop()
        MONGO.stop()
