"""What the partners service does by itself when something happens: one process manager a file."""

from services.partners.domain.process_managers.agents import register_agents_on_first_sight
from services.partners.domain.process_managers.conformance import note_conformance
from services.partners.domain.process_managers.contracts import note_contracts
from services.partners.domain.process_managers.credentials import note_credentials
from services.partners.domain.process_managers.evaluations import note_evaluations
from services.partners.domain.process_managers.months import note_open
from services.partners.domain.process_managers.ramp import follow_ramp
from services.partners.domain.process_managers.reviews import carry_actions
from services.partners.domain.process_managers.sandboxes import keep_sandboxes_alike, watch_sandboxes
from services.partners.domain.process_managers.scenario_runs import follow_test_calls, note_test_calls
from services.partners.domain.process_managers.tickets import note_tickets
from services.partners.domain.process_managers.transition import note_transition

MANAGERS = (
    register_agents_on_first_sight,
    note_contracts,
    note_credentials,
    note_evaluations,
    note_transition,
    follow_test_calls,
    note_test_calls,
    follow_ramp,
    note_tickets,
    note_open,
    carry_actions,
    note_conformance,
    keep_sandboxes_alike,
    watch_sandboxes,
)

__all__ = ["MANAGERS"]
