// How the panel's steps go, told in batches where the company says so: which part was worked in, for how long, what was
// wrong with an entry. Never what is typed: nothing here reads a value, a key or a text. The agent sees all that is held.

import { ask, made } from "./asking.js";
import { write } from "./format.js";

/** @typedef {{step: string, seconds: number, mistakes?: Record<string, number>, back?: boolean, abandoned?: boolean}} Visit */
/** @typedef {{visits: number, failed?: number, back?: number, abandoned?: number}} Counted */

const PLACES = { call: "#call", script: "#script", result: "#result", hot_lead: "#hot", customer: "[aria-labelledby=customer-title]", offers: "[aria-labelledby=offers-title]", order: "[aria-labelledby=order-title]" };
const ORDER = ["script", "customer", "offers", "order", "result"];
const MOST = 100;
const DAY_S = 86_400;
const $ = (/** @type {string} */ id) => document.getElementById(id);

/** @type {Visit[]} */ let done = [];
/** @type {(Visit & {since: number})|null} */ let here = null;
/** @type {{batch: string, visits: Visit[]}[]} */ let waiting = [];
let furthest = -1;

/** @param {EventTarget|null} target @returns {string|null} */
function stepOf(target) {
  if (!(target instanceof Element)) return null;
  return Object.entries(PLACES).find(([, place]) => target.closest(place))?.[0] ?? null;
}

function leave() {
  if (!here) return;
  const { since, ...visit } = here;
  done.push({ ...visit, seconds: Math.min(DAY_S, Math.round((performance.now() - since) / 1000)) });
  here = null;
}

/** @param {string} step */
function enter(step) {
  if (here?.step === step) return;
  leave();
  const place = ORDER.indexOf(step);
  here = { step, seconds: 0, since: performance.now(), ...(place >= 0 && place < furthest ? { back: true } : {}) };
  furthest = Math.max(furthest, place);
}

/** @param {string} step @param {string} kind */
function mistake(step, kind) {
  enter(step);
  if (here) here.mistakes = { ...here.mistakes, [kind]: (here.mistakes?.[kind] ?? 0) + 1 };
}

/** The kind of what the browser found wrong, not the entry. @param {ValidityState} validity */
function kindOf(validity) {
  if (validity.valueMissing) return "missing";
  return validity.rangeOverflow || validity.rangeUnderflow || validity.stepMismatch ? "range" : "format";
}

async function send() {
  if (done.length) {
    const batch = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    waiting.push({ batch, visits: done.splice(0, MOST) });
  }
  const sent = waiting;
  waiting = [];
  for (const one of sent) {
    try {
      // A page that closes sends it all the same; one that comes twice counts once.
      const headers = { "content-type": "application/json" };
      const answer = await fetch("/api/v1/training/usage", { method: "POST", headers, body: JSON.stringify(one), keepalive: true });
      if (answer.status >= 500) waiting.push(one);
    } catch {
      waiting.push(one);
    }
  }
}

/** Another call: what was left in the order was left for good. */
function next() {
  leave();
  if (document.querySelector("#lines input")) {
    const order = done.findLast((visit) => visit.step === "order");
    if (order) order.abandoned = true;
    else done.push({ step: "order", seconds: 0, abandoned: true });
  }
  furthest = -1;
  void send();
}

function watch() {
  for (const kind of ["focusin", "pointerdown"])
    document.addEventListener(kind, (event) => {
      const step = stepOf(event.target);
      if (step) enter(step);
    }, true);
  document.addEventListener("invalid", (event) => {
    const step = stepOf(event.target);
    if (step && event.target) mistake(step, kindOf(/** @type {HTMLInputElement} */ (event.target).validity));
  }, true);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
  addEventListener("pagehide", () => {
    leave();
    void send();
  });
  const refused = $("refused");
  if (refused) new MutationObserver(() => refused.textContent && mistake("order", "refused")).observe(refused, { childList: true, characterData: true, subtree: true });
  const call = $("call");
  let state = call?.dataset.state;
  if (call)
    new MutationObserver(() => {
      const before = state;
      state = call.dataset.state;
      if (before === "ended" && state !== "ended") next();
    }).observe(call, { attributeFilter: ["data-state"] });
}

/** @param {{collecting: boolean, kept_days: number, told: string, days: {day: string, steps: Record<string, Counted>}[]}} held */
function show(held) {
  const place = $("usage");
  if (!place || !(held.collecting || held.days.length)) return;
  place.hidden = false;
  write(/** @type {HTMLElement} */ ($("usage-told")), held.told);
  /** @type {HTMLElement} */ ($("usage-days")).textContent = String(held.kept_days);
  const rows = held.days.flatMap(({ day, steps }) =>
    Object.entries(steps).map(([step, one]) => {
      const row = made("tr", "");
      row.append(made("th", day, { scope: "row" }), made("td", step.replace("/", " · ")));
      for (const count of [one.visits, one.failed, one.back, one.abandoned]) row.append(made("td", String(count ?? 0), { class: "n" }));
      return row;
    }),
  );
  $("usage-held")?.replaceChildren(...rows);
}

const held = await ask("/training/usage/mine").catch(() => null);
if (held) show(held);
if (held?.collecting) watch();
$("usage")?.addEventListener("toggle", async () => {
  const now = await ask("/training/usage/mine").catch(() => null);
  if (now) show(now);
});
