// Quality: samples and their calls; the parts for evaluating, agreement and struggles have modules of their own.

import "./files.js";
import { agreement } from "./agreement.js";
import { ask, button, made } from "./asking.js";
import { conversations } from "./conversations.js";
import { evaluating } from "./evaluating.js";
import { agentName, duration, fill, write } from "./format.js";
import { struggles } from "./struggles.js";

/** @typedef {{sample: string, partner: string, population: number, calls: number, evaluated: number, recorded: number, plan: {form: string, version: number, since: string, until: string, seed: string}}} Row */
/** @typedef {{evaluation: string, state: string, drawn: {call: string, agent: string, day: string, disposition: string|null, talk_ms: number, why: string[]}}} Call */

const told = JSON.parse(document.getElementById("told")?.textContent ?? "{}");
const WORDS = told.words;
const DAY_MS = 86_400_000;
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const body = (/** @type {string} */ table) => /** @type {HTMLElement} */ (document.querySelector(`#${table} tbody`));

/** @param {() => Promise<void>} work @param {string} [done] */
async function doing(work, done = "") {
  try {
    await work();
    write($("said"), done);
  } catch (error) {
    write($("said"), fill(WORDS.failed, { why: /** @type {Error} */ (error).message }));
  }
}

const cells = (/** @type {(string|number)[]} */ numbers) => numbers.map((text) => made("td", String(text), { class: "n" }));

async function samples() {
  /** @type {{items: Row[]}} */ const { items } = await ask("/training/samples?limit=500");
  const rows = items.map((one) => {
    const line = made("tr", "");
    const name = made("th", "", { scope: "row" });
    name.append(button(one.sample, one.sample, () => doing(() => sample(one.sample))));
    line.append(name, made("td", told.partners[one.partner] ?? one.partner), made("td", `${one.plan.form} ${one.plan.version}`));
    line.append(made("td", `${one.plan.since} – ${one.plan.until}`), made("td", one.plan.seed));
    line.append(...cells([one.population, one.calls, one.evaluated, one.recorded]));
    return line;
  });
  body("samples").replaceChildren(...rows);
  write($("no-samples"), items.length ? "" : WORDS.no_samples);
}

/** @param {string} id */
async function sample(id) {
  /** @type {{sample: Row, calls: Call[]}} */ const found = await ask(`/training/samples/${encodeURIComponent(id)}`);
  const rows = found.calls.map((one) => {
    const { call, agent, day, disposition, talk_ms, why } = one.drawn;
    const line = made("tr", "");
    const name = made("th", "", { scope: "row" });
    name.append(made("a", call, { href: `/calls/${encodeURIComponent(call)}` }));
    line.append(name, made("td", agentName(told.agents, found.sample.partner, agent)), made("td", day), made("td", disposition ? (told.results[disposition] ?? disposition) : WORDS.not_known), ...cells([duration(talk_ms / 1000)]));
    line.append(made("td", why.map((reason) => told.why[reason]).join(", ")), made("td", told.states[one.state]));
    const words = one.state === "to_do" ? [WORDS.evaluate, WORDS.evaluate_of] : [WORDS.open, WORDS.open_of];
    const action = made("td", "");
    action.append(button(words[0], fill(words[1], { call }), () => doing(() => evaluate(found.sample, one))));
    line.append(action);
    return line;
  });
  body("calls").replaceChildren(...rows);
  write($("sample-title"), id);
  $("sample-part").hidden = false;
}

/** @param {Row} row @param {Call} one */
async function evaluate(row, one) {
  await evaluating(told, row.plan, one, async (said) => {
    await doing(async () => {
      await ask(`/training/evaluations/${encodeURIComponent(one.evaluation)}`, { sample: row.sample, ...said }, "PUT");
      $("evaluation-part").hidden = true;
      await Promise.all([sample(row.sample), samples()]);
    }, WORDS.sent);
  }, doing);
}

document.getElementById("draw")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const text = (/** @type {string} */ name) => String(said.get(name));
  const [form, version] = text("form").split("/");
  const risk = Object.fromEntries(["very_short", "very_long", "cancelled_sale"].map((kind) => [kind, Number(text(kind))]));
  const plan = { form, version: Number(version), since: text("since"), until: text("until"), seed: text("seed"), sides: text("sides"), random: Number(text("random")), per_stratum: Number(text("per_stratum")), risk };
  let population = 0;
  void doing(async () => {
    ({ population } = await ask(`/training/samples/${encodeURIComponent(`${text("partner")}:${text("name")}`)}`, plan));
    await samples();
  }).then(() => population && write($("said"), fill(WORDS.drawn, { population })));
});

document.getElementById("pick")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const text = (/** @type {string} */ name) => String(said.get(name)).trim();
  const [form, number] = text("form").split("/");
  const [call, day, version] = [text("call"), text("day"), Number(number)];
  const evaluation = `${text("partner")}:${call}`;
  const keep = (/** @type {{answers: Record<string, string>, notes: Record<string, string>}} */ answers) =>
    doing(async () => {
      await ask(`/training/evaluations/${encodeURIComponent(evaluation)}`, { day, form, version, ...answers }, "PUT");
      $("evaluation-part").hidden = true;
    }, WORDS.sent);
  void doing(async () => {
    const after = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
    const asked = new URLSearchParams({ partner: text("partner"), from: day, to: after, limit: "500" });
    const { items } = await ask(`/training/evaluations?${asked}`);
    const known = items.find((/** @type {{evaluation: string}} */ one) => one.evaluation === evaluation);
    const by = known ?? { form, version };
    await evaluating(told, { form: by.form, version: by.version }, { evaluation, state: known?.state ?? "to_do", drawn: { call } }, keep, doing);
  });
});

const { items: forms } = await ask("/training/forms?limit=500").catch(() => ({ items: [] }));
for (const choice of document.querySelectorAll("select[name=form]"))
  for (const one of forms)
    for (const { version, content } of [...one.versions].reverse()) choice.append(made("option", `${content.title} (${one.form} ${version})`, { value: `${one.form}/${version}` }));
await doing(samples);
await doing(() => agreement(told));
if (told.leads) {
  await doing(() => struggles(told, doing));
  await doing(() => conversations(told, doing));
}
