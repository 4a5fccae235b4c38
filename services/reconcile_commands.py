"""`tallyline reconcile` as commands. What they do is loaded when they are called: its libraries are slow to load, and
every server starts with this command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

SET = "set"


class _SetFirst(TyperGroup):
    """A first word that is no command is a set's folder: `tallyline reconcile SET`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [SET, *args]
        return super().parse_args(ctx, args)


reconciling = typer.Typer(
    cls=_SetFirst,
    no_args_is_help=True,
    help="Compare a partner's report with our count: `tallyline reconcile SET`.",
)


@reconciling.command(SET)
def _set(
    folder: Annotated[Path, typer.Argument(help="A set: our side, and the report of a partner.", exists=True)],
    export: Annotated[Path | None, typer.Option(help="Write the findings there, as JSON.")] = None,
    detect: Annotated[bool, typer.Option("--detect", help="Find the layout out, though a profile is there.")] = False,
) -> None:
    """Compare a partner's report with our count, and say the causes of what differs. The word `set` may be left out."""
    from services.reconcile_set import reconcile_set

    reconcile_set(folder, export, detect)


@reconciling.command("replay")
def replay_fixture(
    fixture: Annotated[Path, typer.Argument(help="The fixture of a defect of ours.", exists=True, dir_okay=False)],
) -> None:
    """Replay the fixture of a defect, and print what is shown otherwise than the events say. Ends with 1 while anything
    is."""
    from services.reconcile_set import replay

    replay(fixture)
