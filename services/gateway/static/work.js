// The work list: what has somebody to look at, by deadline; taken and closed from here.

import "./files.js";
import { ask, button, made } from "./asking.js";
import { agentName, fill, moment, UNKNOWN, write } from "./format.js";

/** @typedef {{work: string, partner: string, kind: string, subject: string, owner: string, due_at: string, overdue: boolean, agent: string|null, taken_by: string|null}} Item */

const told = JSON.parse(document.getElementById("told")?.textContent ?? "{}");
const WORDS = told.words;
const EVERY_MS = 5000;
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const rows = /** @type {HTMLElement} */ (document.querySelector("#work tbody"));
const filter = /** @type {HTMLFormElement} */ (document.getElementById("filter"));
let shown = "";

/** @param {() => Promise<void>} work */
async function doing(work) {
  try {
    await work();
    write($("said"), "");
  } catch (error) {
    write($("said"), fill(WORDS.failed, { why: /** @type {Error} */ (error).message }));
  }
}

/** @param {Item} item */
const agent = (item) => (item.agent ? agentName(told.agents, item.partner, item.agent) : UNKNOWN);

/** @param {Item} item */
function row(item) {
  const line = made("tr", "", item.overdue ? { "data-state": "overdue" } : {});
  const subject = made("td", "", { class: "long" });
  if (item.subject.startsWith("order ")) subject.textContent = item.subject;
  else subject.append(made("a", item.subject, { href: `/calls/${encodeURIComponent(item.subject)}` }));
  line.append(made("th", told.kinds[item.kind] ?? item.kind, { scope: "row" }), subject);
  line.append(made("td", told.partners[item.partner] ?? item.partner), made("td", agent(item)), made("td", told.owners[item.owner]));
  line.append(made("td", moment(item.due_at), { class: "time" }), made("td", item.overdue ? WORDS.overdue : WORDS.due));
  line.append(made("td", item.taken_by ?? WORDS.nobody), actions(item));
  return line;
}

/** Only who may close an item has the buttons: the company all, a partner its own. @param {Item} item */
function actions(item) {
  const cell = made("td", "");
  if (!told.acts || (item.owner === "company" && !told.company)) return cell;
  const route = `/work/${encodeURIComponent(item.work)}`;
  const subject = item.subject;
  const reason = /** @type {HTMLInputElement} */ (made("input", "", { "aria-label": fill(WORDS.why, { subject }), placeholder: WORDS.reason, maxlength: "2000" }));
  const close = () =>
    doing(async () => {
      if (!reason.reportValidity()) return;
      await ask(`${route}/close`, { reason: reason.value });
      cell.closest("tr")?.remove();
    });
  reason.required = true;
  cell.append(button(WORDS.take, fill(WORDS.take_of, { subject }), () => doing(async () => {
    await ask(`${route}/take`, {});
    await look();
  })));
  cell.append(reason, button(WORDS.close, `${WORDS.close}: ${subject}`, close));
  return cell;
}

/** Drawn anew only when something is different and nobody is typing a reason. */
async function look() {
  const asked = new URLSearchParams([...new FormData(filter)].filter(([, value]) => value !== "").map(([name, value]) => [name, String(value)]));
  const { items } = await ask(`/work?limit=500&${asked}`);
  const typing = document.activeElement instanceof HTMLInputElement && rows.contains(document.activeElement);
  const drawn = JSON.stringify(items);
  if (drawn === shown || typing) return;
  shown = drawn;
  rows.replaceChildren(...items.map(row));
  write($("none"), items.length ? "" : WORDS.none);
}

filter.addEventListener("change", () => doing(look));
filter.addEventListener("submit", (event) => event.preventDefault());
setInterval(() => doing(look), EVERY_MS);
doing(look);
