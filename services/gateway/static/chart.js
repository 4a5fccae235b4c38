// The five-minute lines: the same window, scale and path as `views/chart.py` draws.

import { fill, number, write } from "./format.js";

const [WIDTH, HEIGHT, SPAN_S] = [600, 100, 300];

/** @typedef {[number, number|null, number|null]} Point */

/** @param {number} highest @returns {number} the top of the scale */
export function scale(highest) {
  for (let step = 1; ; step *= 10) {
    for (const digit of [1, 2, 3, 4, 5, 6, 8]) {
      const top = digit * step;
      if (top >= Math.max(highest, 4) && top % 2 === 0) return top;
    }
  }
}

/**
 * @param {Element} svg @param {Point[]} points @param {1|2} which @param {number} end second at the right edge
 * @param {string} message summary with its places
 */
export function draw(svg, points, which, end, message) {
  const shown = points.filter((point) => point[0] >= end - SPAN_S && point[0] <= end);
  const values = /** @type {number[]} */ (shown.map((point) => point[which]).filter((value) => value != null));
  const top = scale(values.reduce((a, b) => Math.max(a, b), 0));
  let path = "";
  let pen = "M";
  for (const point of shown) {
    const value = point[which];
    if (value == null) {
      pen = "M";
      continue;
    }
    const x = ((point[0] - end + SPAN_S) * WIDTH) / SPAN_S;
    path += `${pen}${x.toFixed(1)},${(HEIGHT - (value * HEIGHT) / top).toFixed(1)}`;
    pen = "L";
  }
  svg.querySelector(".line")?.setAttribute("d", path);
  const plot = svg.parentElement;
  write(plot?.querySelector("[data-top]") ?? null, number(top));
  write(plot?.querySelector("[data-half]") ?? null, number(top / 2));
  if (!values.length) return;
  const label = svg.getAttribute("data-label") ?? "";
  const [now, low, high] = [values[values.length - 1], Math.min(...values), Math.max(...values)];
  svg.setAttribute("aria-label", fill(message, { label, now: number(now), low: number(low), high: number(high) }));
}
