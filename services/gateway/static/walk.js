// A script step by step: what to say, what to ask, where it goes on. Steps are kept until the server has them.

import { fill } from "./format.js";

/**
 * @typedef {{id: string, type: string, texts: Record<string, string>, to?: string, answers?: {id: string, texts: Record<string, string>, to: string}[], sku?: string, accepted?: string, declined?: string, field?: string, form?: string, choices?: {id: string, texts: Record<string, string>}[], code?: string}} Node
 * @typedef {{step: number, script: string, version: number, node: string, at: string, answer?: string, choice?: string, number?: number, text?: string}} Step
 * @typedef {{script: string, version: number, language: string, node: string, count: number, waiting: Step[]}} Walk
 * @typedef {{answers: string[], way: string, said: Partial<Step>}} Way
 */

/** The beginning of a script. @param {string} script @param {number} version @param {string} language @param {string} start @returns {Walk} */
export function begun(script, version, language, start) {
  return { script, version, language, node: start, count: 0, waiting: [] };
}

/** A text with its variables; one without a value says so. @param {string} text @param {Record<string, string>} values */
export function spoken(text, values) {
  return text.replace(/\{([\w.]+)\}/g, (_all, name) => values[name] || `[no ${name}]`);
}

/** Go on from the node: what was said becomes a step. @param {Walk} walk @param {string} to @param {Partial<Step>} said */
export function go(walk, to, said) {
  const step = { step: walk.count + 1, script: walk.script, version: walk.version, node: walk.node, at: new Date().toISOString(), ...said };
  return { ...walk, node: to, count: walk.count + 1, waiting: [...walk.waiting, step] };
}

/**
 * Draw the node with its ways on.
 * @param {HTMLElement} place @param {Node[]} nodes @param {Walk} walk @param {Record<string, string>} values
 * @param {Record<string, string>} words @param {(to: string, said: Partial<Step>, node: Node) => void} on
 */
export function draw(place, nodes, walk, values, words, on) {
  const node = nodes.find((one) => one.id === walk.node);
  const text = (/** @type {Record<string, string>|undefined} */ texts) => spoken(texts?.[walk.language] ?? "", values);
  const parts = [];
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
      way(words.on, () => on(node.to ?? "", {}, node));
      break;
    case "question":
      for (const one of node.answers ?? []) way(text(one.texts), () => on(one.to, { answer: one.id }, node));
      break;
    case "offer":
      way(words.accepted, () => on(node.accepted ?? "", { answer: "accepted" }, node));
      way(words.declined, () => on(node.declined ?? "", { answer: "declined" }, node));
      break;
    case "input":
      if (node.form === "choice") for (const one of node.choices ?? []) way(text(one.texts), () => on(node.to ?? "", { choice: one.id }, node));
      else {
        const field = document.createElement("input");
        field.type = node.form === "number" ? "number" : "text";
        field.setAttribute("aria-label", text(node.texts));
        parts.push(field);
        way(words.on, () => {
          const said = field.value.trim();
          if (said && !(node.form === "number" && !Number.isInteger(Number(said)))) on(node.to ?? "", node.form === "number" ? { number: Number(said) } : { text: said }, node);
        });
      }
      break;
    case "disposition":
      line.textContent ||= fill(words.result, { code: node.code ?? "" });
      break;
    default:
  }
  place.replaceChildren(...parts);
}
