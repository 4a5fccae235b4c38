// The editor of a script: checks what is typed, saves, publishes, and edits one node with its ways by a form.
//
// Text and form are two ways to the same script, and answers come late. So what the form does begins with the text as it
// was typed, and nobody changes either until it is done; and an answer to what was typed draws the form anew only where
// it says something else of the node and nobody has changed the form. A form that is left for another node, a new one or
// the saved draft is put into the text first.

import { button, made, SHOWN } from "./asking.js";
import { fill as filled } from "./format.js";

const find = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const [editor, yaml, checked, told, publish] = ["editor", "yaml", "checked", "told", "publish"].map(find);
const [node, language, words, ways] = ["node", "language", "words", "ways"].map(find);
const WORDS = JSON.parse(find("words-of-nodes").textContent);
const path = `/api/v1/scripts/${encodeURIComponent(editor.dataset.script)}`;
const PATIENCE_MS = 400;
const saved = yaml.value;
let content = null; // the text as it was when it could last be read
let edited = null; // the node as the form has it
let drawn = "null"; // and as it stood in the draft when it was drawn
let timer = 0;
let stale = true; // nobody has read yet what stands in the text
let asking = new AbortController();

/** What the service says no with, for people. */
async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  return problem.detail ?? `${answer.status}`;
}

async function send(method, url, type, body) {
  const answer = await fetch(url, { method, headers: { "content-type": type, ...SHOWN }, body });
  if (!answer.ok) throw new Error(await refusal(answer));
  return answer.json();
}

/** Findings and outline of what stands in the text now; an older question is dropped. */
async function check() {
  clearTimeout(timer);
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const headers = { "content-type": "application/yaml" };
  try {
    const asked = { method: "POST", body: yaml.value, headers, signal };
    const [outline, read] = await Promise.all([fetch("/scripts/checked", asked), fetch("/api/v1/scripts/check", asked)]);
    if (!outline.ok) throw new Error(await refusal(outline));
    const [html, known] = await Promise.all([outline.text(), read.ok ? read.json() : null]);
    // All at once: who sees the findings may work in the form, and nothing of that is drawn over.
    checked.innerHTML = html;
    publish.disabled = yaml.value !== saved || editor.elements.draft.value === "0" || !checked.querySelector('[data-count="0"]');
    if (!known) return; // the form stays as it is until the text can be read again
    content = known.content;
    stale = false;
    fill();
  } catch (error) {
    if (error.name !== "AbortError") told.textContent = error.message;
  }
}

function options(select, names) {
  const before = select.value;
  if (names.join(" ") === [...select.options].map((one) => one.value).join(" ")) return;
  select.replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(before)) select.value = before;
}

/** What the form offers follows the draft; what was changed in the form stays. */
function fill() {
  const nodes = content?.nodes ?? [];
  const names = nodes.map((one) => one.id);
  options(node, names);
  options(language, content?.languages ?? []);
  const fresh = nodes.find((one) => one.id === node.value);
  keepWords();
  if (edited && edited.id === fresh?.id && (written(edited) !== drawn || written(fresh) === drawn)) {
    for (const select of ways.querySelectorAll("select[data-leads]")) options(select, [...new Set([...names, select.value])]);
    if (shown === language.value) return;
    shown = language.value;
    draw();
  } else {
    shown = language.value;
    show();
  }
}

const written = (one) => JSON.stringify(one);

/** The node that is chosen, as it stands in the draft. */
function show() {
  const one = content?.nodes?.find((each) => each.id === node.value);
  edited = one ? structuredClone(one) : null;
  drawn = written(edited);
  draw();
}

/** The form anew; what had the focus has it again. */
function draw() {
  const stops = () => [...ways.querySelectorAll("input, select, button")];
  const at = stops().indexOf(document.activeElement);
  words.value = edited?.texts?.[language.value] ?? "";
  ways.replaceChildren(...(edited ? waysOf(edited) : []));
  if (at >= 0) stops()[Math.min(at, stops().length - 1)]?.focus();
}

/** A labelled field of the form. */
function labelled(label, field) {
  const element = made("label", `${label} `);
  element.append(field);
  return element;
}

/** Where a way leads. */
function leads(label, value, done) {
  const select = made("select", "", { "data-leads": "" });
  options(select, [...new Set([...content.nodes.map((one) => one.id), value])]);
  select.value = value;
  select.addEventListener("change", () => done(select.value));
  return labelled(label, select);
}

function typed(label, value, done) {
  const input = document.createElement("input");
  input.value = value ?? "";
  input.addEventListener("input", () => done(input.value));
  return labelled(label, input);
}

/** The ways out of a node, and what else its kind has. */
function waysOf(one) {
  const field = (name) => typed(WORDS[name], one[name], (value) => (one[name] = value));
  const way = (name) => leads(WORDS[name], one[name], (value) => (one[name] = value));
  switch (one.type) {
    case "question":
      return answersOf("answers");
    case "offer":
      return [field("sku"), way("accepted"), way("declined")];
    case "input":
      return [field("field"), form(one), ...(one.form === "choice" ? answersOf("choices") : []), way("to")];
    case "disposition":
      return [field("code")];
    default:
      return [way("to")];
  }
}

