"""Writes a set: both sides, what is known of the contract, how the file is laid out, and the truth."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from tests.tools.reports.layouts import COMPANY_TZ, COUNTRY, EUR_RATE, FAULTS, SCHEMA, Layout, Row
from tests.tools.reports.maker import Maker

# ----------------------------------------------------------------------------------------------- writing

def number(layout: Layout, value: float, places: int = 2) -> str:
    text = f"{value:,.{places}f}" if layout.thousands else f"{value:.{places}f}"
    return text.translate({ord(","): layout.thousands, ord("."): layout.decimal})


def phone(layout: Layout, e164: str) -> str | int:
    cc, trunk, _, _ = COUNTRY[layout.country]
    digits = e164[1:]
    match layout.phone:
        case "e164":
            return e164
        case "e164_noplus":
            return digits
        case "xl_number":
            return int(digits)
        case "intl00":
            return "00" + digits
    local = trunk + digits[len(cc):]
    if layout.phone == "national_spaced":
        return f"{local[:3]} {local[3:6]} {local[6:]}".strip()
    return local


def duration(layout: Layout, seconds: float):
    s = int(round(seconds))
    match layout.duration:
        case "sec":
            return s
        case "hms":
            return f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"
        case "ms":
            return f"{s // 60}:{s % 60:02d}"
        case "min_dec":
            return number(layout, s / 60)
        case "words":
            return f"{s // 60}m {s % 60:02d}s" if s else "0s"
        case "xl_time":
            return timedelta(seconds=s)
    raise ValueError(layout.duration)


def cell(layout: Layout, name: str, row: Row, index: int):
    xl = layout.container == "xlsx"
    match name:
        case "row_no":
            return index
        case "ref":
            return row.ref
        case "datetime":
            return row.start if layout.native_dates else row.start.strftime(layout.datetime_fmt)
        case "date":
            return row.start.date() if layout.native_dates else row.start.strftime(layout.date_fmt)
        case "time":
            return row.start.time() if layout.native_dates else row.start.strftime(layout.time_fmt)
        case "phone":
            return row.phone_text if row.phone_text is not None else phone(layout, row.phone)
        case "agent":
            return row.agent
        case "duration":
            return duration(layout, row.duration)
        case "disposition":
            return layout.labels[row.disposition]
        case "amount":
            if row.amount is None:
                return ""
            return round(row.amount, 2) if xl and not layout.thousands else number(layout, row.amount)
        case "currency":
            return row.currency if row.amount is not None else ""
        case "campaign":
            return row.campaign
    raise ValueError(name)


def total_cells(layout: Layout, rows: list[Row]) -> list:
    out: list = [""] * len(layout.columns)
    for i, (_, name) in enumerate(layout.columns):
        if name == "duration":
            out[i] = duration(layout, sum(x.duration for x in rows))
        elif name == "amount":
            total = round(sum(x.amount or 0 for x in rows), 2)
            out[i] = total if layout.container == "xlsx" and not layout.thousands else number(layout, total)
    out[0] = layout.subtotal_label
    return out


def plan(layout: Layout, rows: list[Row], month: str):
    """Yield (kind, cells, row) in the order of the file; kind is title, group, header, data or total."""
    for text in layout.titles:
        yield "title", [text.format(month=month)], None
    if layout.groups:
        yield "group", list(layout.groups), None
    yield "header", [h for h, _ in layout.columns], None
    pending: list[Row] = []
    for i, row in enumerate(rows, 1):
        if layout.subtotal == "day" and pending and pending[-1].start.date() != row.start.date():
            yield "total", total_cells(layout, pending), None
            pending = []
        yield "data", [cell(layout, name, row, i) for _, name in layout.columns], row
        pending.append(row)
    if layout.subtotal and pending:
        yield "total", total_cells(layout, pending), None


def write_csv(layout: Layout, rows: list[Row], month: str, path: Path) -> None:
    text = io.StringIO()
    w = csv.writer(text, delimiter=layout.delimiter, lineterminator="\r\n",
                   quoting=csv.QUOTE_ALL if layout.quote_all else csv.QUOTE_MINIMAL)
    for line, (_, cells, row) in enumerate(plan(layout, rows, month), 1):
        w.writerow(cells)
        if row is not None:
            row.line = str(line)
    path.write_bytes(text.getvalue().encode(layout.encoding))


def write_xlsx(layout: Layout, rows: list[Row], month: str, path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": "Report", "created": datetime(2020, 1, 1)})
    bold = book.add_format({"bold": True, "bg_color": "#DDE6F0", "align": "center"})
    fmts = {date: book.add_format({"num_format": "dd/mm/yyyy"}), datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
            time: book.add_format({"num_format": "hh:mm:ss"}), timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
            float: book.add_format({"num_format": "#,##0.00"}), int: book.add_format({"num_format": "0"})}
    if layout.sheet_per_day:
        days = sorted({x.start.date() for x in rows})
        parts = [(d.strftime("%d-%m"), [x for x in rows if x.start.date() == d]) for d in days]
    else:
        parts = [(layout.sheet, rows)]
    for name, part in parts:
        sheet = book.add_worksheet(name)
        for line, (kind, cells, row) in enumerate(plan(layout, part, month)):
            if kind == "group":
                col = 0
                for label, width in cells:
                    if width > 1:
                        sheet.merge_range(line, col, line, col + width - 1, label, bold)
                    else:
                        sheet.write(line, col, label, bold)
                    col += width
                continue
            for col, value in enumerate(cells):
                if value == "":
                    continue
                if kind in ("header", "total") and isinstance(value, str):
                    sheet.write_string(line, col, value, bold)
                elif isinstance(value, str):
                    sheet.write_string(line, col, value)
                elif isinstance(value, timedelta):
                    sheet.write_number(line, col, value.total_seconds() / 86400, fmts[timedelta])
                elif isinstance(value, (date, datetime, time)):
                    sheet.write_datetime(line, col, value, fmts[type(value)])
                else:
                    sheet.write_number(line, col, value, fmts[type(value)])
            if row is not None:
                row.line = f"{name}!{line + 1}"
    book.close()


def truth(maker: Maker, rows: list[Row]) -> dict:
    lines = []
    by_key = {x.key: x for x in rows if x.copy_of is None}

    def unseen(x: Row, kind: str) -> bool:
        """True where the records alone cannot show this fault, so that not reporting it is no error."""
        kinds = {maker.causes[c].kind for c in x.tags}
        if kind != "call_missing_own" and "call_missing_own" in kinds:
            return True
        if kind in ("decimal_mixup", "currency_mixup") and kinds & {"sale_missing_own", "phantom_sale"}:
            return True
        return kind == "own_duration_ring" and abs(x.duration - x.call.talk - x.call.ring) <= 2

    for our_id, cid in maker.removed:
        lines.append({"our_id": our_id, "partner_line": None, "kind": maker.causes[cid].kind, "cause_id": cid})
    for x in rows:
        for cid in x.tags:
            entry = {"our_id": x.call.id if x.call else None, "partner_line": x.line, "kind": maker.causes[cid].kind, "cause_id": cid}
            if x.copy_of is not None:
                entry["copy_of"] = by_key[x.copy_of].line
            elif maker.causes[cid].optional or unseen(x, maker.causes[cid].kind):
                entry["optional"] = True
            lines.append(entry)
    count = {cid: 0 for cid in maker.causes}
    for entry in lines:
        count[entry["cause_id"]] += 1
    return {
        "schema": SCHEMA,
        "causes": [{**asdict(c), "n_lines": count[c.cause_id]} for c in maker.causes.values() if count[c.cause_id]],
        "lines": lines,
        "pairs": [[x.line, x.call.id] for x in rows if x.call and x.copy_of is None],
    }


def parse_faults(text: str, layout: Layout, seed: int, month: str) -> dict[str, str]:
    if text in ("", "none"):
        return {}
    if text == "mix":
        r = random.Random(f"mix:{seed}:{layout.id}")
        kinds = [k for k in FAULTS if k not in ("dst_hour", "number_format") or (k == "dst_hour" and month.endswith(("-03", "-10")))]
        picked = set(r.sample(kinds, r.randrange(4, 8)))
        for a, b in (("timezone_shift", "dst_hour"), ("decimal_mixup", "currency_mixup"), ("duplicate_line", "duplicate_block")):
            if {a, b} <= picked:
                picked.discard(b)
        if layout.tz == "Africa/Tunis":
            picked.discard("dst_hour")
        return {k: "" for k in FAULTS if k in picked}
    out = {}
    for part in text.split(","):
        kind, _, value = part.strip().partition("=")
        if kind not in FAULTS:
            raise SystemExit(f"unknown fault {kind!r}; known: {', '.join(FAULTS)}")
        out[kind] = value
    return {k: out[k] for k in FAULTS if k in out}


def make_set(out: Path, layout: Layout, seed: int, calls: int, month: str, faults: dict[str, str], partner: str, own_format: str = "ndjson",
             noise: str = "low") -> dict:
    out.mkdir(parents=True, exist_ok=True)
    m = Maker(layout, seed, calls, month, faults, partner, noise)
    real = m.reality()
    records, events = m.own(real)
    rows = m.rows(real)
    path = out / f"report.{layout.container}"
    (write_csv if layout.container == "csv" else write_xlsx)(layout, rows, month, path)

    frame, log = pl.DataFrame(records, infer_schema_length=None), [{**e, "data": json.dumps(e["data"], sort_keys=True)} for e in events]
    if own_format == "parquet":
        frame.write_parquet(out / "own_records.parquet")
        pl.DataFrame(log, infer_schema_length=None).write_parquet(out / "own_events.parquet")
    else:
        frame.write_ndjson(out / "own_records.ndjson")
        with (out / "own_events.ndjson").open("w", encoding="utf-8", newline="\n") as f:
            for e in events:
                f.write(json.dumps(e, ensure_ascii=False) + "\n")
    agents = sorted({c.agent for c in real})
    pl.DataFrame({"agent_code": [m.agent_code(a) for a in agents], "agent_id": [f"AG-{a}" for a in agents]}).write_csv(out / "roster.csv")
    meta = {
        "schema": SCHEMA, "partner_id": partner, "report_file": path.name, "country": layout.country, "partner_tz": layout.tz, "company_tz": COMPANY_TZ,
        "currency": layout.currency, "period": {"month": month, "tz": COMPANY_TZ, "start_utc": m.start.isoformat(), "end_utc": m.end.isoformat()},
        "cutoff_utc": m.cutoff.isoformat(), "tolerances": {"start_s": 120, "duration_s": 2, "amount": "0.01"},
        "eur_rates": EUR_RATE,
    }
    profile = {k: v for k, v in asdict(layout).items() if k not in ("labels", "columns", "ref_blank", "tz", "currency", "country")}
    profile |= {"columns": {h: f for h, f in layout.columns}, "disposition_labels": {v: k for k, v in layout.labels.items()}}
    result = truth(m, rows)
    result["settings"] = {"layout": layout.id, "seed": seed, "calls": calls, "month": month, "faults": faults, "noise": noise}
    for name, value in (("meta", meta), ("profile", profile), ("truth", result)):
        indent = None if name == "truth" else 2
        text = json.dumps(value, ensure_ascii=False, indent=indent)
        if name == "truth":  # one line per entry keeps diffs readable
            text = "{\n" + ",\n".join(
                f'"{k}": ' + ("[\n" + ",\n".join(json.dumps(e, ensure_ascii=False) for e in v) + "\n]" if isinstance(v, list) and v and not isinstance(v[0], str)
                              else json.dumps(v, ensure_ascii=False)) for k, v in value.items()) + "\n}"
        (out / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return result
