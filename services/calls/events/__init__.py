"""All that the aggregates of the calls service record; the facts of telephony are the tracker's, and not among them."""

from services.calls.events.campaign_rules import RulesPublished
from services.calls.events.campaigns import CampaignEvent, NumberEvent
from services.calls.events.goals import GoalEvent
from services.calls.events.media import MediaEvent
from services.calls.events.products import ProductEvent

CallsEvent = ProductEvent | CampaignEvent | NumberEvent | RulesPublished | GoalEvent | MediaEvent
