"""All that the training service records, by aggregate; every one of them goes to its topic."""

from services.training.events.evaluations import EvaluationEvent
from services.training.events.forms import FormEvent
from services.training.events.ideas import IdeaEvent
from services.training.events.samples import SampleEvent
from services.training.events.struggles import StruggleEvent
from shared.contracts.training import PublicTrainingEvent

TrainingEvent = PublicTrainingEvent | FormEvent | SampleEvent | EvaluationEvent | StruggleEvent | IdeaEvent
