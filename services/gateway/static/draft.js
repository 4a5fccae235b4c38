// What the agent has done and not yet sent: kept in this browser under the call or the lead, so a reload loses nothing.

/**
 * @typedef {{sku: string, quantity: number, kind: string, option: string, offer: string, name: string}} Line
 * @typedef {{key: string, lines: Line[], talk: import("./walk.js").Talk, typed: Record<string, [string, string][]>, said?: string}} Draft
 *   `key` of the order's lines as they are; `typed`: what stands in the forms, by their ids; `said`: the result as kept
 */

const place = (/** @type {string} */ id) => `panel:${id}`;

export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @returns {Draft} */
export const begun = () => ({ key: newKey(), lines: [], talk: { asking: "script", count: 0, waiting: [], walks: {} }, typed: {} });

/** @param {string} id @returns {Draft} */
export function kept(id) {
  try {
    const found = JSON.parse(localStorage.getItem(place(id)) ?? "null");
    if (found?.key && Array.isArray(found.lines) && found.talk && found.typed) return found;
  } catch {
    // what lies there is not ours: begin anew
  }
  return begun();
}

/** @param {string} id @param {Draft} draft */
export const keep = (id, draft) => localStorage.setItem(place(id), JSON.stringify(draft));

/** Words about customers lie here no longer than they are needed: all but these are gone. @param {(string|undefined)[]} ids */
export function keepOnly(ids) {
  const kept = new Set(ids.map((id) => place(id ?? "")));
  for (const name of Object.keys(localStorage)) if (name.startsWith(place("")) && !kept.has(name)) localStorage.removeItem(name);
}

/** @param {string} id */
export const forget = (id) => localStorage.removeItem(place(id));

/** What stands in a form. @param {HTMLFormElement} form @returns {[string, string][]} */
export const typedIn = (form) => [...new FormData(form)].map(([name, value]) => [name, String(value)]);

/** Put it back. @param {HTMLFormElement} form @param {[string, string][]|undefined} typed */
export function refill(form, typed) {
  for (const field of form.querySelectorAll("input, select")) {
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = false;
    else /** @type {HTMLInputElement|HTMLSelectElement} */ (field).value = "";
  }
  for (const [name, value] of typed ?? []) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked ||= field.value === value;
      else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value;
    }
  }
}
