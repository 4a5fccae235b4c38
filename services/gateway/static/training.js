// An agent's training: manuals that were read, papers that are begun and handed in.

import { ask, Refused } from "./asking.js";
import { fill, write } from "./format.js";

const { words, agent, paper } = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
const said = /** @type {HTMLElement} */ (document.getElementById("said"));
const home = `/training/agents/${agent.map(encodeURIComponent).join("/")}`;

/** @param {HTMLButtonElement} button @param {() => Promise<void>} work */
async function doing(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    button.disabled = false;
    const refused = error instanceof Refused;
    write(said, refused && error.cause === 401 ? words.signin : fill(words.failed, { why: /** @type {Error} */ (error).message }));
  }
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-course]"))) {
  const { course = "", version, draw } = button.dataset;
  const place = `${home}/courses/${encodeURIComponent(course)}`;
  button.addEventListener("click", () =>
    doing(button, async () => {
      if (draw === undefined) {
        await ask(`${place}/acknowledgement`, { version });
        location.reload();
        return;
      }
      const drawn = await ask(`${place}/papers`, {});
      location.assign(`/training/papers/${drawn.paper}`);
    }),
  );
}

const form = /** @type {HTMLFormElement|null} */ (document.getElementById("paper"));
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  doing(button, async () => {
    const answers = Object.fromEntries(
      [...form.querySelectorAll("fieldset")].map((question) => [
        question.dataset.question,
        [...question.querySelectorAll("input:checked")].map((box) => Number(/** @type {HTMLInputElement} */ (box).value)),
      ]),
    );
    const marked = await ask(`${home}/papers/${paper}/answers`, { answers });
    form.hidden = true;
    write(said, fill(marked.passed ? words.passed : words.missed, { score: marked.score_percent }));
    said.tabIndex = -1;
    said.focus();
  });
});
