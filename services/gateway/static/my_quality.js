// An agent's own quality: evaluations of its calls with the way to dispute them, and conversations about steps.

import { ask, made } from "./asking.js";
import { conversations } from "./conversations.js";
import { dispute, saying } from "./disputes.js";
import { fill, write } from "./format.js";

/** @typedef {{evaluation: string, call: string, day: string, form: string, version: number, scores: Record<string, string>, fatal: Record<string, string[]>}} Row */
/** @typedef {{id: string, text: string, options: {id: string, text: string}[]}} Question */

const told = JSON.parse(document.getElementById("told")?.textContent ?? "{}");
const WORDS = told.words;
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {() => Promise<void>} work @param {string} [done] */
async function doing(work, done = "") {
  try {
    await work();
    write($("said"), done);
  } catch (error) {
    write($("said"), fill(WORDS.failed, { why: /** @type {Error} */ (error).message }));
  }
}

/** @param {Question} question @param {string} answer */
function answerOf(question, answer) {
  return answer === "na" ? WORDS.na : (question.options.find((one) => one.id === answer)?.text ?? answer);
}

/** What each side answered, question by question. @param {any} found @param {Question[]} questions */
function answers(found, questions) {
  return Object.keys(found.standing).map((side) => {
    const part = made("dl", "", { class: "facts" });
    for (const question of questions) {
      const name = found.evaluation.submitted[side].noted?.[question.id];
      const note = name ? ` (${found.texts[name] ?? WORDS.gone})` : "";
      part.append(made("dt", `${told.sides[side]}: ${question.text}`), made("dd", `${answerOf(question, found.standing[side][question.id])}${note}`));
    }
    return part;
  });
}

/** @param {Row} row @param {HTMLElement} place */
async function open(row, place) {
  const [found, form] = await Promise.all([ask(`/training/evaluations/${encodeURIComponent(row.evaluation)}`), ask(`/training/forms/${encodeURIComponent(row.form)}`)]);
  const { content } = form.versions.find((/** @type {any} */ one) => one.version === row.version);
  const said = made("ul", "");
  for (const one of Object.values(found.evaluation.disputes)) said.append(dispute(told, found, /** @type {any} */ (one)));
  const against = /** @type {HTMLSelectElement} */ (made("select", "", { "aria-label": WORDS.against }));
  for (const side of Object.keys(found.evaluation.recorded)) against.append(made("option", told.sides[side], { value: side }));
  const form_ = saying(WORDS.why, WORDS.send, (text) =>
    void doing(async () => {
      await ask(`/training/evaluations/${encodeURIComponent(row.evaluation)}/disputes`, { against: against.value, text });
      await open(row, place);
    }, WORDS.disputed),
  );
  form_.prepend(against);
  place.replaceChildren(...answers(found, content.questions), said, form_);
}

/** @param {Row} row */
function item(row) {
  const line = made("li", "");
  const details = made("details", "");
  const place = made("div", "");
  const scores = Object.entries(row.scores).map(([side, percent]) => {
    const text = fill(WORDS.score, { side: told.sides[side], percent });
    return row.fatal[side].length ? `${text}, ${fill(WORDS.failed_by, { questions: row.fatal[side].join(", ") })}` : text;
  });
  details.append(made("summary", `${fill(WORDS.open_of, { call: row.call, day: row.day })} · ${scores.join(" · ")}`), place);
  details.addEventListener("toggle", () => {
    if (/** @type {HTMLDetailsElement} */ (details).open) void doing(() => open(row, place));
  });
  line.append(details);
  return line;
}

$("help").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const said = new FormData(form);
  void doing(async () => {
    await ask("/training/conversations", { step: said.get("step"), text: said.get("text") });
    form.reset();
    await conversations(told, doing);
  }, WORDS.asked);
});
await doing(async () => {
  /** @type {{items: Row[]}} */ const { items } = await ask("/training/evaluations?limit=100");
  $("evaluations").replaceChildren(...items.map(item));
  write($("none"), items.length ? "" : WORDS.none);
});
await doing(() => conversations(told, doing));
