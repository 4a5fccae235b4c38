// The live wallboard: the state that the page came with, changed by ticks, drawn once for each.

import { fill, number, write } from "./format.js";
import { follow } from "./live.js";
import { showPanels } from "./panels.js";
import { Table } from "./table.js";

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { board: first, labels, messages } = JSON.parse($("data").textContent ?? "");
const query = new URLSearchParams();
for (const name of ["partner", "campaign"]) if (first.scope[name]) query.set(name, first.scope[name]);

let board = first;
/** @type {Map<string, import("./table.js").Row>} */
let rows = new Map(first.rows.map((/** @type {any} */ row) => [row[0], row]));
let fetching = false;
let waiting = false;
const table = new Table(/** @type {HTMLTableElement} */ ($("table")), labels, messages);
const filter = /** @type {HTMLFormElement} */ ($("filter"));

/** @param {any} tick  absolute values; those of an older second than ours are passed over */
function apply(tick) {
  if (Date.parse(tick.as_of) <= Date.parse(board.as_of)) return;
  if (tick.prev !== board.id) {
    resync();
    return;
  }
  const changed = new Map(tick.kpis.map((/** @type {any} */ kpi) => [kpi.key, kpi]));
  board.kpis = board.kpis.map((/** @type {any} */ kpi) => changed.get(kpi.key) ?? kpi);
  if (tick.point && tick.point[0] > (board.points.at(-1)?.[0] ?? 0)) board.points = [...board.points, tick.point].slice(-300);
  for (const row of tick.rows ?? []) rows.set(row[0], row);
  for (const key of tick.gone ?? []) rows.delete(key);
  board.groups = tick.groups ?? board.groups;
  board.top = tick.top ?? board.top;
  board.history = tick.history ?? null;
  Object.assign(board, { id: tick.id, as_of: tick.as_of, attention: tick.attention, sources: tick.sources });
  show();
}

/** Fetch the whole state; spread over three seconds, since everybody may have been told to at once. */
function resync(spread = 3000) {
  if (fetching) return;
  fetching = true;
  setTimeout(async () => {
    try {
      const answer = await fetch(`/api/v1/wallboard?${query}`, { signal: AbortSignal.timeout(10_000) });
      if (answer.ok) {
        board = await answer.json();
        rows = new Map(board.rows.map((/** @type {any} */ row) => [row[0], row]));
        show();
      } else if (answer.status === 401) live.end();
    } catch {
      // The age of the data on the page says it already; the next tick or poll asks again.
    } finally {
      fetching = false;
    }
  }, Math.random() * spread);
}

function show() {
  if (document.hidden) {
    waiting = true;
    return;
  }
  waiting = false;
  const now = Math.trunc(Date.parse(board.as_of) / 1000);
  showPanels(board, now, messages);
  showTable(now);
}

function showTable(now = Math.trunc(Date.parse(board.as_of) / 1000)) {
  const seen = table.show(rows, now, board.sources.silent, board.links);
  write($("shown"), seen === rows.size ? number(seen) : fill(messages.shown, { n: number(seen), all: number(rows.size) }));
  $("empty").hidden = seen > 0;
}

function filterChanged() {
  const data = new FormData(filter);
  table.query = String(data.get("q") ?? "");
  table.state = String(data.get("state") ?? "");
  /** @type {HTMLInputElement} */ (filter.elements.namedItem("sort")).value = (table.down ? "-" : "") + table.sort;
  const view = new URLSearchParams(query);
  for (const name of ["q", "state", "sort"]) {
    const value = String(new FormData(filter).get(name) ?? "");
    if (value && !(name === "sort" && value === "name")) view.set(name, value);
  }
  for (const link of document.querySelectorAll("#files a")) {
    const file = new URLSearchParams(view);
    file.set("form", (link.textContent ?? "").toLowerCase());
    link.setAttribute("href", `${location.pathname}?${file}`);
  }
  history.replaceState(null, "", `${location.pathname}${view.size ? `?${view}` : ""}${location.hash}`);
  showTable();
}

filter.addEventListener("input", filterChanged);
filter.addEventListener("submit", (event) => {
  event.preventDefault();
  filterChanged();
});
$("table").tHead?.addEventListener("click", (event) => {
  const head = /** @type {HTMLElement} */ (event.target).closest("[data-sort]");
  if (!(head instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  table.sortBy(head.dataset.sort ?? "name");
  filterChanged();
});
$("clear").addEventListener("click", (event) => {
  event.preventDefault();
  for (const name of ["q", "state"]) /** @type {HTMLInputElement} */ (filter.elements.namedItem(name)).value = "";
  filterChanged();
  /** @type {HTMLInputElement} */ (filter.elements.namedItem("q")).focus();
});
$("scope").addEventListener("change", () => /** @type {HTMLFormElement} */ ($("scope")).requestSubmit());
document.addEventListener("visibilitychange", () => waiting && show());
filterChanged();

let hide = 0;
/** @param {string} text */
function toast(text) {
  clearTimeout(hide);
  write($("toast"), text);
  hide = setTimeout(() => write($("toast"), ""), 8000);
}

const live = follow({
  stream: `/api/v1/live?${new URLSearchParams([["view", "wallboard"], ...query])}`,
  since: () => board.id,
  frame({ event, data }) {
    if (event === "tick") apply(data);
    else if (event === "alert") toast(data.text);
    else if (event === "resync") resync();
  },
  poll: () => resync(0),
  fresh(state, seconds) {
    const text = { live: `${messages.live} ${seconds} s`, connecting: messages.connecting, silent: fill(messages.silent, { s: seconds }), signin: messages.signin };
    $("live").dataset.state = state === "signin" ? "silent" : state;
    write($("live").querySelector("[data-text]"), text[state]);
    document.body.classList.toggle("stale", seconds >= 30);
    $("live").title = board.as_of;
  },
});