/** In which form a survey's question is answered. */
function form(one) {
  const select = document.createElement("select");
  for (const name of ["choice", "number", "text"]) select.add(new Option(WORDS[name], name));
  select.value = one.form;
  select.addEventListener("change", () => {
    one.form = select.value;
    if (one.form !== "choice") delete one.choices;
    keepWords();
    draw();
  });
  return labelled(WORDS.form, select);
}

/** The answers of a question, each with its way, or the choices of a survey's. */
function answersOf(list) {
  const rows = (edited[list] ?? []).map((one, index) => {
    const n = index + 1;
    const row = made("div", "", { class: "way" });
    row.append(typed(filled(WORDS.answer, { n }), one.texts[language.value], (text) => (one.texts[language.value] = text)));
    if (list === "answers") row.append(leads(filled(WORDS.answer_to, { n }), one.to, (to) => (one.to = to)));
    row.append(
      button("×", filled(WORDS.remove, { n }), () => {
        edited[list].splice(index, 1);
        keepWords();
        draw();
      }),
    );
    return row;
  });
  return [...rows, button(WORDS.add, WORDS.add, () => another(list))];
}

function another(list) {
  const known = new Set((edited[list] ?? []).map((one) => one.id));
  let n = known.size + 1;
  while (known.has(`answer-${n}`)) n += 1;
  const more = list === "answers" ? { to: edited.id } : {};
  edited[list] = [...(edited[list] ?? []), { id: `answer-${n}`, texts: {}, ...more }];
  keepWords();
  draw();
  [...ways.querySelectorAll(".way input")].at(-1)?.focus();
}

/** What was typed stays when the rest of the form is drawn anew. */
function keepWords() {
  if (edited && (words.value || edited.texts?.[shown])) edited.texts = { ...edited.texts, [shown]: words.value };
}

/** Whether the form says something that the draft does not. */
function differs() {
  keepWords();
  return edited && written(edited) !== drawn;
}

/** The nodes with what stands in the form. */
function nodesNow() {
  keepWords();
  return content.nodes.map((one) => (one.id === edited?.id ? edited : one));
}

async function apply() {
  if (!edited) return;
  await rewrite(nodesNow());
  show();
}

/** Another node in the form; the one that stands in it stays until it is in the draft. */
function choose() {
  const wanted = node.value;
  if (!differs()) return show();
  node.value = edited.id;
  return doing(async () => {
    if (differs()) await rewrite(nodesNow());
    node.value = wanted;
    show();
  });
}

async function remove() {
  if (edited) await rewrite(content.nodes.filter((one) => one.id !== edited.id));
}

async function add() {
  const [id, type] = [find("new-id").value.trim(), find("new-type").value];
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(id)) throw new Error(WORDS.no_id);
  if (content.nodes.some((one) => one.id === id)) throw new Error(filled(WORDS.taken, { id }));
  const last = content.nodes.at(-1)?.id ?? id;
  const more = { text: { to: last }, question: { answers: [] }, offer: { sku: "SKU", accepted: last, declined: last }, input: { field: id, form: "text", to: last }, disposition: { code: "not_interested" } };
  await rewrite([...nodesNow(), { type, id, texts: {}, ...more[type] }]);
  node.value = id;
  find("new-id").value = "";
  shown = language.value;
  show();
}

/** The text follows the form. */
async function rewrite(nodes) {
  const answer = await send("POST", "/api/v1/scripts/check", "application/json", JSON.stringify({ ...content, nodes }));
  yaml.value = answer.yaml;
  await check();
}

/** @param {boolean} held */
function hold(held) {
  yaml.readOnly = held;
  for (const part of editor.querySelectorAll("fieldset")) part.disabled = held;
}

/** What a button of the form does. */
async function doing(work) {
  const here = document.activeElement;
  hold(true);
  try {
    if (stale) await check();
    if (!stale) await work();
  } catch (error) {
    told.textContent = error.message;
  } finally {
    hold(false);
    if (document.activeElement === document.body) here?.focus();
  }
}

async function sending(work) {
  told.textContent = "…";
  try {
    await work();
    location.assign(`/scripts/${encodeURIComponent(editor.dataset.script)}`);
  } catch (error) {
    told.textContent = error.message;
  }
}

editor.addEventListener("submit", (event) => {
  event.preventDefault();
  const draft = Number(editor.elements.draft.value);
  const publishes = event.submitter === publish;
  sending(async () => {
    if (differs()) {
      if (stale) await check();
      if (!stale && differs()) await rewrite(nodesNow());
      if (publishes) throw new Error(WORDS.unsaved);
    }
    if (publishes) await send("POST", `${path}/publication`, "application/json", JSON.stringify({ draft }));
    else await send("PUT", `${path}/yaml?draft=${draft}`, "application/yaml", yaml.value);
  });
});
yaml.addEventListener("input", () => {
  publish.disabled = stale = true;
  clearTimeout(timer);
  timer = setTimeout(check, PATIENCE_MS);
});
let shown = language.value; // in this language the text stands in the form
node.addEventListener("change", choose);
language.addEventListener("change", () => {
  keepWords();
  shown = language.value;
  draw();
});
for (const [id, work] of Object.entries({ apply, remove, add })) {
  find(id).addEventListener("click", () => doing(work));
}
check();
