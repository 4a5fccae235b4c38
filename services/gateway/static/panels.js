// The panels above the table: figures, lines, states, attention, ranking.

import { draw } from "./chart.js";
import { fill, number, write } from "./format.js";

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Those of the figures that are on the page. @param {any[]} kpis */
export function showFigures(kpis) {
  for (const kpi of kpis) {
    const link = /** @type {HTMLAnchorElement|null} */ (document.querySelector(`[data-kpi="${kpi.key}"]`));
    if (!link) continue;
    write(link.querySelector(".label"), kpi.label);
    write(link.querySelector("[data-text]"), kpi.text);
    write(link.querySelector(".unit"), kpi.unit);
    write(link.querySelector(".note"), kpi.note);
    if (link.getAttribute("href") !== kpi.href) link.setAttribute("href", kpi.href);
    link.dataset.tone = kpi.tone;
    write(link.parentElement?.querySelector(".n-of") ?? null, `n ${number(kpi.n)}`);
  }
}

/** Show everything but the table. @param {any} board @param {number} now second @param {Record<string, string>} messages */
export function showPanels(board, now, messages) {
  showFigures(board.kpis);
  for (const [key, which] of /** @type {[string, 1|2][]} */ ([["one", 1], ["two", 2]])) {
    const svg = document.querySelector(`[data-chart="${key}"]`);
    if (svg) draw(svg, board.points, which, now, messages.chart);
  }
  showGroups(board.groups);
  showList($("attention"), board.attention, messages.calm, attentionItem);
  showTop(board.top, messages);
  showSources(board.sources, messages);
  $("history").hidden = !board.history;
  if (board.history) {
    const { days_done: value, days_total: max } = board.history;
    write($("history").querySelector("[data-text]"), `${value} / ${max}`);
    Object.assign($("filled"), { max, value });
  }
}

/** @param {any[]} top @param {Record<string, string>} messages */
export function showTop(top, messages) {
  showList($("top"), top, messages.unsold, sellerItem);
}

/** @param {{sending: number, total: number}} sources @param {Record<string, string>} messages */
export function showSources({ sending, total }, messages) {
  write($("sources"), fill(messages.sending, { n: sending, all: total }));
}

/** @param {{group: string, n: number}[]} groups */
export function showGroups(groups) {
  const all = groups.reduce((sum, count) => sum + count.n, 0) || 1;
  let left = 0;
  for (const { group, n } of groups) {
    const line = /** @type {HTMLElement} */ (document.querySelector(`[data-group="${group}"]`));
    write(line.querySelector("b"), number(n));
    line.hidden = group === "unknown" && !n;
    const bar = document.querySelector(`[data-bar="${group}"]`);
    bar?.setAttribute("x", String(left));
    bar?.setAttribute("width", String((n * 100) / all));
    left += (n * 100) / all;
  }
}

/**
 * A short list, made anew only when it is another one, so that the focus stays.
 * @param {HTMLElement} list @param {any[]} items @param {string} none @param {(item: any) => HTMLElement} make
 */
function showList(list, items, none, make) {
  const shown = JSON.stringify(items);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  const at = [...list.querySelectorAll("a")].indexOf(/** @type {any} */ (document.activeElement));
  const calm = Object.assign(document.createElement("li"), { className: "calm", textContent: none });
  list.replaceChildren(...(items.length ? items.map(make) : [calm]));
  if (at >= 0) list.querySelectorAll("a")[at]?.focus({ preventScroll: true });
}

/** @param {any} matter */
function attentionItem(matter) {
  const item = document.createElement("li");
  item.dataset.tone = matter.tone;
  item.append(Object.assign(document.createElement("a"), { href: matter.href, textContent: matter.text }));
  return item;
}

/** @param {any} seller */
function sellerItem(seller) {
  const item = document.createElement("li");
  const span = (/** @type {string} */ className, /** @type {string} */ text) =>
    Object.assign(document.createElement("span"), { className, textContent: text });
  const who = span("who", `${seller.name} `);
  who.append(Object.assign(document.createElement("small"), { textContent: seller.partner }));
  const sales = Object.assign(document.createElement("a"), { href: seller.href, textContent: number(seller.sales) });
  item.append(span("place", `${seller.place}.`), who, sales);
  return item;
}
