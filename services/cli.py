"""The `tallyline` command: each sub-command calls one function of a room below."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from services.audit_commands import audit
from services.bench.commands import bench
from services.canary import canary
from services.client import IN_PROCESS, announce, connected, of_folder, said
from services.invoice_commands import invoices
from services.month_commands import months
from services.reconcile_commands import reconciling
from services.source_commands import add, replay, upload
from services.terminal import err, fail, out, table
from services.terms_commands import contracts
from services.user_commands import keys, users
from shared.interpreter import tune
from shared.logs import configure
from shared.settings import SettingError, Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
sources = typer.Typer(no_args_is_help=True, help="Telephony sources of partners.")
views = typer.Typer(no_args_is_help=True, help="Views: what is shown, folded from the log.")
letters = typer.Typer(no_args_is_help=True, help="What could not be handled.")
partners = typer.Typer(no_args_is_help=True, help="Partners and candidates.")
app.command()(canary)
app.add_typer(partners, name="partners")
app.add_typer(contracts, name="contracts")
app.add_typer(invoices, name="invoices")
app.add_typer(reconciling, name="reconcile")
app.add_typer(months, name="month")
app.add_typer(sources, name="sources")
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")
app.add_typer(audit, name="audit")
app.add_typer(views, name="views")
app.add_typer(letters, name="dead-letters")
app.add_typer(bench, name="bench")

Data = Annotated[Path | None, typer.Option(help="Data folder (TALLYLINE_DATA, data).")]
Folder = Annotated[Path, typer.Argument(help="A directory of the fixture form.", exists=True, file_okay=False)]


def main() -> None:
    """Run the command; settings that are wrong are said in one line."""
    tune()
    try:
        app()
    except SettingError as wrong:
        fail(str(wrong))


def _settings(data: Path | None, **more: Any) -> Settings:
    given = {name: value for name, value in more.items() if value is not None}
    given |= {} if data is None else {"data": data}
    return of_folder(replace(Settings.from_environment(os.environ), **given))


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def _call(settings: Settings, method: str, path: str, **more: Any) -> Any:
    async with connected(settings) as client:
        answer = await client.request(method, path, **more)
        if answer.status_code >= 400:
            fail(said(answer))
        return answer


@app.command()
def run(
    data: Data = None,
    port: Annotated[int | None, typer.Option(help="Port (TALLYLINE_PORT, 8321).")] = None,
    host: Annotated[str | None, typer.Option(help="Address (TALLYLINE_HOST, 127.0.0.1).")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="In an empty data folder: a seeded company with traffic.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the demo.")] = 1,
    days: Annotated[int, typer.Option(help="Days of history that a demo fills in.")] = 14,
) -> None:
    """Run everything in this process, on SQLite."""
    from services.demo import run_server

    settings = _settings(data, port=port, host=host)
    configure(settings.log_level, settings.log_format)
    _run(run_server(settings, demo, seed, days, out.print))


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help="partners, calls, reconciliation, training or gateway.")],
    role: Annotated[
        list[str] | None, typer.Option(help="api, ingest, worker or relay; all of them without it.")
    ] = None,
    data: Data = None,
    port: Annotated[int | None, typer.Option(help="Port (TALLYLINE_PORT, 8321).")] = None,
) -> None:
    """Run one service of the distributed system, in one role or several."""
    from services.serve import SERVICES, run_service
    from shared.runtime import ROLES

    if service not in SERVICES or (role and not ROLES.issuperset(role)):
        fail(f"Services are {', '.join(SERVICES)}; roles are {', '.join(sorted(ROLES))}.")
    roles: Any = frozenset(role) if role else ROLES
    settings = _settings(data, port=port)
    configure(settings.log_level, settings.log_format)
    _run(run_service(settings, service, roles, out.print, announce))


@app.command()
def asyncapi() -> None:
    """Print what others may read from our topics, as an AsyncAPI document."""
    from services.asyncapi import document

    typer.echo(json.dumps(document(), indent=2))


@app.command()
def protocol(name: Annotated[str, typer.Argument(help="A protocol, or `list`.")] = "list") -> None:
    """Print how something is done with partners, as Markdown."""
    from services.partners.papers.paper import as_markdown
    from services.partners.papers.protocols import PROTOCOLS

    if name == "list":
        table(
            "Protocols", [{"name": key, "title": write().title} for key, write in PROTOCOLS.items()], ["name", "title"]
        )
    elif name in PROTOCOLS:
        typer.echo(as_markdown(PROTOCOLS[name]()), nl=False)
    else:
        fail(f"Protocols are {', '.join(PROTOCOLS)}.")


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The archive to write; it must not be there yet.", dir_okay=False)],
    data: Data = None,
) -> None:
    """Write everything that is true into one archive: to move to another engine, to more partitions, or as a backup."""
    from services.moving.exporting import export_system

    _move(export_system(_settings(data), file, err.print))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An archive of `tallyline export`.", exists=True, dir_okay=False)],
    data: Data = None,
    partitions: Annotated[int | None, typer.Option(help="Partitions (TALLYLINE_PARTITIONS, 4).")] = None,
) -> None:
    """Make a new system of an archive, on either engine. Begun again, an import that was killed goes on."""
    from services.moving.importing import import_system

    _move(import_system(_settings(data, partitions=partitions), file, err.print))


def _move(work: Coroutine[Any, Any, Any]) -> None:
    from services.moving.refusals import Refusal
    from shared.ports import StoreUnavailable

    try:
        manifest = _run(work)
    except Refusal as refusal:
        fail(str(refusal))
    except StoreUnavailable as cause:
        fail(f"A store does not answer ({cause}). Run the same command again.")
    rows = [{"section": name, "records": section.count} for name, section in manifest.items() if section.count]
    table("The archive", rows, ["section", "records"])


@app.command("sign-in")
def sign_in(data: Data = None) -> None:
    """A link that opens the running server's pages, once, within a minute."""

    async def work() -> None:
        async with connected(_settings(data)) as client:
            answer = await client.post("/api/v1/sign-in-links")
            if answer.status_code >= 400:
                fail(said(answer))
            if client.base_url.host == IN_PROCESS:
                fail("No server has this data folder: start one with `tallyline run`.")
            out.print(f"{str(client.base_url).rstrip('/')}{answer.json()['path']}", highlight=False)

    _run(work())


