"""What telephone systems export: their own words for columns, all moments of a call, and numbers of many kinds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.unit.reconciliation.others import faults as f
from tests.unit.reconciliation.others import writing as w
from tests.unit.reconciliation.others.faults import Line
from tests.unit.reconciliation.others.places import GB, US


def _with_offset(line: Line) -> object:
    summer = f.utc(line.start, GB.zone).hour != line.start.hour
    return f"{line.start:%Y-%m-%dT%H:%M:%S}.{line.seconds * 37 % 1000:03d}{'+01:00' if summer else '+00:00'}"


def _end_with_offset(line: Line) -> object:
    ended = line.start + timedelta(seconds=line.seconds + 9)
    return (
        f"{ended:%Y-%m-%dT%H:%M:%S}.000{'+01:00' if f.utc(line.start, GB.zone).hour != line.start.hour else '+00:00'}"
    )


INTERACTIONS: tuple[w.Column, ...] = (
    ("Conversation ID", lambda line: f"{int(line.ref):08x}-4a1c-4e5f-9d20-{int(line.ref) * 7919:012x}"),
    ("Interaction Start", _with_offset),
    ("Interaction End", _end_with_offset),
    ("Media Type", lambda line: "voice"),
    ("Direction", lambda line: "Outbound"),
    ("Remote", w.number("tel:+44*", "44")),
    ("Agent ID", w.agent),
    ("Queue", w.campaign),
    ("Total Talk (ms)", lambda line: line.seconds * 1000),
    ("Total Hold (ms)", lambda line: 0),
    (
        "Wrap-up",
        w.said(
            "No Answer",
            "Not Interested",
            "Callback Scheduled",
            "Information Only",
            "Wrong Number",
            "Sale Made",
            "Sale Cancelled",
        ),
    ),
    ("Order Value", w.money(",", ".", before="£")),
)


def interactions(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(INTERACTIONS), *(w.of(INTERACTIONS, line) for line in lines)], "utf-8-sig", ",", quote=True)


CALL_LOG: tuple[w.Column, ...] = (
    ("CALL ID", w.reference),
    ("DATE", w.at("%m/%d/%Y")),
    ("TIME", w.at("%I:%M:%S %p")),
    ("CAMPAIGN", w.campaign),
    ("CALL TYPE", lambda line: "Outbound"),
    ("AGENT", w.agent),
    ("AGENT NAME", lambda line: f"Doe, Jamie {line.agent[-1]}"),
    (
        "DISPOSITION",
        w.said("No Answer", "Not Interested", "Call Back", "Info Request", "Bad Number", "Sale", "Sale - Cancelled"),
    ),
    ("ANI", lambda line: "8005550100"),
    ("DNIS", w.number("*", "1")),
    ("CALL TIME", lambda line: w.clocked(_longer(line))),
    ("TALK TIME", w.clocked),
    ("HOLD TIME", lambda line: "00:00:00"),
    ("AFTER CALL WORK TIME", lambda line: "00:00:25"),
    ("SALE AMOUNT", w.money(",", ".", before="$")),
)


def _longer(line: Line) -> Line:
    return Line(None, line.start, line.phone, line.agent, "", line.seconds + 21, line.outcome, None, line.ref)


def call_log(lines: Sequence[Line]) -> w.Written:
    rows = [w.head(CALL_LOG), *(w.of(CALL_LOG, line) for line in lines), ([f"Total records: {len(lines)}"], None)]
    return w.text(rows, "utf-8", ",", end="\n")


DIALLER: tuple[w.Column, ...] = (
    ("uniqueid", lambda line: f"{int(f.utc(line.start, US.zone).timestamp())}.{int(line.ref) % 9973}"),
    ("lead_id", lambda line: int(line.ref) % 86_243),
    ("list_id", lambda line: 1001),
    ("campaign_id", w.campaign),
    ("start_epoch", lambda line: int(f.utc(line.start, US.zone).timestamp())),
    ("end_epoch", lambda line: int(f.utc(line.start, US.zone).timestamp()) + line.seconds),
    ("length_in_sec", w.seconds),
    ("status", w.said("NA", "NI", "CALLBK", "INFO", "WRONG", "SALE", "CANCEL")),
    ("phone_code", lambda line: 1),
    ("phone_number", w.number("*", "1")),
    ("user", w.agent),
    ("term_reason", lambda line: "CALLER"),
    ("sale_amount", w.money("", ".")),
)


def dialler(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(DIALLER), *(w.of(DIALLER, line) for line in lines)], "utf-8", ",", quote=True, end="\n")


RECORDS: tuple[w.Column, ...] = (
    ("calldate", w.at("%Y-%m-%d %H:%M:%S")),
    ("clid", lambda line: f'"Outbound" <{line.agent}>'),
    ("src", w.agent),
    ("dst", w.number("0049*", "49")),
    ("dcontext", lambda line: "from-internal"),
    ("channel", lambda line: f"PJSIP/{line.agent}-0000{int(line.ref) % 4096:04x}"),
    ("lastapp", lambda line: "Dial"),
    ("duration", lambda line: line.seconds + 14),
    ("billsec", w.seconds),
    (
        "disposition",
        w.said("NO ANSWER", "NOT INTERESTED", "CALLBACK", "INFO", "WRONG NUMBER", "SALE", "SALE CANCELLED"),
    ),
    ("amaflags", lambda line: 3),
    ("accountcode", w.campaign),
    ("amount", w.money("", ".")),
)


def records(lines: Sequence[Line]) -> w.Written:
    return w.text([w.head(RECORDS), *(w.of(RECORDS, line) for line in lines)], "utf-8", ",", end="\n")
