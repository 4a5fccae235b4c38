"""The live wallboard: what stands on it at one moment, worked out from calls, agents, sources and the day's figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from services.gateway.views.inputs import (
    AgentState,
    AgentToday,
    LiveCall,
    Names,
    Now,
    OpenAlert,
    Source,
    Today,
    Total,
    key_of,
)
from services.gateway.views.kpi_words import formula_in_words
from services.gateway.views.snapshot import (
    Attention,
    Figure,
    GroupCount,
    Point,
    Row,
    Scope,
    Seller,
    Snapshot,
    Sources,
    Tone,
)
from services.gateway.views.words import KEPT, _, bare_percent, call_link, duration, link, number, plural
from shared.contracts.codes import agent_state

GROUPS = ("available", "on_call", "wrap_up", "paused", "offline", "unknown")
SERIES_S = 300
TOP = 8
LONG_WRAP_UP = timedelta(minutes=5)
LONG_WAIT = timedelta(seconds=60)
SILENCE = timedelta(seconds=90)
TARGET_WAIT_S = 30
LEAST_N = 20
"""Of fewer cases a share says nothing that somebody has to act upon."""


def build(now: Now, today: Today | None, points: Sequence[Point], at: datetime, scope: Scope) -> Snapshot:
    """Everything on the wallboard at `at`. `today` None: the day's figures are not to be had, and show as unknown."""
    calls = [call for call in now.calls if scope.campaign is None or call.campaign == scope.campaign]
    rows = _rows(now, today, scope, _lacks(calls))
    heard = any(source.last_event_at for source in now.sources)
    links = _row_links(scope, today)
    figures = _day_figures(today, scope)
    return Snapshot(
        id=state_id(now, today),
        as_of=at,
        scope=scope,
        day=today.day if today else None,
        zone=today.zone if today else None,
        kpis=[*_live_figures(calls, heard, at, scope), *figures],
        points=list(points),
        groups=_groups(rows),
        top=_top(rows, links["sales"]),
        attention=_attention(calls, now, rows, figures, at, scope),
        rows=rows,
        sources=_sources(now.sources, at),
        history=now.history if now.history and now.history.days_done < now.history.days_total else None,
        links=links,
        partners=now.names.partners,
        campaigns=now.names.campaigns,
    )


def state_id(now: Now, today: Today | None) -> str:
    """The name of a state, the same on every replica that has read as far: generation, day and offsets."""
    vector = ".".join(str(now.as_of[name]) for name in sorted(now.as_of))
    return f"{now.generation}~{today.day if today else 'unknown'}~{vector}"


def live_counts(calls: Iterable[LiveCall], heard: bool) -> tuple[int | None, int | None]:
    """Calls in progress and waiting; unknown while no source was ever heard of."""
    if not heard:
        return None, None
    states = Counter(call.state for call in calls)
    return states["in_progress"], states["waiting"]


def row_link(template: str, key: str) -> str:
    """A link of `Snapshot.links` for one row."""
    partner, _slash, agent = key.partition("/")
    return template.replace("{partner}", quote(partner, safe="")).replace("{agent}", quote(agent, safe=""))


def _live_figures(calls: list[LiveCall], heard: bool, at: datetime, scope: Scope) -> list[Figure]:
    in_progress, waiting = live_counts(calls, heard)
    oldest = min(
        (call for call in calls if call.state == "waiting" and call.started_at),
        key=lambda call: (call.started_at or at, call.call),
        default=None,
    )
    wait: int | None = None
    if waiting == 0:
        wait = 0
    elif waiting and oldest and oldest.started_at:
        wait = max(0, int((at - oldest.started_at).total_seconds()))
    late = wait is not None and wait > TARGET_WAIT_S
    target = _("target %(wait)s") % {"wait": duration(TARGET_WAIT_S)}
    return [
        Figure(
            key="in_progress",
            label=_("Calls in progress"),
            value=in_progress,
            text=number(in_progress),
            note=_("answered, not ended"),
            n=in_progress,
            href=_calls(scope, state="in_progress"),
            formula=_("calls that were answered and have not ended"),
        ),
        Figure(
            key="waiting",
            label=_("Waiting now"),
            value=waiting,
            text=number(waiting),
            note=_("offered, not answered"),
            n=waiting,
            href=_calls(scope, state="waiting"),
            formula=_("calls that were offered and not answered yet"),
        ),
        Figure(
            key="longest_wait",
            label=_("Longest wait"),
            value=wait,
            text=duration(wait),
            note=f"▲ {target}" if late else target,
            tone="warn" if late else "",
            n=waiting,
            href=call_link(oldest.call) if oldest else _calls(scope, state="waiting"),
            formula=_("now less the start of the call that waits longest"),
        ),
    ]


