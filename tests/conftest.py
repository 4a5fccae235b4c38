"""What holds for every test: no example fails for the time that it takes, since machines are busy; and what commands
print is as wide as a test says, not as the terminal that it was started from."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

os.environ.pop("COLUMNS", None)  # a console that finds it when it is made keeps to it
