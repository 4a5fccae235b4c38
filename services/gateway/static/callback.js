// Promising the customer to call back: a date and time by somebody's clock, and what to know then.

import { fill } from "./format.js";
import { moment } from "./lead.js";

/**
 * @param {{form: HTMLFormElement, zone: HTMLSelectElement, details: HTMLDetailsElement}} parts
 * @param {Record<string, string>} words @param {(path: string, body?: unknown, key?: string) => Promise<any>} ask
 * @param {{whose: () => {call: string|null, lead: string|null}|null, key: () => string, promised: (said: string, promise: import("./lead.js").Promised) => void, fails: (wrong: unknown) => void}} host
 */
export function callback(parts, words, ask, host) {
  for (const zone of new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])) parts.zone.add(new Option(zone.replaceAll("_", " "), zone));

  /** By whose clock it is said, unless the agent has chosen. @param {string|null|undefined} zone */
  function suggest(zone) {
    parts.zone.value ||= zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  function open() {
    parts.details.open = true;
    /** @type {HTMLElement|null} */ (parts.form.querySelector("[name=local]"))?.focus();
  }

  parts.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const whose = host.whose();
    if (!whose) return;
    const said = new FormData(parts.form);
    const button = /** @type {HTMLButtonElement} */ (parts.form.querySelector("button"));
    button.disabled = true;
    try {
      const body = { ...whose, local: String(said.get("local")).slice(0, 16), zone: String(said.get("zone")), personal: !said.has("anybody"), note: String(said.get("note") ?? "").trim() };
      const told = await ask("/panel/callbacks", body, host.key());
      parts.form.reset();
      suggest(told.zone);
      parts.details.open = false;
      host.promised(fill(words.callback_kept, { when: moment(told.due, told.zone) }), told);
    } catch (wrong) {
      host.fails(wrong);
    } finally {
      button.disabled = false;
    }
  });
  return { open, suggest };
}