def _day_figures(today: Today | None, scope: Scope) -> list[Figure]:
    totals = today.totals if today else {}
    seconds = today.service_seconds if today else 20
    level, abandoned, sales, confirmed, conversion = (
        totals.get(key) or Total(value=None, n=0)
        for key in ("service_level", "abandoned", "sales", "confirmed", "conversion")
    )
    level_target, limit = level.target or 0.8, abandoned.target or 0.05
    below = level.value is not None and level.value < level_target
    over = abandoned.value is not None and abandoned.value > limit
    goal = sales.target
    return [
        Figure(
            key="service_level",
            label=(_("Answered in %(seconds)s s") % {"seconds": seconds}).replace(f"{seconds} s", f"{seconds}{KEPT}s"),
            value=level.value,
            text=bare_percent(level.value),
            unit=_unit(level),
            note=_against(_("▼ target %(limit)s") if below else _("target %(limit)s"), level_target, level),
            tone="bad" if below else "",
            n=level.n,
            href=_evidence(level, scope, today),
            formula=formula_in_words(level.formula),
        ),
        Figure(
            key="abandoned",
            label=_("Abandoned"),
            value=abandoned.value,
            text=bare_percent(abandoned.value),
            unit=_unit(abandoned),
            note=_against(_("▲ limit %(limit)s") if over else _("limit %(limit)s"), limit, abandoned),
            tone="bad" if over else "",
            n=abandoned.n,
            href=_evidence(abandoned, scope, today),
            formula=formula_in_words(abandoned.formula),
        ),
        Figure(
            key="sales",
            label=_("Sales today"),
            value=sales.value,
            text=number(sales.value),
            note=_("reported, goal %(goal)s") % {"goal": number(goal)} if goal else _("reported by telephony"),
            n=sales.n,
            href=_evidence(sales, scope, today),
            formula=formula_in_words(sales.formula),
        ),
        Figure(
            key="confirmed",
            label=_("Confirmed"),
            value=confirmed.value,
            text=number(confirmed.value),
            note=_("orders placed today"),
            n=confirmed.n,
            href=_evidence(confirmed, scope, today),
            formula=formula_in_words(confirmed.formula),
        ),
        Figure(
            key="conversion",
            label=_("Conversion"),
            value=conversion.value,
            text=bare_percent(conversion.value),
            unit=_unit(conversion),
            note=_over(conversion),
            n=conversion.n,
            href=_evidence(conversion, scope, today),
            formula=formula_in_words(conversion.formula),
        ),
    ]


def _against(message: str, limit: float, total: Total) -> str:
    against = message % {"limit": f"{number(round(limit * 100, 1))}{KEPT}%"}
    told = _("%(against)s, n %(n)s") % {"against": against, "n": number(total.n)}
    return told.replace(" n ", f" n{KEPT}")


def _unit(ratio: Total) -> str:
    return "" if ratio.value is None else "%"


def _over(total: Total) -> str:
    return _("of %(n)s contacts") % {"n": number(total.n)} if total.n else _("no contacts yet")


def _lacks(calls: Iterable[LiveCall]) -> dict[str, str]:
    """By agent, the certificates that they lack for a call that they are in."""
    found: dict[str, set[str]] = {}
    for call in calls:
        if call.agent is not None and call.lacks:
            found.setdefault(key_of(call.partner, call.agent), set()).update(call.lacks)
    return {key: ", ".join(sorted(names)) for key, names in found.items()}


