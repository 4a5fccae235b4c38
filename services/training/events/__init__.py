"""All that the training service records, by aggregate; every one of them goes to its topic."""

from services.training.events.coaching import CoachingEvent
from services.training.events.contests import ContestEvent
from shared.contracts.training import PublicTrainingEvent

TrainingEvent = PublicTrainingEvent | CoachingEvent | ContestEvent
