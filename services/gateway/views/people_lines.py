"""People of a rota as lines of text, one a line: `Ana Anić: hr, de; 30; 2026-03-05`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from services.gateway.views.called import Called
from services.gateway.views.words import _

MINUTES = 60


def lines_of(people: Iterable[Mapping[str, Any]], agents: Called) -> str:
    """As they are written: who, languages, hours a week where they have a limit of their own, days away."""
    return "\n".join(_line(one, agents) for one in people)


def _line(one: Mapping[str, Any], agents: Called) -> str:
    limit, away = one.get("most_minutes_week"), one.get("away") or ()
    parts = [f"{agents.label(one['agent'])}: {', '.join(one['languages'])}"]
    if limit is not None or away:
        parts.append("" if limit is None else f"{limit / MINUTES:g}")
    if away:
        parts.append(", ".join(str(day) for day in away))
    return "; ".join(parts)


def people_of(text: str, agents: Called) -> list[dict[str, Any]]:
    """The people; empty lines say nothing. ValueError with the line that can't be read, or has a name that is not of
    one agent."""
    return [_person(number, line, agents) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _person(number: int, line: str, agents: Called) -> dict[str, Any]:
    try:
        agent, _colon, rest = line.rpartition(":") if ";" not in line else _split(line)
        languages, hours, away = (*(part.strip() for part in rest.split(";")), "", "")[:3]
        if not agent.strip() or rest.count(";") > 2:
            raise ValueError(line)
        person: dict[str, Any] = {"agent": agents.id(agent.strip()), "languages": _listed(languages)}
        if hours:
            person["most_minutes_week"] = round(float(hours) * MINUTES)
        if away:
            person["away"] = [date.fromisoformat(day).isoformat() for day in _listed(away)]
    except (ValueError, OverflowError):
        raise ValueError(_("Line %(n)s can't be read: %(line)s") % {"n": number, "line": line.strip()[:100]}) from None
    if agents.unclear(name := agent.strip()[:100]):
        raise ValueError(_("Line %(n)s: no agent, or more than one, is called %(name)s.") % {"n": number, "name": name})
    return person


def _split(line: str) -> tuple[str, str, str]:
    """Ids of agents may hold a colon; what follows the first semicolon never belongs to one."""
    head, _semicolon, tail = line.partition(";")
    agent, colon, languages = head.rpartition(":")
    return agent, colon, f"{languages};{tail}"


def _listed(text: str) -> list[str]:
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise ValueError(text)
    return found