def _rows(now: Now, today: Today | None, scope: Scope, lacks: dict[str, str]) -> list[Row]:
    figures = {key_of(row.partner, row.agent): row for row in today.rows} if today else {}
    states = {key_of(state.partner, state.agent): state for state in now.agents}
    keys = figures.keys() if scope.campaign else figures.keys() | states.keys()
    rows = [
        _row(key, states.get(key), figures.get(key), now.names, lacks.get(key, ""), known=today is not None)
        for key in keys | lacks.keys()
    ]
    return sorted(rows, key=lambda row: (row.name.casefold(), row.key))


def _row(key: str, state: AgentState | None, figures: AgentToday | None, names: Names, lacks: str, known: bool) -> Row:
    partner, _slash, agent = key.partition("/")
    return Row(
        key=key,
        name=names.agent(partner, agent),
        partner=names.partner(partner),
        group=agent_state(state.state).display if state else "unknown",
        since=int(state.since.timestamp()) if state else None,
        calls=figures.handled if figures else (0 if known else None),
        aht_s=round(figures.aht_s) if figures and figures.aht_s is not None else None,
        sales=figures.sales if figures else (0 if known else None),
        confirmed=figures.confirmed if figures else (0 if known else None),
        conversion=figures.conversion if figures else None,
        contacts=figures.contacts if figures else 0,
        lacks=lacks,
    )


def _groups(rows: list[Row]) -> list[GroupCount]:
    counts = Counter(row.group for row in rows)
    return [GroupCount(group, counts[group]) for group in GROUPS]


def _top(rows: list[Row], template: str) -> list[Seller]:
    ranked = sorted((row for row in rows if row.sales), key=lambda row: (-(row.sales or 0), row.name, row.key))
    places: dict[int, int] = {}
    sellers = []
    for index, row in enumerate(ranked[:TOP], start=1):
        sales = row.sales or 0
        place = places.setdefault(sales, index)
        href = row_link(template, row.key)
        sellers.append(Seller(place=place, name=row.name, partner=row.partner, sales=sales, n=row.contacts, href=href))
    return sellers


def _is_silent(source: Source, at: datetime) -> bool:
    return source.live and (source.last_event_at is None or at - source.last_event_at > SILENCE)


def _sources(sources: list[Source], at: datetime) -> Sources:
    by_partner: dict[str, list[Source]] = {}
    for source in sources:
        by_partner.setdefault(source.partner, []).append(source)
    silent: dict[str, int | None] = {}
    for partner, own in sorted(by_partner.items()):
        if all(_is_silent(source, at) for source in own):
            last = max((source.last_event_at for source in own if source.last_event_at), default=None)
            silent[partner] = int(last.timestamp()) if last else None
    sending = sum(source.last_event_at is not None and not _is_silent(source, at) for source in sources)
    return Sources(sending, len(sources), silent)


