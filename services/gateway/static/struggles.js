// Where agents struggle: who stands out among peers, each step over all agents, and a word to the agent.

import { ask, made } from "./asking.js";
import { agentName, fill, write } from "./format.js";

/** @typedef {{agent: string, page: string, step: string, words: string}} Struggle */
/** @typedef {{step: string, agents: number, visits: number, failed_percent: string, back_percent: string, abandoned_percent: string, mean_s: string}} Step */

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {any} told @param {string} partner @param {Struggle} one @param {(work: () => Promise<void>, done?: string) => Promise<void>} doing */
function item(told, partner, one, doing) {
  const { words } = told;
  const [name, step] = [agentName(told.agents, partner, one.agent), told.steps[one.step] ?? one.step];
  const line = made("li", "");
  const form = /** @type {HTMLFormElement} */ (made("form", ""));
  const text = /** @type {HTMLInputElement} */ (made("input", "", { required: "", maxlength: "4000", "aria-label": fill(words.speak_to, { agent: name }) }));
  form.append(text, made("button", words.speak, { "aria-label": fill(words.speak_about, { agent: name, step }) }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void doing(async () => {
      await ask("/training/conversations", { partner, agent: one.agent, page: one.page, step: one.step, text: text.value });
      form.reset();
    }, words.spoken);
  });
  line.append(made("b", name), made("p", one.words), form);
  return line;
}

/** @param {any} told @param {(work: () => Promise<void>, done?: string) => Promise<void>} doing */
export async function struggles(told, doing) {
  const choice = /** @type {HTMLSelectElement} */ (document.querySelector("#struggles-of select"));
  const show = async () => {
    const partner = choice.value;
    if (!partner) return;
    const found = await ask(`/training/struggles?${new URLSearchParams({ partner, from: told.from, to: told.to })}`);
    $("struggles").replaceChildren(...found.findings.map((/** @type {Struggle} */ one) => item(told, partner, one, doing)));
    write($("no-struggles"), found.findings.length ? "" : found.steps.length ? told.words.no_struggles : told.words.nothing_held);
    const rows = found.steps.map((/** @type {Step} */ one) => {
      const line = made("tr", "");
      line.append(made("th", told.steps[one.step] ?? one.step, { scope: "row" }));
      for (const text of [one.agents, one.visits, `${one.failed_percent} %`, `${one.back_percent} %`, `${one.abandoned_percent} %`, one.mean_s]) line.append(made("td", String(text), { class: "n" }));
      return line;
    });
    document.querySelector("#steps tbody")?.replaceChildren(...rows);
  };
  choice.addEventListener("change", () => void doing(show));
  await show();
}
