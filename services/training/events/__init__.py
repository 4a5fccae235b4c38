"""All that the training service records, by aggregate; every one of them goes to its topic."""

from services.training.events.banks import BankEvent
from services.training.events.certificates import CertificateEvent
from services.training.events.courses import CourseEvent
from services.training.events.sessions import SessionEvent
from shared.contracts.training import PublicTrainingEvent

TrainingEvent = PublicTrainingEvent | CourseEvent | SessionEvent | BankEvent | CertificateEvent
