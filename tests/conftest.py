"""What holds for every test: no example fails for the time that it takes, since machines are busy; what commands print
is as wide as a test says, not as the terminal that it was started from; and Python runs as it does in a server."""

from __future__ import annotations

import os

from hypothesis import settings

from shared.interpreter import tune

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

os.environ.pop("COLUMNS", None)  # a console that finds it when it is made keeps to it

tune()  # the collector would look through the routes of all applications ever so often
