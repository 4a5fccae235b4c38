"""What holds for every test: no example fails for the time that it takes, since machines are busy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
