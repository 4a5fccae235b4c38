// Ideas: proposed and voted for by agents, answered by the company.

import { ask, button, made } from "./asking.js";
import { agentName, fill, write } from "./format.js";

/** @typedef {{verdict: string, effect?: string, low?: string, high?: string}} Measured */
/** @typedef {{idea: string, partner: string, subject: string, text: string|null, status: string, votes: number, mine: boolean, voted: boolean, authors: string[], reply: string|null, shipped: {watched?: object|null}|null, measured: Measured|null}} Idea */

const told = JSON.parse(document.getElementById("told")?.textContent ?? "{}");
const WORDS = told.words;
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const route = (/** @type {string} */ id) => `/training/ideas/${encodeURIComponent(id)}`;
const open = (/** @type {Idea} */ one) => !["shipped", "declined"].includes(one.status);

/** @param {() => Promise<void>} work */
async function doing(work) {
  try {
    await work();
    write($("said"), "");
    await look();
  } catch (error) {
    write($("said"), fill(WORDS.failed, { why: /** @type {Error} */ (error).message }));
  }
}

/** @param {Idea} one @param {Idea[]} all */
function item(one, all) {
  const text = one.text ?? WORDS.gone;
  const line = made("li", "");
  const head = made("p", "", { class: "label" });
  const names = one.authors.map((agent) => agentName(told.names, one.partner, agent));
  const who = names.length ? ` · ${fill(WORDS.by, { authors: names.join(", ") })}` : "";
  head.textContent = `${told.subjects[one.subject]} · ${told.statuses[one.status]}${who}${one.mine ? ` · ${WORDS.mine}` : ""}`;
  line.append(made("p", text, { class: "words" }), made("p", fill(WORDS.votes, { n: String(one.votes) }), { class: "votes" }), head, vote(one, text));
  if (one.reply) line.append(made("p", one.reply, { class: "reply" }));
  if (one.measured) line.append(made("p", fill(told.verdicts[one.measured.verdict], { ...one.measured }), { class: "effect" }));
  if (told.answers_too && one.status !== "shipped") line.append(answering(one, text));
  if (told.answers_too && one.status !== "shipped") line.append(shipping(one, text));
  if (told.answers_too && one.shipped?.watched) line.append(measuring(one, text));
  if (told.answers_too && open(one)) line.append(merging(one, text, all));
  return line;
}

/** @param {Idea} one @param {string} text */
function vote(one, text) {
  const place = made("p", "");
  if (one.mine || !open(one)) return place;
  const said = one.voted ? [WORDS.back, WORDS.back_from] : [WORDS.vote, WORDS.vote_for];
  place.append(button(said[0], fill(said[1], { text }), () => doing(async () => void (await ask(`${route(one.idea)}/vote`, {}, one.voted ? "DELETE" : "POST")))));
  return place;
}

/** @param {Idea} one @param {string} text */
function answering(one, text) {
  const form = /** @type {HTMLFormElement} */ (made("form", "", { class: "filter" }));
  const status = /** @type {HTMLSelectElement} */ (made("select", "", { "aria-label": fill(WORDS.status_of, { text }) }));
  for (const name of told.answers) status.append(made("option", told.statuses[name], { value: name }));
  const words = /** @type {HTMLInputElement} */ (made("input", "", { required: "", maxlength: "4000", placeholder: WORDS.reply, "aria-label": fill(WORDS.reply_to, { text }) }));
  form.append(status, words, made("button", WORDS.send, { "aria-label": fill(WORDS.send_to, { text }) }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void doing(async () => void (await ask(`${route(one.idea)}/answer`, { status: status.value, text: words.value })));
  });
  return form;
}

/** @param {string} label @param {Record<string, string>} choices @param {Record<string, string>} [more] */
function choice(label, choices, more = {}) {
  const select = /** @type {HTMLSelectElement} */ (made("select", "", { "aria-label": label, ...more }));
  for (const [value, text] of Object.entries(choices)) select.append(made("option", text, { value }));
  return select;
}

/** @param {string} label @param {Record<string, string>} more */
const input = (label, more) => /** @type {HTMLInputElement} */ (made("input", "", { "aria-label": label, ...more }));

/** That it came true, with what it is to move. @param {Idea} one @param {string} text */
function shipping(one, text) {
  const form = /** @type {HTMLFormElement} */ (made("form", "", { class: "filter" }));
  const on = input(fill(WORDS.since, { text }), { type: "date", required: "", value: told.today });
  const words = input(fill(WORDS.told, { text }), { required: "", maxlength: "4000", placeholder: WORDS.reply });
  const watch = choice(fill(WORDS.watch, { text }), told.watched);
  const step = choice(fill(WORDS.step, { text }), told.steps, { hidden: "" });
  const campaign = input(fill(WORDS.campaign, { text }), { maxlength: "200", placeholder: WORDS.campaign_short, hidden: "" });
  watch.addEventListener("change", () => {
    campaign.hidden = watch.value !== "sales";
    step.hidden = watch.value === "" || watch.value === "sales";
  });
  form.append(on, words, watch, step, campaign, made("button", WORDS.ship, { "aria-label": fill(WORDS.ship_of, { text }) }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const place = watch.value === "sales" ? (campaign.value ? { campaign: campaign.value } : {}) : { step: step.value };
    const watched = watch.value ? { watched: { measure: watch.value, ...place } } : {};
    void doing(async () => void (await ask(`${route(one.idea)}/shipping`, { on: on.value, text: words.value, ...watched })));
  });
  return form;
}

/** What it brought, before and after. @param {Idea} one @param {string} text */
function measuring(one, text) {
  const form = /** @type {HTMLFormElement} */ (made("form", "", { class: "filter" }));
  const days = input(fill(WORDS.days, { text }), { type: "number", required: "", min: "7", max: "90", value: "28" });
  form.append(days, made("button", WORDS.measure, { "aria-label": fill(WORDS.measure_of, { text }) }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void doing(async () => void (await ask(`${route(one.idea)}/measurement`, { days: Number(days.value) })));
  });
  return form;
}

/** @param {Idea} one @param {string} text @param {Idea[]} all */
function merging(one, text, all) {
  const form = /** @type {HTMLFormElement} */ (made("form", "", { class: "filter" }));
  const into = /** @type {HTMLSelectElement} */ (made("select", "", { required: "", "aria-label": fill(WORDS.merge_into, { text }) }));
  into.append(made("option", WORDS.choose, { value: "" }));
  for (const other of all) if (other.idea !== one.idea) into.append(made("option", (other.text ?? WORDS.gone).slice(0, 80), { value: other.idea }));
  form.append(into, made("button", WORDS.merge, { "aria-label": fill(WORDS.merge_of, { text }) }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void doing(async () => void (await ask(`${route(one.idea)}/merge`, { into: into.value })));
  });
  return form;
}

async function look() {
  /** @type {{items: Idea[]}} */ const { items } = await ask("/training/ideas?limit=500");
  $("ideas").replaceChildren(...items.map((one) => item(one, items)));
  write($("none"), items.length ? "" : WORDS.none);
}

document.getElementById("propose")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const said = new FormData(form);
  void doing(async () => {
    await ask("/training/ideas", { subject: said.get("subject"), text: said.get("text") });
    form.reset();
  });
});
await look().catch((error) => write($("said"), fill(WORDS.failed, { why: error.message })));
