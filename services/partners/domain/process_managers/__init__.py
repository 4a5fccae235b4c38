"""What the partners service does by itself when something happens: one process manager a file."""

from services.partners.domain.process_managers.agents import register_agents_on_first_sight
from services.partners.domain.process_managers.credentials import note_credentials
from services.partners.domain.process_managers.evaluations import note_evaluations

MANAGERS = (register_agents_on_first_sight, note_credentials, note_evaluations)

__all__ = ["MANAGERS"]
