"""What a transition is made of, by the direction of its calls: tasks, in days from the beginning of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.partners.events.transition import Side, TemplateName


@dataclass(frozen=True)
class TemplateTask:
    """A task: what is done by which side, `starts` days after the plan begins, for so many `days`, and after what."""

    name: str
    side: Side
    starts: int
    days: int
    after: tuple[str, ...] = ()


_COMMON: Mapping[str, TemplateTask] = {
    "kick-off": TemplateTask("Meet, name the people of both sides, agree the plan", "both", 0, 1),
    "data-protection": TemplateTask("Agree how customers' data are handled", "both", 1, 5, ("kick-off",)),
    "source": TemplateTask("Connect the telephony and pass the conformance checks", "theirs", 1, 7, ("kick-off",)),
    "scripts": TemplateTask("Hand over scripts, products and prices in every language", "ours", 1, 4, ("kick-off",)),
    "agents": TemplateTask("Name and register the agents and their leads", "theirs", 1, 4, ("kick-off",)),
    "training": TemplateTask("Train and examine agents and back-ups", "ours", 5, 5, ("scripts", "agents")),
    "codes": TemplateTask("Map campaigns, dispositions and agents' states", "ours", 8, 2, ("source",)),
    "test-calls": TemplateTask("Make the mandatory test calls until they pass", "both", 10, 3, ("codes", "training")),
    "ramp": TemplateTask("Begin with few calls a day", "both", 13, 1, ("test-calls", "data-protection")),
}  # fmt: skip

TEMPLATES: Mapping[TemplateName, Mapping[str, TemplateTask]] = {
    "inbound": {
        **_COMMON,
        "lines": TemplateTask("Order the lines, and agree where each number leads", "ours", 1, 7, ("kick-off",)),
        "queues": TemplateTask("Set up queues, opening hours and announcements", "theirs", 8, 2, ("source",)),
        "switch-lines": TemplateTask("Switch the lines one by one", "both", 13, 2, ("lines", "queues", "test-calls")),
        "ramp": TemplateTask("Begin with few calls a day", "both", 15, 1, ("switch-lines", "data-protection")),
    },
    "outbound": {
        **_COMMON,
        "lists": TemplateTask("Prepare lead lists, without those not to be called", "ours", 6, 4, ("data-protection",)),
        "caller-numbers": TemplateTask("Agree and register the numbers that are shown", "theirs", 1, 5, ("kick-off",)),
        "legal-hours": TemplateTask("Set the hours and limits of the dialler by country", "both", 8, 2, ("source",)),
        "ramp": TemplateTask(
            "Begin with few calls a day", "both", 13, 1, ("test-calls", "lists", "caller-numbers", "legal-hours")
        ),
    },
}  # fmt: skip
"""Every template's tasks by their ids."""


def tasks_of(templates: Iterable[TemplateName]) -> dict[str, TemplateTask]:
    """The tasks of all these templates: what several have stands once, begins with the latest, and waits for all."""
    found: dict[str, TemplateTask] = {}
    for template in sorted(set(templates)):
        for name, task in TEMPLATES[template].items():
            known = found.get(name, task)
            waits = tuple(dict.fromkeys((*known.after, *task.after)))
            found[name] = replace(task, starts=max(known.starts, task.starts), after=waits)
    return found