@app.command()
def send(folder: Folder, data: Data = None) -> None:
    """Deliver a recorded set as the vendor would, with its recorded times."""
    from services.simulate.driver import NotSetUp, send_recorded

    async def work() -> None:
        settings = _settings(data)
        async with connected(settings) as client:
            try:
                source, sent, numbers = await send_recorded(client, folder, settings.demo)
            except NotSetUp as wrong:
                fail(str(wrong))
            rows = [await _verdict(client, n, sent.accepted.get(n)) for n in numbers]
        table(f"{source}: {len(rows)} deliveries", rows, ["n", "verdict", "delivery"])
        statuses = ", ".join(f"{n} × {status}" for status, n in sorted(sent.answers.items()))
        out.print(f"answers: {statuses}")

    _run(work())


async def _verdict(client: Any, n: int, delivery: str | None) -> dict[str, Any]:
    """What became of a delivery; items are settled a moment after the answer."""
    if delivery is None:
        return {"n": n, "verdict": "not taken"}
    for _ in range(100):
        answer = await client.get(f"/api/v1/deliveries/{delivery}")
        if answer.status_code == 200 and (verdict := answer.json()["verdict"]):
            return {"n": n, "verdict": verdict, "delivery": delivery}
        await asyncio.sleep(0.05)
    return {"n": n, "verdict": "invalid or not settled", "delivery": delivery}


@app.command()
def fixtures(
    folder: Folder, output: Annotated[Path, typer.Option("--out", help="Where to write the answers.")]
) -> None:
    """Work out verdicts, events and facts of a recorded set in memory, in the form of its expected.json.

    Of a directory of sets, each into a directory of its own as result.json.
    """
    if (folder / "deliveries.json").exists():
        _answer(folder, output)
        return
    sets = sorted(path.parent for path in folder.glob("*/deliveries.json"))
    if not sets:
        fail(f"{folder} is not a recorded set, and holds none")
    for path in sets:
        (output / path.name).mkdir(parents=True, exist_ok=True)
        _answer(path, output / path.name / "result.json")


