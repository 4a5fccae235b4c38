// Handing a customer to the company's own staff: asked with one key, and the contract's stopwatch until it is taken.

import { duration, fill, write } from "./format.js";

/**
 * @typedef {{call: string, due_at: string, escalated: boolean, missed: boolean}} Watch
 * @typedef {(path: string, body?: unknown, key?: string) => Promise<any>} Ask
 */

const WAIT_S = 20;
const AGAIN_MS = 2000;

/**
 * @param {{form: HTMLFormElement, button: HTMLButtonElement, clock: HTMLElement}} parts
 * @param {Record<string, string>} words @param {string} partner @param {Ask} ask
 * @param {() => string|null} call  the id of the call that is shown @param {() => number} now @param {(wrong: unknown) => void} fails
 */
export function hotlead(parts, words, partner, ask, call, now, fails) {
  /** @type {Watch[]} */ let watches = [];
  /** @type {Set<string>} */ const asked = new Set();
  let waiting = false; // for the answer to what was asked just now

  async function hand() {
    const id = call();
    if (!id || asked.has(id)) return;
    const points = new FormData(parts.form).getAll("point").map(String);
    const text = String(new FormData(parts.form).get("text") ?? "").trim();
    asked.add(id);
    waiting = true;
    try {
      const told = await ask("/handovers", { partner, call: id, points, text });
      watches = [...watches, { call: id, due_at: told.due_at, escalated: false, missed: false }];
      parts.form.reset();
    } catch (wrong) {
      asked.delete(id);
      fails(wrong);
    } finally {
      waiting = false;
      tick();
    }
  }

  async function listen() {
    let known = "";
    for (;;) {
      try {
        const found = await ask(`/handovers/live?${new URLSearchParams({ known, wait: known ? String(WAIT_S) : "0" })}`);
        watches = found.items;
        known = found.version;
        for (const watch of watches) asked.add(watch.call);
      } catch {
        known = ""; // the panel's own line says that it is lost
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
  }

  function tick() {
    const id = call();
    const watch = watches.find((one) => one.call === id);
    const left = watch ? (Date.parse(watch.due_at) - now()) / 1000 : 0;
    const state = !id || !asked.has(id) || waiting ? "" : watch ? (left < 0 ? "late" : watch.escalated ? "urgent" : "open") : "taken";
    parts.clock.dataset.state = state;
    const said = { "": "", open: words.left, urgent: words.left, late: words.late, taken: words.taken }[state] ?? "";
    write(parts.clock, fill(said, { time: duration(Math.abs(left)) }));
    parts.button.disabled = !id || asked.has(id);
  }

  parts.form.addEventListener("submit", (event) => {
    event.preventDefault();
    void hand();
  });
  setInterval(tick, 500);
  void listen();
  return hand;
}
