// The lead that the agent is to dial: asked for with a key, dialled by the platform, done with what it came to.

import { made, Refused } from "./asking.js";
import { duration, fill, write } from "./format.js";

/**
 * @typedef {{lead: string, customer_ref: string, number: string|null, profile: Record<string, string>|null, zone: string, list_name: string, campaign: string|null, held_until: string|null, history: {at: string, result: string|null}[], promises: {due: string, zone: string, note: string|null, verdict: string}[]}} Lead
 * @typedef {{lead: string, due: string, zone: string, number: string|null, is_due?: boolean, personal?: boolean}} Promised
 * @typedef {(path: string, body?: unknown, key?: string) => Promise<any>} Ask
 */

const PLACE = "lead";
const EVERY_MS = 30_000;

/** A time by the clock that it was said by. @param {string} due @param {string} zone */
export function moment(due, zone) {
  const form = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", timeZone: zone || "UTC" });
  return `${form.format(new Date(due))} ${zone || "UTC"}`;
}

/**
 * @param {{section: HTMLElement, told: HTMLElement, left: HTMLElement, next: HTMLButtonElement, back: HTMLButtonElement, promises: HTMLElement, list: HTMLElement}} parts
 * @param {Record<string, string>} words @param {{partner: string, id: string}} me @param {Ask} ask
 * @param {{free: () => boolean, unsaid: () => boolean, idle: () => boolean, show: (lead: Lead|null) => void, now: () => number, said: (text: string) => void, fails: (wrong: unknown) => void}} host
 *   `free`: no call is going on; `unsaid`: its result is still to be kept; `idle`: and none is on the desk; `show`: the desk is the lead's now, or nobody's
 */
export function leads(parts, words, me, ask, host) {
  /** @type {Lead|null} */ let lead = null;
  /** @type {Promised[]} */ let listed = [];
  /** @type {(Promised & {at: number})[]} */ let fresh = []; // promised here, which the list may not have yet

  /** @param {Lead|null} found */
  function hold(found) {
    lead = found;
    if (found) localStorage.setItem(PLACE, found.lead);
    else localStorage.removeItem(PLACE);
    draw();
  }

  function draw() {
    parts.section.dataset.state = lead ? "held" : "none";
    parts.back.hidden = !lead;
    parts.next.hidden = lead !== null;
    parts.section.hidden = !lead && !host.free();
    const promise = lead?.promises.find((one) => one.verdict === "open");
    const said = lead
      ? [
          made("b", lead.number ?? words.nobody),
          made("span", lead.profile?.name ?? ""),
          made("span", lead.list_name, { class: "sub" }),
          ...(promise ? [made("span", fill(words.promised, { when: moment(promise.due, promise.zone) }), { class: "tag" })] : []),
          ...(promise?.note ? [made("q", promise.note)] : []),
        ]
      : [made("span", words.no_lead, { class: "sub" })];
    parts.told.replaceChildren(...said);
    tick();
  }

  function tick() {
    const left = lead?.held_until ? (Date.parse(lead.held_until) - host.now()) / 1000 : 0;
    write(parts.left, lead && left > 0 ? fill(words.yours, { time: duration(left) }) : "");
    if (lead && left <= 0 && host.free()) drop(words.lead_over);
  }

  /** @param {string} said */
  function drop(said) {
    hold(null);
    if (host.idle()) host.show(null);
    if (said) host.said(said);
  }

  async function next() {
    if (lead || !host.free()) return;
    if (host.unsaid()) return host.said(words.say_result);
    parts.next.disabled = true;
    try {
      hold(await ask("/leads/next", { partner: me.partner, agent: me.id }));
      host.show(lead);
      host.said("");
    } catch (wrong) {
      host.fails(wrong);
    } finally {
      parts.next.disabled = false;
      void refresh();
    }
  }

  async function back() {
    if (!lead) return;
    try {
      await ask(`/leads/${encodeURIComponent(lead.lead)}/release`, { agent: me.id });
      drop(words.given_back);
    } catch (wrong) {
      host.fails(wrong);
    }
  }

  /** What a dial came to of which no call was told here. @param {string} result @param {string} key */
  async function attempt(result, key) {
    if (!lead) return;
    await ask(`/leads/${encodeURIComponent(lead.lead)}/attempts`, { agent: me.id, result }, key);
    drop("");
  }

  /** A lead that was held before the page was read again. */
  async function resume() {
    const id = localStorage.getItem(PLACE);
    if (!id) return draw();
    try {
      hold(await ask(`/leads/${encodeURIComponent(id)}`));
      if (host.idle()) host.show(lead);
    } catch (wrong) {
      if (wrong instanceof Refused) hold(null); // it is given to nobody, or to somebody else
      draw();
    }
  }

  /** What the agent has promised and not done yet. */
  async function refresh() {
    const asked = Date.now();
    try {
      listed = (await ask("/panel/callbacks")).items;
    } catch {
      return; // the panel's own line says that it is lost
    }
    const has = (/** @type {Promised} */ mine) => listed.some((one) => one.lead === mine.lead && Date.parse(one.due) === Date.parse(mine.due));
    // A list that is asked for so much later is right also where it has a promise no more.
    fresh = fresh.filter((mine) => asked - mine.at < EVERY_MS && !has(mine));
    showPromises();
  }

  function showPromises() {
    const others = listed.filter((one) => !fresh.some((mine) => mine.lead === one.lead));
    const items = [...others, ...fresh.filter((mine) => mine.personal)].sort((one, other) => Date.parse(one.due) - Date.parse(other.due));
    parts.promises.hidden = !items.length;
    parts.list.replaceChildren(
      ...items.map((one) => {
        const item = made("li", "");
        item.append(made("span", moment(one.due, one.zone)), made("span", one.number ?? words.nobody));
        if (one.is_due) item.append(made("span", words.is_due, { class: "tag" }));
        return item;
      }),
    );
  }

  parts.next.addEventListener("click", () => void next());
  parts.back.addEventListener("click", () => void back());
  setInterval(tick, 500);
  setInterval(() => void refresh(), EVERY_MS);
  void refresh();
  return {
    next,
    attempt,
    /** Another callback is promised, in place of any other of its lead. @param {Promised} promise */
    promised(promise) {
      fresh = [...fresh.filter((mine) => mine.lead !== promise.lead), { ...promise, at: Date.now() }];
      showPromises();
    },
    resume,
    held: () => lead,
    draw,
    /** The lead of a call's customer. @param {string|undefined} ref */
    of: (ref) => (lead && lead.customer_ref === ref ? lead : null),
    /** The call of the lead has its result. @param {string|undefined} ref */
    done(ref) {
      if (lead && lead.customer_ref === ref) hold(null);
    },
    drop,
  };
}