def _answer(folder: Path, output: Path) -> None:
    from services.calls.doors.fixtures import in_fixture_form, load, replay

    try:
        recording = load(folder)
    except (OSError, ValueError, KeyError) as wrong:
        fail(f"{folder} is not a recorded set: {wrong}")
    answers = in_fixture_form(recording, replay(recording))
    output.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    counts = [f"{len(answers[part])} {part}" for part in ("deliveries", "events", "calls")]
    out.print(f"{', '.join(counts)}: {output}")


@app.command()
def simulate(
    rate: Annotated[float, typer.Option(help="Deliveries a second.")] = 50.0,
    duration: Annotated[float, typer.Option(help="Seconds.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same deliveries.")] = 1,
    data: Data = None,
) -> None:
    """Send realistic traffic of a simulated company at a steady rate."""
    from services.demo import simulate_at

    async def work() -> None:
        settings = _settings(data)
        async with connected(settings) as client:
            sent = await simulate_at(client, seed, rate, duration, settings.demo)
        out.print(json.dumps({"sent": sum(sent.answers.values()), "answers": dict(sent.answers)}))

    _run(work())


@partners.command("import")
def partners_import(
    file: Annotated[Path, typer.Argument(help="A CSV list with a header.", exists=True, dir_okay=False)],
    column: Annotated[
        list[str], typer.Option("--map", help="HEADER=FIELD, such as --map Company=name --map Web=domain.")
    ],
    zone: Annotated[str, typer.Option("--time-zone", help="Where a row says none.")] = "UTC",
    found_by: Annotated[str | None, typer.Option(help="search, network, referral or forum.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each row.")] = False,
    data: Data = None,
) -> None:
    """Register the companies of a list: all rows or none; those that are known are passed over."""
    mapping = dict(pair.rpartition("=")[::2] for pair in column)
    body = {
        "csv": file.read_text(encoding="utf-8-sig"),
        "mapping": mapping,
        "time_zone": zone,
        "found_by": found_by,
        "dry_run": dry_run,
    }
    rows = _run(_call(_settings(data), "POST", "/api/v1/partners/import", json=body)).json()["items"]
    table("Import", rows, ["row", "partner_id", "name", "result", "by"])


@partners.command("list")
def partners_list(data: Data = None) -> None:
    """All partners, by id, with their stage and who is responsible."""
    rows = _run(_call(_settings(data), "GET", "/api/v1/partners", params={"limit": 1000})).json()["items"]
    table("Partners", rows, ["partner_id", "name", "country", "stage", "owner"])


@contracts.command("list")
def contracts_list(data: Data = None) -> None:
    """All contracts, by id, with how far they are."""
    rows = _run(_call(_settings(data), "GET", "/api/v1/contracts", params={"limit": 1000})).json()["items"]
    table("Contracts", rows, ["contract_id", "state", "agreed_round", "open_deviations"])


@sources.command("list")
def sources_list(data: Data = None) -> None:
    """All sources."""
    answer = _run(_call(_settings(data), "GET", "/api/v1/sources", params={"limit": 500}))
    rows = [
        item | {name: item["settings"].get(name) for name in ("connector", "clock", "counts")}
        for item in answer.json()["items"]
    ]
    table("Sources", rows, ["id", "partner", "connector", "clock", "counts", "revision", "ingest_url"])


@sources.command("try")
def sources_try(
    source: Annotated[str, typer.Argument(help="The source, or its sandbox.")],
    file: Annotated[
        Path, typer.Argument(help="The body of a trial (JSON), or a directory of the fixture form.", exists=True)
    ],
    data: Data = None,
    full: Annotated[bool, typer.Option("--full", help="The whole answer, as JSON.")] = False,
) -> None:
    """Try deliveries: what would come of them. Nothing is stored. Ends with 1 where something was not understood."""
    from services.simulate.driver import trial_of

    try:
        body = trial_of(file) if file.is_dir() else json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError) as wrong:
        fail(f"{file} is no trial: {wrong}")
    found = _run(_call(_settings(data), "POST", f"/api/v1/sources/{source}/try", json=body)).json()
    if full:
        out.print_json(json.dumps(found))
    else:
        table(f"{source}: {len(found['calls'])} calls", found["deliveries"], ["n", "verdict", "reason"])
        table("Checklist", found["checks"], ["check", "required", "passed", "text"])
        table("Codes without a map", found["not_understood"]["codes"], ["map", "code"])
    if any(found["not_understood"].values()) or not all(one["authentic"] for one in found["deliveries"]):
        raise SystemExit(1)


