// Disputes about an evaluation: what was said, and the forms of who may answer or decide.

import { ask, made } from "./asking.js";
import { fill } from "./format.js";

/** @typedef {{raised: {dispute: string, party: string, against: string, questions?: string[], text: string}, answered: {text: string}|null, decided: {decision: string, text: string}|null}} Dispute */

/** What was said of each dispute. @param {any} told @param {any} found @param {Dispute} one */
export function dispute(told, found, one) {
  const { words } = told;
  const text = (/** @type {{text: string}} */ said) => found.texts[said.text] ?? words.gone;
  const questions = one.raised.questions?.join(", ") || words.everything;
  const line = made("li", "");
  line.append(made("p", fill(words.dispute, { who: told.parties[one.raised.party], questions, text: text(one.raised) })));
  if (one.answered) line.append(made("p", fill(words.answered, { text: text(one.answered) })));
  if (one.decided) line.append(made("p", fill(words[one.decided.decision], { text: text(one.decided) })));
  return line;
}

/** A line of words with a button. @param {string} label @param {string} send @param {(text: string) => void} done */
export function saying(label, send, done) {
  const form = /** @type {HTMLFormElement} */ (made("form", ""));
  const text = /** @type {HTMLInputElement} */ (made("input", "", { required: "", maxlength: "4000", "aria-label": label, placeholder: label }));
  form.append(text, made("button", send, { "aria-label": `${send}: ${label}` }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done(text.value);
  });
  return form;
}

/**
 * Other answers in the place of those that stand, with why.
 * @param {any} told @param {Record<string, string>} standing @param {{id: string, text: string, options: {id: string, text: string}[], optional?: boolean}[]} questions
 * @param {(answers: Record<string, string>, text: string) => void} done
 */
function changing(told, standing, questions, done) {
  const { words } = told;
  const form = saying(words.change_why, words.change, (text) => done(Object.fromEntries(chosen.map((one) => [one.name, one.value])), text));
  const chosen = questions.map((question) => {
    const select = /** @type {HTMLSelectElement} */ (made("select", "", { name: question.id, "aria-label": fill(words.change_answer, { question: question.text }) }));
    const options = question.options.map((one) => [one.id, one.text]);
    if (question.optional) options.push(["na", words.na]);
    for (const [id, text] of options) select.append(made("option", `${question.text}: ${text}`, { value: id }));
    select.value = standing[question.id];
    return select;
  });
  form.prepend(...chosen);
  return form;
}

/** The disputes with the forms of a controller. @param {any} told @param {any} found @param {any[]} questions @param {(work: () => Promise<void>, done?: string) => Promise<void>} doing */
export function deciding(told, found, questions, doing) {
  const { words } = told;
  /** @type {Dispute[]} */ const all = Object.values(found.evaluation.disputes);
  return all.map((one) => {
    const line = dispute(told, found, one);
    const here = `/training/evaluations/${encodeURIComponent(found.evaluation.evaluation)}/disputes/${one.raised.dispute}`;
    const send = (/** @type {string} */ what, /** @type {unknown} */ body) =>
      void doing(async () => {
        await ask(`${here}/${what}`, body);
        for (const form of line.querySelectorAll("form")) form.remove();
      }, words.sent);
    if (one.decided) return line;
    const evaluator = found.evaluation.submitted[one.raised.against]?.by === told.me;
    if (evaluator && !one.answered) line.append(saying(words.answer_why, words.answer, (text) => send("answer", { text })));
    else if (told.decides && !evaluator) line.append(saying(words.decide_why, words.decide, (text) => send("decision", { decision: "stands", text })), changing(told, found.standing[one.raised.against], questions, (answers, text) => send("decision", { decision: "changed", answers, text })));
    return line;
  });
}
