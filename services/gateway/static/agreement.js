// How far both sides agree, question by question, for a version of a form.

import { ask, made } from "./asking.js";
import { decimal, fill, write } from "./format.js";

/** @typedef {{question: string, calls: number, agreed: number, alpha: number|null, kappa: number|null, verdict: string}} Agreement */

const choice = /** @type {HTMLSelectElement} */ (document.querySelector("#agreement-of select"));

/** @param {any} told */
async function show(told) {
  if (!choice.value) return;
  const [form, version] = choice.value.split("/");
  const [found, { versions }] = await Promise.all([ask(`/training/calibration?${new URLSearchParams({ form, version })}`), ask(`/training/forms/${encodeURIComponent(form)}`)]);
  /** @type {{id: string, text: string}[]} */ const questions = versions.find((/** @type {any} */ one) => String(one.version) === version)?.content.questions ?? [];
  const asked = Object.fromEntries(questions.map((one) => [one.id, one.text]));
  const rows = found.questions.map((/** @type {Agreement} */ one) => {
    const line = made("tr", "");
    line.append(made("th", asked[one.question] ?? one.question, { scope: "row" }));
    for (const text of [one.calls, one.agreed, decimal(one.alpha), decimal(one.kappa)]) line.append(made("td", String(text), { class: "n" }));
    line.append(made("td", told.verdicts[one.verdict]));
    return line;
  });
  document.querySelector("#agreement tbody")?.replaceChildren(...rows);
  write(document.getElementById("lenient"), found.calls ? fill(told.words.lenient, { points: decimal(Number(found.score.lenient_by)), calls: found.calls }) : "");
}

/** @param {any} told */
export async function agreement(told) {
  choice.addEventListener("change", () => void show(told));
  await show(told);
}
