// Contests on the wallboard: the first three of each, asked for once a minute.

import { ask, made } from "./asking.js";
import { percent } from "./format.js";

/** @typedef {{agent: {partner: string, agent: string}, score: number, place: number|null}} Stand */

const EVERY_MS = 60_000;
const SHOWN = 3;

/** The name that the table of agents knows, else the id. @param {Stand} stand */
function name(stand) {
  const key = CSS.escape(`${stand.agent.partner}/${stand.agent.agent}`);
  return document.querySelector(`tr[data-key="${key}"] th`)?.textContent?.trim() || stand.agent.agent;
}

/** @param {Stand} stand */
function line(stand) {
  const item = made("li", "");
  item.append(made("span", `${stand.place}.`, { class: "place" }), made("span", name(stand), { class: "who" }));
  item.append(made("b", percent(stand.score)));
  return item;
}

/** What was seen last stays when an answer fails. @param {HTMLElement} list */
async function look(list) {
  const said = await ask(`/training/contests/${list.dataset.contest}`).catch(() => null);
  if (said === null) return;
  const first = said.standings.filter((/** @type {Stand} */ stand) => stand.place !== null).slice(0, SHOWN);
  list.replaceChildren(...(first.length ? first.map(line) : [made("li", list.dataset.none ?? "", { class: "calm" })]));
}

for (const list of document.querySelectorAll("[data-contest]")) {
  const element = /** @type {HTMLElement} */ (list);
  look(element);
  setInterval(() => look(element), EVERY_MS);
}