sources.command("add")(add)
sources.command("replay")(replay)
sources.command("upload")(upload)


@views.command("list")
def views_list(data: Data = None) -> None:
    """All views, and how far each has been applied."""
    answer = _run(_call(_settings(data), "GET", "/api/v1/operations/views"))
    table(
        "Views",
        answer.json()["items"],
        ["view", "service", "version", "collection", "as_of", "lag", "building", "failed", "broken"],
    )


@views.command("rebuild")
def views_rebuild(name: str, data: Data = None) -> None:
    """Build a view anew beside the live one, then switch."""
    out.print(_run(_call(_settings(data), "POST", f"/api/v1/operations/views/{name}/rebuild")).json()["collection"])


@views.command("verify")
def views_verify(
    name: Annotated[str | None, typer.Argument(help="One view; all of them without it.")] = None, data: Data = None
) -> None:
    """Compare views with a fold of their log. Ends with 1 where they differ."""

    async def work() -> bool:
        async with connected(_settings(data)) as client:
            listed = await client.get("/api/v1/operations/views")
            if listed.status_code >= 400:
                fail(said(listed))
            fine = True
            for view in [name] if name else [item["view"] for item in listed.json()["items"]]:
                answer = await client.post(f"/api/v1/operations/views/{view}/verify")
                if answer.status_code >= 400:
                    fail(said(answer))
                found = answer.json()
                fine = fine and found["identical"]
                out.print(f"{view}: {'identical' if found['identical'] else str(found['count']) + ' documents differ'}")
                for difference in found["differences"][:5]:
                    out.print(f"  {difference}", markup=False)
            return fine

    if not _run(work()):
        raise SystemExit(1)


@letters.command("list")
def letters_list(service: str = "calls", state: str = "waiting", data: Data = None) -> None:
    """The newest dead letters."""
    answer = _run(
        _call(_settings(data), "GET", "/api/v1/operations/dead-letters", params={"service": service, "state": state})
    )
    table("Dead letters", answer.json()["items"], ["id", "kind", "source", "at", "cause", "state", "bytes"])


@letters.command("show")
def letters_show(letter: str, service: str = "calls", data: Data = None) -> None:
    """What one of them holds."""
    answer = _run(_call(_settings(data), "GET", f"/api/v1/operations/dead-letters/{service}/{letter}/payload"))
    out.print(answer.text, markup=False, highlight=False)


@letters.command("retry")
def letters_retry(
    letter: Annotated[str, typer.Argument(help="The id of one, or `all`.")], service: str = "calls", data: Data = None
) -> None:
    """Send one again, or all that wait. Ends with 1 where one can't be sent."""

    async def work() -> bool:
        async with connected(_settings(data)) as client:
            fine = True
            for id_ in await _waiting(client, service) if letter == "all" else [letter]:
                answer = await client.post(f"/api/v1/operations/dead-letters/{service}/{id_}/retry")
                fine = fine and answer.status_code < 400
                out.print(f"{id_}: {'sent again' if answer.status_code < 400 else said(answer)}", markup=False)
            return fine

    if not _run(work()):
        raise SystemExit(1)


@letters.command("dismiss")
def letters_dismiss(
    letter: str,
    because: Annotated[str, typer.Option(help="Why it is not to be sent again; nothing of a customer's.")],
    service: str = "calls",
    data: Data = None,
) -> None:
    """Close one that is not to be sent again: it waits no more, and what it holds is never counted."""
    path = f"/api/v1/operations/dead-letters/{service}/{letter}/dismissal"
    _run(_call(_settings(data), "POST", path, json={"reason": because}))
    out.print(f"{letter}: dismissed", markup=False)


async def _waiting(client: httpx.AsyncClient, service: str) -> list[str]:
    """The ids of all dead letters that wait, page by page."""
    ids: list[str] = []
    asked: dict[str, Any] = {"service": service, "limit": 500}
    while True:
        answer = await client.get("/api/v1/operations/dead-letters", params=asked)
        if answer.status_code >= 400:
            fail(said(answer))
        ids += [item["id"] for item in answer.json()["items"]]
        if (following := answer.json()["next"]) is None:
            return ids
        asked["cursor"] = following


if __name__ == "__main__":
    main()
