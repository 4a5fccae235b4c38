// Conversations about steps of the panel: what was said, an answer, and for who leads the end of it.

import { ask, made } from "./asking.js";
import { saying } from "./disputes.js";
import { agentName, fill, write } from "./format.js";

/** @typedef {{party: string, text: string}} Message */
/** @typedef {{conversation: string, partner: string, started: Message & {agent: string, step: string}, continued: Message[]}} Conversation */

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {any} told @param {{conversation: Conversation, texts: Record<string, string>}} found @param {(what: string, body: unknown) => void} send */
function item(told, found, send) {
  const { words } = told;
  const { partner, started, continued } = found.conversation;
  const step = told.steps[started.step] ?? started.step;
  const line = made("li", "");
  line.append(made("b", fill(words.with, { agent: agentName(told.agents ?? {}, partner, started.agent), step })));
  for (const said of [started, ...continued]) line.append(made("p", fill(words.message, { who: told.parties[said.party], text: found.texts[said.text] ?? words.gone })));
  line.append(saying(fill(words.reply_to, { step }), words.reply, (text) => send("messages", { text })));
  if (!told.leads) return line;
  const form = /** @type {HTMLFormElement} */ (made("form", ""));
  const outcome = /** @type {HTMLSelectElement} */ (made("select", "", { "aria-label": fill(words.outcome_of, { step }) }));
  for (const [id, name] of Object.entries(told.outcomes)) outcome.append(made("option", String(name), { value: id }));
  form.append(outcome, made("button", words.close, { "aria-label": fill(words.close_of, { step }) }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send("closing", { outcome: outcome.value });
  });
  line.append(form);
  return line;
}

/** Show those that are open. @param {any} told @param {(work: () => Promise<void>, done?: string) => Promise<void>} doing */
export async function conversations(told, doing) {
  /** @type {{items: Conversation[]}} */ const { items } = await ask("/training/conversations?state=open&limit=100");
  const whole = await Promise.all(items.map((one) => ask(`/training/conversations/${encodeURIComponent(one.conversation)}`)));
  const lines = whole.map((found) =>
    item(told, found, (what, body) =>
      void doing(async () => {
        await ask(`/training/conversations/${encodeURIComponent(found.conversation.conversation)}/${what}`, body);
        await conversations(told, doing);
      }),
    ),
  );
  $("conversations").replaceChildren(...lines);
  write($("none-open"), lines.length ? "" : told.words.none_open);
}