def _attention(
    calls: list[LiveCall], now: Now, rows: list[Row], figures: list[Figure], at: datetime, scope: Scope
) -> list[Attention]:
    found = [_alerted(alert) for alert in now.alerts if _concerns(alert, scope)]
    found += [
        # A warning: a figure that trembles on its target shall not call out each time.
        Attention(
            key=f"figure:{one.key}",
            tone="warn",
            text=f"{one.label}: {one.text} {one.unit}, {one.note}",
            n=1,
            href=one.href,
        )
        for one in figures
        if one.tone == "bad" and (one.n or 0) >= LEAST_N
    ]
    for source in sorted(now.sources, key=lambda source: source.source):
        if _is_silent(source, at):
            last = source.last_event_at
            name = now.names.partner(source.partner)
            what = _("%(name)s: no events since %(time)s UTC") if last else _("%(name)s: no event yet")
            text = what % {"name": name, "time": f"{last:%H:%M}" if last else ""}
            href = link("/calls", partner=source.partner)
            found.append(Attention(key=f"silent:{source.source}", tone="bad", text=text, n=1, href=href))
    waiting = sum(
        call.state == "waiting" and call.started_at is not None and at - call.started_at > LONG_WAIT for call in calls
    )
    wrapping = sum(
        row.group == "wrap_up" and row.since is not None and at.timestamp() - row.since > LONG_WRAP_UP.total_seconds()
        for row in rows
    )
    no_end = sum(call.state == "no_end" for call in calls)
    uncertified = sum(bool(call.lacks) for call in calls)
    board = link("/wallboard", partner=scope.partner, campaign=scope.campaign, state="wrap_up", sort="-since")
    counted: list[tuple[str, Tone, int, str, str]] = [
        ("uncertified", "bad", uncertified, plural("%(n)s call with an agent who is not certified for it",
         "%(n)s calls with agents who are not certified for them", uncertified), _calls(scope, state="in_progress")),
        ("waiting", "bad", waiting, plural("%(n)s call waits longer than 60 s", "%(n)s calls wait longer than 60 s",
         waiting), _calls(scope, state="waiting")),
        ("wrap_up", "warn", wrapping, plural("%(n)s agent in wrap-up for more than 5 min",
         "%(n)s agents in wrap-up for more than 5 min", wrapping), f"{board}#agents"),
        ("no_end", "warn", no_end, plural("%(n)s call without an end", "%(n)s calls without an end", no_end),
         _calls(scope, state="no_end")),
    ]  # fmt: skip
    found += [Attention(key=key, tone=tone, text=text, n=n, href=href) for key, tone, n, text, href in counted if n]
    return found


def _concerns(alert: OpenAlert, scope: Scope) -> bool:
    """Whether an alert is shown: what is about all stands on the board of all, the rest on its own boards too."""
    if scope.partner is not None and alert.partner != scope.partner:
        return False
    return scope.campaign is None or alert.campaign in (None, scope.campaign)


def _alerted(alert: OpenAlert) -> Attention:
    since = f"{alert.since:%H:%M}"
    if alert.acknowledged_by:
        text = _("%(name)s, since %(time)s UTC, taken on by %(who)s")
        text %= {"name": alert.name, "time": since, "who": alert.acknowledged_by}
        return Attention(key=f"alert:{alert.alert}", tone="warn", text=text, n=1, href=f"/alerts#{alert.alert}")
    text = _("%(name)s, since %(time)s UTC") % {"name": alert.name, "time": since}
    return Attention(key=f"alert:{alert.alert}", tone="bad", text=text, n=1, href=f"/alerts#{alert.alert}")


def _calls(scope: Scope, state: str) -> str:
    return link("/calls", partner=scope.partner, campaign=scope.campaign, state=state)


def _evidence(total: Total, scope: Scope, today: Today | None) -> str:
    return link(
        "/evidence",
        measure=total.numerator_of,
        over=total.denominator_of,
        partner=scope.partner,
        campaign=scope.campaign,
        day=today.day if today else None,
    )


def _row_links(scope: Scope, today: Today | None) -> dict[str, str]:
    day = today.day if today else None
    rest = "&partner={partner}&agent={agent}"
    conversion = today.totals.get("conversion") if today else None
    confirmed = today.totals.get("confirmed") if today else None
    sales, contacts = (conversion.numerator_of, conversion.denominator_of) if conversion else ("sales", "contacts")
    return {
        "agent": "/agents/{partner}/{agent}",
        "calls": link("/evidence", measure="handled", campaign=scope.campaign, day=day) + rest,
        "sales": link("/evidence", measure=sales, campaign=scope.campaign, day=day) + rest,
        "confirmed": link(
            "/evidence",
            measure=confirmed.numerator_of if confirmed else "sales_confirmed",
            campaign=scope.campaign,
            day=day,
        )
        + rest,
        "conversion": link("/evidence", measure=sales, over=contacts, campaign=scope.campaign, day=day) + rest,
    }
