// How far both sides agree, question by question, for a version of a form.

import { ask, made } from "./asking.js";
import { fill, UNKNOWN, write } from "./format.js";

/** @typedef {{question: string, calls: number, agreed: number, alpha: number|null, kappa: number|null, verdict: string}} Agreement */

const choice = /** @type {HTMLSelectElement} */ (document.querySelector("#agreement-of select"));
const two = (/** @type {number|null} */ value) => (value === null ? UNKNOWN : value.toFixed(2));

/** @param {any} told */
async function show(told) {
  if (!choice.value) return;
  const [form, version] = choice.value.split("/");
  const found = await ask(`/training/calibration?${new URLSearchParams({ form, version })}`);
  const rows = found.questions.map((/** @type {Agreement} */ one) => {
    const line = made("tr", "");
    line.append(made("th", one.question, { scope: "row" }));
    for (const text of [one.calls, one.agreed, two(one.alpha), two(one.kappa)]) line.append(made("td", String(text), { class: "n" }));
    line.append(made("td", told.verdicts[one.verdict]));
    return line;
  });
  document.querySelector("#agreement tbody")?.replaceChildren(...rows);
  write(document.getElementById("lenient"), found.calls ? fill(told.words.lenient, { points: found.score.lenient_by, calls: found.calls }) : "");
}

/** @param {any} told */
export async function agreement(told) {
  choice.addEventListener("change", () => void show(told));
  await show(told);
}
