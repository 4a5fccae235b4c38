// The wallboard for a wall: the state that the page came with, changed by the ticks of the wallboard's stream.

import { fill, write } from "./format.js";
import { follow } from "./live.js";
import { showFigures, showGroups, showTop, showSources } from "./panels.js";

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { board: first, messages } = JSON.parse($("data").textContent ?? "");
const query = new URLSearchParams();
for (const name of ["partner", "campaign"]) if (first.scope[name]) query.set(name, first.scope[name]);
let board = first;
let fetching = false;

/** @param {any} tick  absolute values; those of an older second than ours are passed over */
function apply(tick) {
  if (Date.parse(tick.as_of) <= Date.parse(board.as_of)) return;
  if (tick.prev !== board.id) return resync();
  const changed = new Map(tick.kpis.map((/** @type {any} */ kpi) => [kpi.key, kpi]));
  board.kpis = board.kpis.map((/** @type {any} */ kpi) => changed.get(kpi.key) ?? kpi);
  board.groups = tick.groups ?? board.groups;
  board.top = tick.top ?? board.top;
  Object.assign(board, { id: tick.id, as_of: tick.as_of, sources: tick.sources });
  show();
}

/** Fetch the whole state; spread over three seconds, since every screen may have been told to at once. */
function resync(spread = 3000) {
  if (fetching) return;
  fetching = true;
  setTimeout(async () => {
    try {
      const answer = await fetch(`/api/v1/wallboard?${query}`, { signal: AbortSignal.timeout(10_000) });
      if (answer.ok) {
        board = await answer.json();
        show();
      } else if (answer.status === 401) live.end();
    } catch {
      // The age of the data on the screen says it already; the next tick or poll asks again.
    } finally {
      fetching = false;
    }
  }, Math.random() * spread);
}

function show() {
  showFigures(board.kpis);
  showGroups(board.groups);
  showTop(board.top, messages);
  showSources(board.sources, messages);
}

const live = follow({
  stream: `/api/v1/live?${new URLSearchParams([["view", "wallboard"], ...query])}`,
  since: () => board.id,
  frame({ event, data }) {
    if (event === "tick") apply(data);
    else if (event === "resync") resync();
  },
  poll: () => resync(0),
  fresh(state, seconds) {
    const text = { live: `${messages.live} ${seconds} s`, connecting: messages.connecting, silent: fill(messages.silent, { s: seconds }), signin: messages.signin };
    $("live").dataset.state = state === "signin" ? "silent" : state;
    write($("live").querySelector("[data-text]"), text[state]);
    document.body.classList.toggle("stale", seconds >= 30);
  },
});
