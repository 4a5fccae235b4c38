// The live wallboard: the state that the page came with, changed by ticks, drawn once for each.

import { keep } from "./board.js";
import { fill, number, write } from "./format.js";
import { showPanels } from "./panels.js";
import { Table } from "./table.js";

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const data = JSON.parse($("data").textContent ?? "");
const { labels, messages } = data;
const rowsOf = (/** @type {any} */ board) => new Map(board.rows.map((/** @type {any} */ row) => [row[0], row]));
const nowOf = (/** @type {any} */ board) => Math.trunc(Date.parse(board.as_of) / 1000);
/** @type {Map<string, import("./table.js").Row>} */
let rows = rowsOf(data.board);
let waiting = false;
const table = new Table(/** @type {HTMLTableElement} */ ($("table")), labels, messages);
const filter = /** @type {HTMLFormElement} */ ($("filter"));

const kept = keep(data, {
  show,
  ticked(tick) {
    const board = kept.board;
    if (tick.point && tick.point[0] > (board.points.at(-1)?.[0] ?? 0)) board.points = [...board.points, tick.point].slice(-300);
    for (const row of tick.rows ?? []) rows.set(row[0], row);
    for (const key of tick.gone ?? []) rows.delete(key);
    board.history = tick.history ?? null;
  },
  fetched() {
    rows = rowsOf(kept.board);
  },
  alert: toast,
});

function show() {
  if (document.hidden) {
    waiting = true;
    return;
  }
  waiting = false;
  const now = nowOf(kept.board);
  showPanels(kept.board, now, messages);
  showTable(now);
}

function showTable(now = nowOf(kept.board)) {
  const seen = table.show(rows, now, kept.board.sources.silent, kept.board.links);
  write($("shown"), seen === rows.size ? number(seen) : fill(messages.shown, { n: number(seen), all: number(rows.size) }));
  $("empty").hidden = seen > 0;
}

function filterChanged() {
  const data = new FormData(filter);
  table.query = String(data.get("q") ?? "");
  table.state = String(data.get("state") ?? "");
  /** @type {HTMLInputElement} */ (filter.elements.namedItem("sort")).value = (table.down ? "-" : "") + table.sort;
  const view = new URLSearchParams(kept.query);
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
