// An agent's training: acknowledging what is to be read.

import { ask, Refused } from "./asking.js";
import { write } from "./format.js";

const { words, agent } = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
const said = /** @type {HTMLElement} */ (document.getElementById("said"));
const place = agent.map(encodeURIComponent).join("/");

document.getElementById("due")?.addEventListener("click", async (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (button === null) return;
  button.disabled = true;
  const { course = "", version } = button.dataset;
  try {
    await ask(`/training/agents/${place}/courses/${encodeURIComponent(course)}/acknowledgement`, { version });
    button.closest("li")?.remove();
    write(said, words.done);
  } catch (error) {
    button.disabled = false;
    write(said, error instanceof Refused && error.cause === 401 ? words.signin : words.failed);
  }
});
