"""What really happened, what we show of it, and what the partner reports, each with its faults."""

from __future__ import annotations

import calendar
import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.tools.reports.layouts import (
    COMPANY_TZ, COUNTRY, DISPOSITIONS, EUR_RATE, FAULTS, SCHEMA, Call, Cause, Layout, Row,
)

class Maker:
    def __init__(self, layout: Layout, seed: int, calls: int, month: str, faults: dict[str, str], partner: str, noise: str = "low"):
        self.noise = noise
        self.lay, self.seed, self.n, self.faults, self.partner = layout, seed, calls, faults, partner
        self.year, self.mon = (int(x) for x in month.split("-"))
        self.month = month
        self.company = ZoneInfo(COMPANY_TZ)
        self.tz = ZoneInfo(layout.tz)
        self.start, self.end = self._bounds(self.company)
        self.cutoff = self.end + timedelta(days=5)
        self.causes: dict[str, Cause] = {}
        self.removed: list[tuple[str, str]] = []  # (our_id, cause_id)
        self.days = calendar.monthrange(self.year, self.mon)[1]

    # --- helpers
    def rng(self, what: str) -> random.Random:
        return random.Random(f"{SCHEMA}:{self.seed}:{self.lay.id}:{what}")

    def _bounds(self, tz) -> tuple[datetime, datetime]:
        nxt = (self.year + self.mon // 12, self.mon % 12 + 1)
        return (datetime(self.year, self.mon, 1, tzinfo=tz).astimezone(UTC), datetime(*nxt, 1, tzinfo=tz).astimezone(UTC))

    def count(self, kind: str, base: int) -> int:
        text = self.faults[kind] or FAULTS[kind][2]
        if text.endswith("%"):
            return max(1, round(base * float(text[:-1]) / 100))
        return max(1, int(float(text)))

    @staticmethod
    def scope(text: str, default: str) -> tuple[str, str, object]:
        """Split value@scope. Scope `half` = the agents of one site (even numbers), a number = from that day of the month on."""
        value, _, where = (text or default).partition("@")
        if not where:
            return value or default, "", lambda row: True
        if where == "half":
            return value or default, where, lambda row: row.call.agent % 2 == 0
        return value or default, where, lambda row: row.start.day >= int(where)

    def cause(self, kind: str, cause: str, params: dict, party: str = "", optional: bool = False) -> str:
        cid = f"K{len(self.causes) + 1:02d}"
        self.causes[cid] = Cause(cid, kind, cause, party or FAULTS[kind][0], FAULTS[kind][1], params, optional)
        return cid

    # --- what really happened
    def reality(self) -> list[Call]:
        r = self.rng("reality")
        cc, _, prefixes, digits = COUNTRY[self.lay.country]
        agents = min(60, max(6, self.n // 40))
        rate = EUR_RATE[self.lay.currency]
        price = {f"SKU-{i:02d}": round(p * rate, 2) for i, p in enumerate((29.9, 49.9, 59.5, 89.0, 129.0, 1249.0), 1)}
        campaigns = ("CMP-RETURN", "CMP-SUMMER", "CMP-INBOUND")
        day0 = date(self.year, self.mon, 1)
        weight = [1.0 if (day0 + timedelta(d)).weekday() < 5 else (0.5 if (day0 + timedelta(d)).weekday() == 5 else 0.15)
                  for d in range(self.days)]

        def moment(day: date) -> datetime:
            night = r.random() < 0.04
            minute = r.randrange(0, 24 * 60) if night else 8 * 60 + int(13 * 60 * r.betavariate(1.6, 1.6))
            return datetime.combine(day, time(minute // 60, minute % 60, r.randrange(60)), self.company).astimezone(UTC)

        starts = [moment(day0 + timedelta(d)) for d in r.choices(range(self.days), weight, k=self.n)]
        if "month_boundary" in self.faults:  # make sure that the edge hours hold calls
            edge = self._bounds(ZoneInfo(self.faults["month_boundary"] or "UTC"))
            spans = [sorted(p) for p in zip((self.start, self.end), edge, strict=True) if p[0] != p[1]]
            if not spans:
                raise SystemExit("month_boundary: that time zone cuts the month where the company does")
            for i in range(max(4, self.n // 60)):
                a, b = spans[i % len(spans)]
                starts[i] = a + (b - a) * r.uniform(0.02, 0.98)
        margin = max(8, self.n // 30)
        starts += [moment(day0 - timedelta(1 + d % 2)) for d in range(margin)]
        starts += [moment(day0 + timedelta(self.days + d % 2)) for d in range(margin)]
        starts = sorted(s.replace(microsecond=0) for s in starts)

        calls, recent, ref = [], [], 10_000_000 + r.randrange(9_000_000)
        for i, start in enumerate(starts):
            if recent and r.random() < 0.12:
                phone = r.choice(recent[-40:])
            else:
                phone = "+" + cc + r.choice(prefixes) + "".join(str(r.randrange(10)) for _ in range(digits))
            if self.noise == "high" and calls and r.random() < 0.18:  # a redial, minutes after the call before
                phone = calls[-1].phone
                start = min(calls[-1].start + timedelta(seconds=r.randrange(35, 200)), start) if calls[-1].start < start else start
            recent.append(phone)
            if len(recent) > 200:
                del recent[:100]
            disposition = r.choices(DISPOSITIONS[:6], (22, 33, 16, 10, 4, 15))[0]
            talk = 0 if disposition == "no_answer" else min(3300, 8 + int(r.lognormvariate(4.9, 0.8)))
            ref += r.randrange(1, 9)
            campaign = r.choices(campaigns, (45, 35, 20))[0]
            call = Call(f"C-{i + 1:07d}", start, phone, 101 + r.randrange(agents), campaign,
                        "inbound" if campaign == "CMP-INBOUND" else "outbound", r.randrange(4, 26), talk, disposition, str(ref))
            if disposition == "sale":
                call.sku = r.choice(tuple(price))
                call.sale_id = f"S-{i + 1:07d}"
                call.amount = round(price[call.sku] * r.choices((1, 2, 3), (70, 20, 10))[0], 2)
                if r.random() < 0.06:
                    call.cancelled_at = min(start + timedelta(hours=r.uniform(2, 72)), self.cutoff - timedelta(hours=1)).replace(microsecond=0)
            calls.append(call)
        return calls

    # --- our side
    def own(self, calls: list[Call]) -> tuple[list[dict], list[dict]]:
        r = self.rng("own")
        self.lost_sale, self.lost_call, self.ringing = set(), set(), set()
        inside = [c for c in calls if self.start <= c.start < self.end]
        if "sale_missing_own" in self.faults:
            live = [c for c in inside if c.sale_id and not c.cancelled_at]
            sku = max(sorted({c.sku for c in live}), key=lambda s: sum(c.sku == s for c in live))
            since = self.start + timedelta(days=r.randrange(4, 10))
            self.lost_sale = {c.id for c in live if c.sku == sku and c.start >= since}
            cid = self.cause("sale_missing_own", f"sku:{sku}", {"sku": sku, "from": since.date().isoformat()})
            self.sale_cause = cid
        if "own_duration_ring" in self.faults:
            camp = r.choice(("CMP-RETURN", "CMP-SUMMER"))
            since = self.start + timedelta(days=r.randrange(6, 15))
            self.ringing = {c.id for c in inside if c.campaign == camp and c.start >= since and c.talk}
            self.ring_cause = self.cause("own_duration_ring", f"campaign:{camp}", {"campaign": camp, "from": since.date().isoformat()})
        if "call_missing_own" in self.faults:
            talks = sorted(c.talk for c in inside)
            limit = talks[-max(4, len(talks) // 50)]
            self.lost_call = {c.id for c in inside if c.talk >= limit and c.id not in self.lost_sale | self.ringing}
            self.call_cause = self.cause("call_missing_own", "no_end_event", {"min_talk_s": limit})
        if "cancelled_sale_counted" in self.faults:
            pool = [c for c in inside if c.sale_id and not c.cancelled_at and c.id not in self.lost_sale | self.lost_call]
            chosen = sorted(r.sample(pool, min(len(pool), self.count("cancelled_sale_counted", len(inside)))), key=lambda c: c.id)
            self.kept = {}
            early = self.cause("cancelled_sale_counted", "cancelled_before_cutoff", {"cutoff": self.cutoff.isoformat()}, "partner")
            late = self.cause("cancelled_sale_counted", "cancelled_after_cutoff", {"cutoff": self.cutoff.isoformat()}, "explainable")
            for i, c in enumerate(chosen):
                if i % 2:
                    c.cancelled_at = (self.cutoff + timedelta(hours=r.uniform(1, 60))).replace(microsecond=0)
                else:
                    c.cancelled_at = min(c.start + timedelta(hours=r.uniform(1, 60)), self.cutoff - timedelta(hours=1)).replace(microsecond=0)
                self.kept[c.id] = late if i % 2 else early
        records, events = [], []
        iso = lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ")
        for c in calls:
            answered = c.start + timedelta(seconds=c.ring)
            log = [(c.start, "call.started", {"phone": c.phone, "agent_id": f"AG-{c.agent}", "campaign": c.campaign, "direction": c.direction,
                                              "partner_ref": c.ref if self.lay.has_ref else None})]
            if c.talk:
                log.append((answered, "call.answered", {}))
            end = answered + timedelta(seconds=c.talk)
            if c.id not in self.lost_call:
                log.append((end, "call.ended", {"talk_s": c.talk}))
            log.append((end + timedelta(seconds=5), "call.dispositioned", {"disposition": c.disposition}))
            if c.sale_id:
                log.append((end + timedelta(seconds=9), "order.accepted", {"sale_id": c.sale_id, "sku": c.sku, "amount": f"{c.amount:.2f}", "currency": self.lay.currency}))
                if c.cancelled_at:
                    log.append((c.cancelled_at, "order.cancelled", {"sale_id": c.sale_id}))
            events += [{"at": iso(at), "call_id": c.id, "type": kind, "data": data} for at, kind, data in log]
            if c.id in self.lost_call:
                continue
            lost = c.id in self.lost_sale
            sold = bool(c.sale_id) and not lost
            records.append({
                "call_id": c.id, "partner_id": self.partner, "partner_ref": c.ref if self.lay.has_ref else None, "campaign": c.campaign,
                "direction": c.direction, "started_at": iso(c.start), "customer_phone": c.phone, "agent_id": f"AG-{c.agent}",
                "duration_s": c.talk + (c.ring if c.id in self.ringing else 0), "disposition": "info" if lost else c.disposition,
                "sale_id": c.sale_id if sold else None, "sku": c.sku if sold else None, "sale_amount": f"{c.amount:.2f}" if sold else None,
                "currency": self.lay.currency if sold else None, "sale_status": ("cancelled" if c.cancelled_at else "confirmed") if sold else None,
                "sale_status_at": iso(c.cancelled_at) if sold and c.cancelled_at else None})
        events.sort(key=lambda e: (e["at"], e["call_id"]))
        return records, [{"seq": i, **e} for i, e in enumerate(events, 1)]

    # --- the partner's side
    def agent_code(self, agent: int) -> str:
        return f"{self.lay.agent_prefix}{agent}"

    def rows(self, calls: list[Call]) -> list[Row]:
        r = self.rng("partner")
        lo, hi = self.start, self.end
        if "month_boundary" in self.faults:
            zone = self.faults["month_boundary"] or "UTC"
            lo, hi = self._bounds(ZoneInfo(zone))
            stamp = lambda t: t.strftime("%Y-%m-%dT%H:%MZ")
            cid = self.cause("month_boundary", f"cutoff:{stamp(lo)}/{stamp(hi)}", {"tz": zone})
            self.removed += [(c.id, cid) for c in calls if self.start <= c.start < self.end and not lo <= c.start < hi]
        rows: list[Row] = []
        for c in calls:
            if not lo <= c.start < hi:
                continue
            high = self.noise == "high"
            seen = c.start + timedelta(seconds=r.randrange(0, 76) if high else r.choices((0, 1, 2, 3, 4), (40, 25, 20, 10, 5))[0])
            talk = c.talk + (r.choice((-2, -1, 1, 2) if high else (-1, 1)) if c.talk > 12 and r.random() < (0.4 if high else 0.12) else 0)
            disposition, amount = c.disposition, c.amount if c.sale_id else None
            if c.cancelled_at and c.id not in getattr(self, "kept", {}):
                disposition, amount = "sale_cancelled", 0.0
            blank = r.random() < self.lay.ref_blank
            row = Row(c, seen.astimezone(self.tz).replace(tzinfo=None), c.phone, self.agent_code(c.agent), c.campaign, talk,
                      disposition, amount, self.lay.currency, "" if blank else c.ref)
            for ids, name in ((self.lost_sale, "sale_cause"), (self.lost_call, "call_cause"), (self.ringing, "ring_cause")):
                if c.id in ids:
                    row.tags.append(getattr(self, name))
            if c.id in getattr(self, "kept", {}):
                row.tags.append(self.kept[c.id])
            if not self.start <= c.start < self.end:
                row.tags.append(cid)
            rows.append(row)
        plain = lambda: [x for x in rows if not x.tags]
        drop = lambda gone: rows.__setitem__(slice(None), [x for x in rows if id(x) not in gone])

        if "missing_day" in self.faults:
            by_day: dict[date, list[Row]] = {}
            for x in rows:
                by_day.setdefault(x.start.date(), []).append(x)
            size = sorted(len(v) for v in by_day.values())[len(by_day) // 2]
            day = r.choice(sorted(d for d, v in by_day.items() if len(v) >= size))
            cid = self.cause("missing_day", f"day:{day}", {"day": day.isoformat()})
            self.removed += [(x.call.id, cid) for x in by_day[day]]
            drop({id(x) for x in by_day[day]})
        if "missing_line" in self.faults:
            gone = r.sample(plain(), self.count("missing_line", len(rows)))
            cid = self.cause("missing_line", "omitted", {})
            self.removed += [(x.call.id, cid) for x in gone]
            drop({id(x) for x in gone})
        if "wrong_disposition" in self.faults:
            cid = self.cause("wrong_disposition", "wrong_disposition", {})
            open_ = DISPOSITIONS[:5]
            for x in r.sample([x for x in plain() if x.disposition in open_ and x.call.talk], self.count("wrong_disposition", len(rows))):
                x.disposition = r.choice([d for d in open_[1:] if d != x.disposition])
                x.tags.append(cid)
        if "phantom_sale" in self.faults:
            cid = self.cause("phantom_sale", "sale_without_order", {})
            amounts = [x.amount for x in rows if x.amount] or [49.9]
            for x in r.sample([x for x in plain() if x.disposition in ("callback", "info", "refused")], self.count("phantom_sale", len(rows))):
                x.disposition, x.amount = "sale", r.choice(amounts)
                x.tags.append(cid)
        if "duration_rounding" in self.faults:
            rule, where, applies = self.scope(self.faults["duration_rounding"], "up60")
            step, up = int(rule.lstrip("upnear")), rule.startswith("up")
            cid = self.cause("duration_rounding", f"round_{'up' if up else 'nearest'}:{step}", {"rule": rule, "scope": where})
            for x in filter(applies, rows):
                new = math.ceil(x.duration / step) * step if up else int(x.duration / step + 0.5) * step
                ring = x.call.ring if x.call.id in self.ringing else 0
                if abs(new - x.call.talk - ring) > 2 and new != x.duration:
                    x.tags.append(cid)
                x.duration = new
        if "timezone_shift" in self.faults:
            value, where, applies = self.scope(self.faults["timezone_shift"], "+60")
            minutes = int(value)
            cid = self.cause("timezone_shift", f"offset:{minutes:+d}m", {"minutes": minutes, "scope": where})
            for x in list(filter(applies, rows)):
                x.start += timedelta(minutes=minutes)
                x.tags.append(cid)
        if "dst_hour" in self.faults:
            probe = self.start
            switch = None
            while probe < self.end:
                a, b = probe.astimezone(self.tz).utcoffset(), (probe + timedelta(hours=1)).astimezone(self.tz).utcoffset()
                if a != b:
                    switch, delta = probe + timedelta(hours=1), a - b
                    break
                probe += timedelta(hours=1)
            if switch is None:
                raise SystemExit(f"dst_hour: {self.lay.tz} has no clock change in {self.month}")
            minutes = int(delta.total_seconds() // 60)
            cid = self.cause("dst_hour", f"offset:{minutes:+d}m", {"minutes": minutes, "from": switch.isoformat()})
            for x in rows:
                if x.call.start >= switch:
                    x.start += delta
                    x.tags.append(cid)
        self._amounts(rows, r)
        self._agents(rows, r)
        self._numbers(rows, r)
        if "extra_line" in self.faults:
            cid = self.cause("extra_line", "never_happened", {})
            cc, _, prefixes, digits = COUNTRY[self.lay.country]
            for model in r.sample(rows, self.count("extra_line", len(rows))):
                phone = "+" + cc + r.choice(prefixes) + "".join(str(r.randrange(10)) for _ in range(digits))
                rows.append(replace(model, call=None, start=model.start + timedelta(seconds=r.randrange(30, 900)), phone=phone, phone_text=None,
                                    duration=60 * r.randrange(1, 5) if "duration_rounding" in self.faults else r.randrange(20, 400),
                                    disposition=r.choice(("refused", "callback", "info")), amount=None, ref=str(int(model.call.ref) + 400_000_000), tags=[cid]))
        rows.sort(key=lambda x: (x.start, x.call.id if x.call else ""))
        for i, x in enumerate(rows):
            x.key = i
        copies: list[tuple[int, Row]] = []
        if "duplicate_line" in self.faults:
            cid = self.cause("duplicate_line", "reported_twice", {})
            for x in r.sample([x for x in rows if x.call], self.count("duplicate_line", len(rows))):
                copies.append((x.key + 1, replace(x, tags=[cid], copy_of=x.key)))
        if "duplicate_block" in self.faults:
            k = max(4, self.count("duplicate_block", len(rows)))
            taken = {c.copy_of for _, c in copies}
            day = lambda i: rows[i].start.date() if self.lay.sheet_per_day else None  # a block stays on one sheet

            def fits(at: int, k: int) -> bool:
                return all(rows[i].call and i not in taken and day(i) == day(at) for i in range(at, at + k))

            spots: list[int] = []
            while not spots and k > 3:
                spots = [at for at in range(0, len(rows) - k, max(1, len(rows) // 5000)) if fits(at, k)]
                k -= 0 if spots else 1
            if not spots:
                raise SystemExit("duplicate_block: no room for a block of 4 lines")
            at = r.choice(spots)
            cid = self.cause("duplicate_block", f"block:{k}", {"lines": k})
            copies += [(at + k, replace(rows[i], tags=[cid], copy_of=rows[i].key)) for i in range(at, at + k)]
        out, copies = [], sorted(copies, key=lambda t: t[0])
        j = 0
        for i in range(len(rows) + 1):
            while j < len(copies) and copies[j][0] == i:
                out.append(copies[j][1])
                j += 1
            if i < len(rows):
                out.append(rows[i])
        return out

    def _amounts(self, rows: list[Row], r: random.Random) -> None:
        if "decimal_mixup" in self.faults:
            factor = float(self.faults["decimal_mixup"] or 100)
            since = date(self.year, self.mon, r.randrange(5, 12))
            cid = self.cause("decimal_mixup", f"scale:{factor:g}", {"factor": factor, "from": since.isoformat()})
            for x in rows:
                if x.amount and x.start.date() >= since:
                    x.amount = round(x.amount * factor, 2)
                    x.tags.append(cid)
        if "currency_mixup" in self.faults:
            other = self.faults["currency_mixup"] or ("EUR" if self.lay.currency != "EUR" else "BAM")
            ratio = EUR_RATE[other] / EUR_RATE[self.lay.currency]
            cid = self.cause("currency_mixup", f"ratio:{ratio:.5f}", {"written_in": other, "contract": self.lay.currency, "ratio": round(ratio, 6)})
            for x in rows:
                if x.amount:
                    x.amount = round(x.amount * ratio, 2)
                    x.tags.append(cid)

    def _agents(self, rows: list[Row], r: random.Random) -> None:
        if "agent_remap" not in self.faults:
            return
        how = self.faults["agent_remap"] or "renumber"
        since = date(self.year, self.mon, r.randrange(8, 16))
        codes = sorted({x.agent for x in rows})
        if how == "swap":
            a, b = r.sample(codes, 2)
            table = {a: b, b: a}
        else:
            fresh = [self.agent_code(700 + i) for i in range(len(codes))]
            r.shuffle(fresh)
            table = dict(zip(codes, fresh, strict=True))
        hit = [x for x in rows if x.start.date() >= since and x.agent in table]
        first = min((x.start.date() for x in hit), default=since)  # the first day on which it shows, as written in the report
        cid = self.cause("agent_remap", f"from:{first}", {"from": first.isoformat(), "map": table})
        for x in hit:
            x.agent = table[x.agent]
            x.tags.append(cid)

    def _numbers(self, rows: list[Row], r: random.Random) -> None:
        if "number_format" not in self.faults:
            return
        how = self.faults["number_format"] or "sci"
        cc, trunk, _, _ = COUNTRY[self.lay.country]
        cid = self.cause("number_format", how, {"how": how}, optional=how == "lost_zero")
        for x in rows:
            digits = x.phone[1:]
            if how == "sci":
                x.phone_text = f"{int(digits):.5E}".replace(".", self.lay.decimal)
            elif how == "masked":
                x.phone_text = digits[:-3] + "xxx"
            else:
                x.phone_text = digits[len(cc):]
            x.tags.append(cid)
