"""All that the training service records, by aggregate; every one of them goes to its topic."""

from services.training.events.candidates import CandidateEvent
from services.training.events.capacity import CapacityEvent
from services.training.events.rotas import RotaEvent
from services.training.events.staffing import StaffingEvent
from shared.contracts.training import PublicTrainingEvent

TrainingEvent = PublicTrainingEvent | StaffingEvent | RotaEvent | CapacityEvent | CandidateEvent
