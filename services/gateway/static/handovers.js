// Hot leads: stopwatches that run here between two answers of the server, who was taken, and how fast it went.

import "./files.js";
import { ask, button, made } from "./asking.js";
import { agentName, duration, fill, UNKNOWN, write } from "./format.js";

/** @typedef {{handover: string, partner: string, call: string, agent: string, points: string[], due_at: string, escalated: boolean, missed: boolean}} Watch */

const told = JSON.parse(document.getElementById("told")?.textContent ?? "{}");
const WORDS = told.words;
const WAIT_S = 20;
const AGAIN_MS = 2000;
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const rows = /** @type {HTMLElement} */ (document.querySelector("#waiting tbody"));

/** @type {Watch[]} */ let watches = [];
let ahead = 0; // by how much the server's clock is ahead of ours, in ms

const route = (/** @type {string} */ id) => `/handovers/${encodeURIComponent(id)}`;
const points = (/** @type {string[]} */ codes) => codes.map((code) => told.points[code] ?? code).join(", ") || UNKNOWN;
const partner = (/** @type {string} */ id) => told.partners[id] ?? id;

/** @param {() => Promise<void>} work */
async function doing(work) {
  try {
    await work();
    write($("said"), "");
  } catch (error) {
    write($("said"), /** @type {Error} */ (error).message);
  }
}

/** @param {Watch} watch */
function row(watch) {
  const line = document.createElement("tr");
  line.append(made("td", watch.call), made("td", partner(watch.partner)), made("td", agentName(told.agents, watch.partner, watch.agent)), made("td", points(watch.points)));
  line.append(made("td", "", { class: "n clock" }), made("td", "", { class: "state" }));
  const action = made("td", "");
  if (told.takes) action.append(button(WORDS.take, fill(WORDS.take_of, { call: watch.call }), () => doing(() => take(watch))));
  line.append(action);
  return line;
}

function draw() {
  rows.replaceChildren(...watches.map(row));
  write($("none"), watches.length ? "" : WORDS.none);
  tick();
}

/** The clocks run by the server's time; what a clock shows as over is missed before the next answer says so. */
function tick() {
  watches.forEach((watch, place) => {
    const left = (Date.parse(watch.due_at) - Date.now() - ahead) / 1000;
    const state = watch.missed || left < 0 ? "missed" : watch.escalated ? "urgent" : "waits";
    const line = /** @type {HTMLTableRowElement} */ (rows.children[place]);
    if (line.dataset.state !== state) line.dataset.state = state;
    write(line.querySelector(".clock"), left < 0 ? `−${duration(-left)}` : duration(left));
    write(line.querySelector(".state"), WORDS[state]);
  });
}

/** @param {Watch} watch */
async function take(watch) {
  await ask(`${route(watch.handover)}/take`, {});
  await mine();
}

/** Those that I have taken and not closed. */
async function mine() {
  if (!told.takes) return;
  $("mine-part").hidden = false;
  const found = (await ask("/handovers?state=taken&limit=500")).items.filter((/** @type {any} */ one) => one.taken.by === told.me);
  const shown = await Promise.all(found.map((/** @type {any} */ one) => ask(route(one.handover))));
  $("mine").replaceChildren(...shown.map(taken));
  write($("none-mine"), shown.length ? "" : WORDS.none_mine);
}

/** @param {any} one */
function taken(one) {
  const { handover, call } = one.handover.asked;
  const item = made("li", "");
  const close = (/** @type {string} */ outcome, /** @type {string|undefined} */ reason) =>
    doing(async () => {
      await ask(`${route(handover)}/outcome`, reason ? { outcome, reason } : { outcome });
      item.remove();
      write($("none-mine"), $("mine").children.length ? "" : WORDS.none_mine);
    });
  const why = made("select", "", { "aria-label": fill(WORDS.why, { call }) });
  for (const [code, name] of Object.entries(told.reasons)) why.append(made("option", String(name), { value: code }));
  item.append(made("b", one.customer?.number ?? WORDS.unknown), made("span", one.customer?.profile?.name ?? ""));
  item.append(made("span", points(one.handover.asked.points ?? [])));
  item.append(button(WORDS.done, `${WORDS.done}: ${call}`, () => close("done", undefined)), why);
  item.append(button(WORDS.lost, `${WORDS.lost}: ${call}`, () => close("lost", /** @type {HTMLSelectElement} */ (why).value)));
  if (one.customer?.text) item.append(made("blockquote", one.customer.text));
  return item;
}

async function measure() {
  const { items } = await ask(`/handovers/times?from=${told.from}&to=${told.to}`);
  const lines = items.map((/** @type {any} */ one) => {
    const { asked, in_time, missed, share, percentiles } = one.times;
    const line = made("tr", "");
    line.append(made("th", partner(one.partner), { scope: "row" }));
    const seconds = ["50", "90", "100"].map((place) => (percentiles[place] === null ? UNKNOWN : duration(percentiles[place] / 1000)));
    for (const text of [asked, in_time, missed, share === null ? UNKNOWN : `${share} %`, ...seconds]) line.append(made("td", String(text), { class: "n" }));
    return line;
  });
  document.querySelector("#times tbody")?.replaceChildren(...lines);
  write($("formula"), items.length ? items[0].times.formula : WORDS.none_measured);
}

async function follow() {
  let known = "";
  for (;;) {
    try {
      const said = await ask(`/handovers/live?wait=${known ? WAIT_S : 0}${known ? `&known=${known}` : ""}`);
      write($("line"), "");
      ahead = Date.parse(said.now) - Date.now();
      if (said.version !== known) {
        known = said.version;
        watches = said.items;
        draw();
        await measure();
      }
    } catch (error) {
      write($("line"), /** @type {any} */ (error).cause === 401 ? WORDS.signin : WORDS.lost_line);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

setInterval(tick, 250);
doing(() => mine());
follow();
