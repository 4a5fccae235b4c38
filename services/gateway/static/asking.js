// How pages ask the API: JSON in, JSON out, and what was refused as a message for people.

export class Refused extends Error {}

/** What writes say: they are answered when what they did can be read. */
export const SHOWN = { prefer: "wait=5" };

/**
 * @param {string} path below /api/v1
 * @param {unknown} [body] sent where it is given
 * @param {string} [method] by which it is sent
 * @returns {Promise<any>} the answer; Refused with the reason, with the status in `cause`
 */
export async function ask(path, body, method = "POST") {
  const sent = body === undefined ? {} : { method, headers: { "content-type": "application/json", ...SHOWN }, body: JSON.stringify(body) };
  const answer = await fetch(`/api/v1${path}`, { cache: "no-store", ...sent });
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said.detail ?? String(answer.status), { cause: answer.status });
  return said;
}

/** @param {string} tag @param {string} text @param {Record<string, string>} [more] @returns {HTMLElement} */
export function made(tag, text, more = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(more)) element.setAttribute(name, value);
  return element;
}

/** @param {string} text @param {string} label @param {() => void} done @returns {HTMLElement} */
export function button(text, label, done) {
  const element = made("button", text, { type: "button", "aria-label": label });
  element.addEventListener("click", done);
  return element;
}
