// Hot leads: stopwatches run here between two answers of the server, and what has changed is read at once.

import { ask } from "./asking.js";
import { duration, write } from "./format.js";
import { load } from "./frag.js";

const WORDS = JSON.parse(document.getElementById("told")?.textContent ?? "{}");
const WAIT_S = 20;
const AGAIN_MS = 2000;
const TICK_MS = 250;
const line = document.getElementById("line");
const waiting = () => /** @type {HTMLElement} */ (document.getElementById("waiting-part"));
let ahead = Date.parse(waiting().dataset.now ?? "") - Date.now(); // by how much the server's clock is ahead of ours, in ms

const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

/** The clocks run by the server's time; what a clock shows as over is missed before the next answer says so. */
function tick() {
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#waiting tr[data-due]"))) {
    const left = (Date.parse(row.dataset.due ?? "") - Date.now() - ahead) / 1000;
    const state = row.dataset.state === "missed" || left < 0 ? "missed" : "urgent" in row.dataset ? "urgent" : "waits";
    if (row.dataset.state !== state) row.dataset.state = state;
    write(row.querySelector(".clock"), left < 0 ? `−${duration(-left)}` : duration(left));
    write(row.querySelector(".state"), WORDS[state]);
  }
}

async function follow() {
  for (;;) {
    try {
      const { version } = waiting().dataset;
      const said = await ask(`/handovers/live?wait=${WAIT_S}&known=${version}`);
      write(line, "");
      ahead = Date.parse(said.now) - Date.now();
      if (said.version === version) continue;
      await load(location.href);
      if (waiting().dataset.version === version) await pause(); // somebody held the page still
    } catch (error) {
      write(line, /** @type {any} */ (error).cause === 401 ? WORDS.signin : WORDS.lost_line);
      await pause();
    }
  }
}

setInterval(tick, TICK_MS);
tick();
follow();
