"""All that the training service records, by aggregate; every one of them goes to its topic."""

from services.training.events.banks import BankEvent
from services.training.events.candidates import CandidateEvent
from services.training.events.capacity import CapacityEvent
from services.training.events.certificates import CertificateEvent
from services.training.events.coaching import CoachingEvent
from services.training.events.contests import ContestEvent
from services.training.events.courses import CourseEvent
from services.training.events.evaluations import EvaluationEvent
from services.training.events.forms import FormEvent
from services.training.events.ideas import IdeaEvent
from services.training.events.rotas import RotaEvent
from services.training.events.samples import SampleEvent
from services.training.events.sessions import SessionEvent
from services.training.events.staffing import StaffingEvent
from services.training.events.struggles import StruggleEvent
from shared.contracts.training import PublicTrainingEvent

Taught = CourseEvent | SessionEvent | BankEvent | CertificateEvent
Measured = FormEvent | SampleEvent | EvaluationEvent | CoachingEvent | ContestEvent | StruggleEvent | IdeaEvent
Staffed = StaffingEvent | RotaEvent | CapacityEvent | CandidateEvent
TrainingEvent = PublicTrainingEvent | Taught | Measured | Staffed
