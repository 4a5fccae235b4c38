// A script step by step: what to say, what to ask, where it goes on. Steps are kept until the server has them.

import { fill } from "./format.js";

/**
 * @typedef {{id: string, type: string, texts: Record<string, string>, to?: string, answers?: {id: string, texts: Record<string, string>, to: string}[], sku?: string, accepted?: string, declined?: string, field?: string, form?: string, choices?: {id: string, texts: Record<string, string>}[], code?: string}} Node
 * @typedef {{step: number, script: string, version: number, node: string, at: string, answer?: string, choice?: string, number?: number, text?: string}} Step
 * @typedef {{script: string, version: number, language: string, node: string}} Walk
 * @typedef {"script"|"survey"} Kind
 * @typedef {{asking: Kind, count: number, waiting: Step[], walks: Partial<Record<Kind, Walk>>}} Talk
 *   what a call follows: the steps of script and survey are numbered together
 */

/** A text with its variables. @param {string} text @param {Record<string, string>} values @param {string} none  what stands for one without a value */
export function spoken(text, values, none) {
  return text.replace(/\{([\w.]+)\}/g, (_all, name) => values[name] || fill(none, { name }));
}

/** A step is taken at the node where the walk stands. @param {Talk} talk @param {Walk} walk @param {Partial<Step>} said */
function taken(talk, walk, said) {
  talk.count += 1;
  talk.waiting.push({ step: talk.count, script: walk.script, version: walk.version, node: walk.node, at: new Date().toISOString(), ...said });
}

/** Go on: what was said becomes a step, and so does coming to an end. @param {Talk} talk @param {Walk} walk @param {Node|undefined} next @param {Partial<Step>} said */
export function go(talk, walk, next, said) {
  taken(talk, walk, said);
  walk.node = next?.id ?? "";
  if (next?.type === "disposition") taken(talk, walk, {});
}

/**
 * Draw the node with its ways on.
 * @param {HTMLElement} place @param {Node|undefined} node @param {string} language @param {Record<string, string>} values
 * @param {Record<string, string>} words @param {string} typed  what stands in its field
 * @param {{way: (to: string, said: Partial<Step>) => void, typed: (text: string) => void}} on
 */
export function draw(place, node, language, values, words, typed, on) {
  const text = (/** @type {Record<string, string>|undefined} */ texts) => spoken(texts?.[language] ?? "", values, words.no_value);
  /** @type {HTMLElement[]} */ const parts = [];
  const way = (/** @type {string} */ label, /** @type {() => void} */ done) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", done);
    parts.push(button);
  };
  const line = document.createElement("p");
  line.className = "say";
  line.textContent = text(node?.texts);
  parts.push(line);
  switch (node?.type) {
    case "text":
      way(words.on, () => on.way(node.to ?? "", {}));
      break;
    case "question":
      for (const one of node.answers ?? []) way(text(one.texts), () => on.way(one.to, { answer: one.id }));
      break;
    case "offer":
      way(words.accepted, () => on.way(node.accepted ?? "", { answer: "accepted" }));
      way(words.declined, () => on.way(node.declined ?? "", { answer: "declined" }));
      break;
    case "input":
      if (node.form === "choice") for (const one of node.choices ?? []) way(text(one.texts), () => on.way(node.to ?? "", { choice: one.id }));
      else field(node, text(node.texts));
      break;
    case "disposition":
      line.textContent ||= fill(words.result, { code: node.code ?? "" });
      break;
    default:
  }

  /** @param {Node} node @param {string} label */
  function field(node, label) {
    const input = document.createElement("input");
    input.type = node.form === "number" ? "number" : "text";
    input.maxLength = 4000;
    input.value = typed;
    input.setAttribute("aria-label", label);
    const done = () => {
      const said = input.value.trim();
      if (said && !(node.form === "number" && !Number.isInteger(Number(said)))) on.way(node.to ?? "", node.form === "number" ? { number: Number(said) } : { text: said });
    };
    input.addEventListener("input", () => on.typed(input.value));
    input.addEventListener("keydown", (event) => event.key === "Enter" && done());
    parts.push(input);
    way(words.on, done);
  }

  const inside = place.contains(document.activeElement);
  place.replaceChildren(...parts);
  // Whoever goes through it with the keyboard stays in it.
  if (inside) /** @type {HTMLElement|null} */ (place.querySelector("input, button"))?.focus();
}
