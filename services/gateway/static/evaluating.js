// Evaluating a call: the form's questions, the own answers, and what both sides said once it is in the open.

import { ask, made } from "./asking.js";
import { deciding } from "./disputes.js";
import { fill, write } from "./format.js";

/** @typedef {{id: string, text: string, points: number}} Option */
/** @typedef {{id: string, text: string, section?: string, options: Option[], fatal?: boolean, optional?: boolean}} Question */
/** @typedef {{evaluation: string, state: string, drawn: {call: string}}} Call */
/** @typedef {{answers: Record<string, string>, notes: Record<string, string>}} Said */

const NOT_APPLICABLE = "na";
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {(said: Said) => Promise<void>} */ let keep = async () => undefined;

/** @param {Question} question @param {any} words @param {string|undefined} answer @param {string} note */
function asked(question, words, answer, note) {
  const field = made("fieldset", "");
  field.append(made("legend", question.fatal ? `${question.text} (${words.fatal})` : question.text));
  const options = question.options.map((one) => [one.id, one.text]);
  if (question.optional) options.push([NOT_APPLICABLE, words.na]);
  for (const [id, text] of options) {
    const label = made("label", "");
    const radio = made("input", "", { type: "radio", name: question.id, value: id, required: "" });
    /** @type {HTMLInputElement} */ (radio).checked = id === answer;
    label.append(radio, ` ${text}`);
    field.append(label);
  }
  field.append(made("input", "", { type: "text", name: `note ${question.id}`, value: note, maxlength: "4000", placeholder: words.note, "aria-label": fill(words.note_on, { question: question.text }) }));
  return field;
}

/** @param {any} told @param {any} found */
function outcome(told, found) {
  const { words } = told;
  return Object.entries(found?.evaluation.recorded ?? {}).map(([side, one]) => {
    const text = fill(words.score, { side: told.sides[side], percent: one.score_percent });
    return made("li", one.fatal?.length ? `${text}, ${fill(words.failed_by, { questions: one.fatal.join(", ") })}` : text);
  });
}

/** @param {any} told @param {any} found */
function answered(told, found) {
  return (found?.survey ?? []).map((/** @type {any} */ one) => made("li", fill(told.words.survey, { field: one.field, answer: one.choice ?? one.number ?? told.words.sealed })));
}

/**
 * @param {any} told @param {{form: string, version: number}} plan @param {Call} call
 * @param {(said: Said) => Promise<void>} on  what is done with the answers
 * @param {(work: () => Promise<void>, done?: string) => Promise<void>} doing
 */
export async function evaluating(told, plan, call, on, doing) {
  const [form, found] = await Promise.all([
    ask(`/training/forms/${encodeURIComponent(plan.form)}`),
    call.state === "to_do" ? null : ask(`/training/evaluations/${encodeURIComponent(call.evaluation)}`),
  ]);
  const { content } = form.versions.find((/** @type {any} */ one) => one.version === plan.version);
  const own = found?.evaluation.submitted[told.side];
  const note = (/** @type {string} */ id) => found?.texts[own?.noted?.[id]] ?? "";
  $("questions").replaceChildren(...content.questions.map((/** @type {Question} */ one) => asked(one, told.words, own?.answers[one.id], note(one.id))));
  $("scores").replaceChildren(...outcome(told, found));
  $("survey").replaceChildren(...answered(told, found));
  $("disputes").replaceChildren(...(found ? deciding(told, found, content.questions, doing) : []));
  const done = Object.keys(found?.evaluation.recorded ?? {}).length > 0;
  for (const field of /** @type {NodeListOf<HTMLFieldSetElement>} */ (document.querySelectorAll("#questions fieldset"))) field.disabled = done;
  /** @type {HTMLElement} */ (document.querySelector("#evaluation button")).hidden = done;
  write($("evaluation-title"), `${content.title}: ${call.drawn.call}`);
  $("evaluation-part").hidden = false;
  $("evaluation-title").focus();
  keep = on;
}

$("evaluation").addEventListener("submit", (event) => {
  event.preventDefault();
  /** @type {Said} */ const said = { answers: {}, notes: {} };
  for (const [name, value] of new FormData(/** @type {HTMLFormElement} */ (event.target))) {
    if (!name.startsWith("note ")) said.answers[name] = String(value);
    else if (value) said.notes[name.slice("note ".length)] = String(value);
  }
  void keep(said);
});
