"""`tallyline bench`: each measurement prints one JSON line. It measures and judges nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from services.bench.figures import Figures
from services.bench.on import On
from shared.settings import Engine, Ports

bench = typer.Typer(no_args_is_help=True, help="Measurements: one JSON line of figures each.")
Items = Annotated[int, typer.Option(min=1, help="Items on the telephony log.")]
Chosen = Annotated[
    Engine, typer.Option("--engine", help="The servers are those of TALLYLINE_KAFKA and TALLYLINE_MONGO.")
]
Bus = Annotated[Literal["sqlite", "kafka"] | None, typer.Option(help="This port alone, on the embedded engine.")]
Documents = Annotated[Literal["sqlite", "mongo"] | None, typer.Option(help="This port alone, on the embedded engine.")]


def _on(engine: Engine, bus: Literal["sqlite", "kafka"] | None, documents: Literal["sqlite", "mongo"] | None) -> On:
    if bus is None and documents is None:
        return On(engine)
    if engine != "embedded":
        raise typer.BadParameter("ports are chosen singly on the embedded engine")
    return On(engine, Ports(bus or "sqlite", documents or "sqlite"))


def _print(measuring: Coroutine[Any, Any, Figures]) -> None:
    typer.echo(json.dumps(asyncio.run(measuring)))


@bench.command()
def ingest(
    share: Annotated[float, typer.Option(min=0.001, help="Of the usual number of events.")] = 1.0,
    engine: Chosen = "embedded",
) -> None:
    """Signed deliveries of 1, 10 and 100 events over HTTP, beside a server that checks signatures only."""
    from services.bench import door

    _print(door.ingest(share=share, on=On(engine)))


@bench.command()
def tracker(items: Items = 50_000, engine: Chosen = "embedded", bus: Bus = None, documents: Documents = None) -> None:
    """The tracker alone: a simulated company's items into facts."""
    from services.bench import folding

    _print(folding.tracker(items, _on(engine, bus, documents)))


@bench.command()
def projection(
    items: Items = 50_000, engine: Chosen = "embedded", bus: Bus = None, documents: Documents = None
) -> None:
    """The projector alone: the facts of so many items into all views of the calls service."""
    from services.bench import folding

    _print(folding.projection(items, _on(engine, bus, documents)))


@bench.command()
def rebuild(items: Items = 50_000, engine: Chosen = "embedded", bus: Bus = None, documents: Documents = None) -> None:
    """Each view of the calls service built anew from the log."""
    from services.bench import folding

    _print(folding.rebuild(items, _on(engine, bus, documents)))


@bench.command()
def query(
    agents: Annotated[int, typer.Option(min=1, help="Agents in the month's ranking.")] = 2_000,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each question is asked.")] = 200,
    engine: Chosen = "embedded",
) -> None:
    """Rankings of a month and a day, the board of now, a page of calls."""
    from services.bench import questions

    _print(questions.query(agents, rounds, On(engine)))


@bench.command("end-to-end")
def end_to_end(
    rate: Annotated[float, typer.Option(min=1, help="Deliveries a second.")] = 500.0,
    seconds: Annotated[float, typer.Option(min=2, help="How long.")] = 30.0,
    batch: Annotated[int, typer.Option(min=1, help="Events in a delivery.")] = 1,
    engine: Chosen = "embedded",
) -> None:
    """From the request to the figure that the API gives, under steady traffic."""
    from services.bench import whole

    _print(whole.end_to_end(rate, seconds, batch, On(engine)))


@bench.command("screen-pop")
def screen_pop(
    rate: Annotated[float, typer.Option(min=1, help="Deliveries a second.")] = 200.0,
    seconds: Annotated[float, typer.Option(min=2, help="How long.")] = 20.0,
    batch: Annotated[int, typer.Option(min=1, help="Events in a delivery.")] = 10,
    engine: Chosen = "embedded",
) -> None:
    """The screen of a call, and how soon its panel hears of it, under steady traffic."""
    from services.bench import popping

    _print(popping.screen_pop(rate, seconds, batch, On(engine)))


@bench.command()
def live(
    rate: Annotated[float, typer.Option(min=1, help="Deliveries a second.")] = 200.0,
    seconds: Annotated[float, typer.Option(min=3, help="How long, once with viewers and once with stalled ones.")] = 40,
    viewers: Annotated[int, typer.Option(min=1, help="Streams that are read.")] = 50,
    stalled: Annotated[int, typer.Option(min=0, help="Streams that nobody reads.")] = 100,
    batch: Annotated[int, typer.Option(min=1, help="Events in a delivery.")] = 10,
    engine: Chosen = "embedded",
) -> None:
    """What viewers of the wallboard cost, those who stall too, and how soon an event is on their screens."""
    from services.bench import living

    _print(living.live(rate, seconds, viewers, stalled, batch, On(engine)))


@bench.command()
def growth(
    days: Annotated[int, typer.Option(min=1, help="Days, one after the other.")] = 31,
    partners: Annotated[int, typer.Option(min=1, help="Partners of the company.")] = 2,
    agents: Annotated[int, typer.Option(min=1, help="Agents of all partners.")] = 20,
    engine: Chosen = "embedded",
) -> None:
    """What a day costs after how many days, and how many bytes each kind of thing takes."""
    from services.bench import growth as growing

    _print(growing.growth(days, partners, agents, On(engine)))


@bench.command()
def reconcile(
    lines: Annotated[int, typer.Option(min=1000, help="Lines of the report, and calls of ours.")] = 100_000,
) -> None:
    """A month reconciled from its files to its findings, beside a bare join of the same tables."""
    from services.bench import reconciling

    _print(reconciling.reconciliation(lines))


@bench.command()
def coaching(
    agents: Annotated[int, typer.Option(min=50, help="Agents of a company.")] = 2_000,
    companies: Annotated[int, typer.Option(min=1, help="Companies, each of its own seed.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first company.")] = 1,
    rate: Annotated[float, typer.Option(min=0.001, max=0.5, help="Of false proposals, as stated.")] = 0.1,
) -> None:
    """Agents of known true skill: how many proposals of coaching are right, and how often effects hold the truth."""
    from services.bench import coaching as coached

    _print(coached.coaching(agents, companies, seed, rate))


@bench.command()
def connectors(
    folder: Annotated[Path, typer.Argument(help="A directory of recorded sets.", exists=True, file_okay=False)],
    rounds: Annotated[int, typer.Option(min=1, help="Times that each set is read.")] = 200,
) -> None:
    """Recorded sets authenticated, split and read: deliveries and items a second of each platform."""
    from services.bench import parsing

    try:
        figures = parsing.parsing(folder, rounds)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    typer.echo(json.dumps(figures))
