"""All that the aggregates of the calls service record; the facts of telephony are the tracker's, and not among them."""

from services.calls.events.campaign_rules import RulesPublished
from services.calls.events.campaigns import CampaignEvent, NumberEvent
from services.calls.events.commissions import CommissionEvent
from services.calls.events.goals import GoalEvent
from services.calls.events.histories import HistoryEvent
from services.calls.events.leads import LeadEvent, LeadListEvent
from services.calls.events.media import MediaEvent
from services.calls.events.orders import OrderEvent, WindowEvent
from services.calls.events.products import ProductEvent
from services.calls.events.providers import ProviderEvent
from services.calls.events.scripts import ScriptEvent, WalkEvent
from services.calls.events.subscriptions import SubscriptionEvent

CallsEvent = (
    ProductEvent
    | CampaignEvent
    | NumberEvent
    | RulesPublished
    | GoalEvent
    | MediaEvent
    | OrderEvent
    | WindowEvent
    | ProviderEvent
    | SubscriptionEvent
    | HistoryEvent
    | LeadListEvent
    | LeadEvent
    | ScriptEvent
    | WalkEvent
    | CommissionEvent
)
