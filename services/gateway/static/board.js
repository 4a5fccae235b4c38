// The state of a wallboard: it comes with the page, and is changed by the ticks of its stream.

import { fill, write } from "./format.js";
import { follow } from "./live.js";

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Keep the state that the page came with up to date for as long as it is open, and say how old it is.
 * @param {{board: any, messages: any}} data
 * @param {{
 *   show: () => void,                  the state is another one
 *   ticked?: (tick: any) => void,      what else a tick says is taken over, before it is shown
 *   fetched?: () => void,              the whole state was fetched anew, before it is shown
 *   alert?: (text: string) => void
 * }} page
 */
export function keep({ board: first, messages }, page) {
  const query = new URLSearchParams();
  for (const name of ["partner", "campaign"]) if (first.scope[name]) query.set(name, first.scope[name]);
  const kept = { board: first, query };
  let fetching = false;

  /** @param {any} tick  absolute values; those of an older second than ours are passed over */
  function apply(tick) {
    const board = kept.board;
    if (Date.parse(tick.as_of) <= Date.parse(board.as_of)) return;
    if (tick.prev !== board.id) {
      resync();
      return;
    }
    const changed = new Map(tick.kpis.map((/** @type {any} */ kpi) => [kpi.key, kpi]));
    board.kpis = board.kpis.map((/** @type {any} */ kpi) => changed.get(kpi.key) ?? kpi);
    board.groups = tick.groups ?? board.groups;
    board.top = tick.top ?? board.top;
    Object.assign(board, { id: tick.id, as_of: tick.as_of, attention: tick.attention, sources: tick.sources });
    page.ticked?.(tick);
    page.show();
  }

  /** Fetch the whole state; spread over three seconds, since everybody may have been told to at once. */
  function resync(spread = 3000) {
    if (fetching) return;
    fetching = true;
    setTimeout(async () => {
      try {
        const answer = await fetch(`/api/v1/wallboard?${query}`, { signal: AbortSignal.timeout(10_000) });
        if (answer.ok) {
          kept.board = await answer.json();
          page.fetched?.();
          page.show();
        } else if (answer.status === 401) live.end();
      } catch {
        // The age of the data on the page says it already; the next tick or poll asks again.
      } finally {
        fetching = false;
      }
    }, Math.random() * spread);
  }

  const live = follow({
    stream: `/api/v1/live?${new URLSearchParams([["view", "wallboard"], ...query])}`,
    since: () => kept.board.id,
    frame({ event, data }) {
      if (event === "tick") apply(data);
      else if (event === "alert") page.alert?.(data.text);
      else if (event === "resync") resync();
    },
    poll: () => resync(0),
    fresh(state, seconds) {
      const text = { live: `${messages.live} ${seconds} s`, connecting: messages.connecting, silent: fill(messages.silent, { s: seconds }), signin: messages.signin };
      $("live").dataset.state = state === "signin" ? "silent" : state;
      write($("live").querySelector("[data-text]"), text[state]);
      $("live").title = kept.board.as_of;
      document.body.classList.toggle("stale", seconds >= 30);
    },
  });
  return kept;
}
