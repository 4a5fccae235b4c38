// What a call follows: its script, and the survey that is asked beside it. Both stay in the version that the call began.

import { write } from "./format.js";
import { draw, go } from "./walk.js";

/**
 * @typedef {import("./walk.js").Kind} Kind
 * @typedef {import("./walk.js").Node} Node
 * @typedef {{campaign: {languages: string[], scripts: Record<string, string>, surveys: Record<string, string>}|null}} Found
 */

/** @type {Kind[]} */ const KINDS = ["script", "survey"];

/**
 * @param {{section: HTMLElement, title: HTMLElement, walk: HTMLElement, other: HTMLButtonElement}} parts
 * @param {Record<string, string>} words @param {string} partner @param {(path: string, body?: unknown) => Promise<any>} ask
 * @param {{call: () => string|null, draft: () => import("./draft.js").Draft, keep: () => void, values: (node: Node|undefined) => Record<string, string>, take: (sku: string) => void, propose: (code: string) => void, fails: (wrong: unknown) => void}} host
 */
export function talk(parts, words, partner, ask, host) {
  /** @type {Partial<Record<Kind, Node[]>>} */ let nodes = {};

  /** Read what the call follows, or begin it. @param {Found} found */
  async function begin(found) {
    const mine = host.call();
    nodes = {};
    for (const kind of KINDS) {
      const ids = found.campaign?.[kind === "script" ? "scripts" : "surveys"] ?? {};
      const language = found.campaign?.languages.find((one) => ids[one]) ?? Object.keys(ids)[0];
      const walks = host.draft().talk.walks;
      const asked = walks[kind] ?? (language ? { script: ids[language], version: "current", language } : null);
      if (!asked) continue;
      let version;
      try {
        version = await ask(`/scripts/${encodeURIComponent(asked.script)}/version?version=${asked.version}`);
      } catch (wrong) {
        host.fails(wrong); // without its script the call goes on
        continue;
      }
      if (host.call() !== mine) return;
      nodes[kind] = version.content.nodes;
      walks[kind] ??= { script: asked.script, version: version.version, language: asked.language, node: version.content.start };
    }
    const { talk } = host.draft();
    if (!nodes[talk.asking]) talk.asking = nodes.script ? "script" : "survey";
    parts.section.hidden = !nodes.script && !nodes.survey;
    host.keep();
    if (!parts.section.hidden) show();
    void tell();
  }

  function show() {
    const { talk, typed } = host.draft();
    const walk = talk.walks[talk.asking];
    const all = nodes[talk.asking] ?? [];
    const node = all.find((one) => one.id === walk?.node);
    if (!walk) return;
    write(parts.title, talk.asking === "script" ? words.script : words.survey);
    parts.other.hidden = !nodes.script || !nodes.survey;
    write(parts.other.querySelector("[data-text]"), talk.asking === "script" ? words.ask_survey : words.back);
    const asked = `${walk.script}/${walk.node}`;
    const written = typed.walk?.find(([name]) => name === asked)?.[1] ?? "";
    draw(parts.walk, node, walk.language, host.values(node), words, written, {
      way(to, said) {
        go(talk, walk, all.find((one) => one.id === to), said);
        delete typed.walk;
        if (node?.type === "offer" && said.answer === "accepted") host.take(node.sku ?? "");
        host.keep();
        show();
        void tell();
      },
      typed(text) {
        typed.walk = [[asked, text]];
        host.keep();
      },
    });
    if (node?.type !== "disposition") return;
    if (talk.asking === "script" || !nodes.script) host.propose(node.code ?? "");
    if (talk.asking === "survey") write(parts.walk.querySelector(".say"), words.survey_done);
  }

  /** What the server has of the steps needs no more keeping: a batch that comes twice counts once. */
  async function tell() {
    const mine = host.call();
    const sent = [...host.draft().talk.waiting];
    if (!sent.length || !mine) return;
    try {
      await ask(`/scripts/steps/${encodeURIComponent(`${partner}:${mine}`)}`, { steps: sent });
    } catch (wrong) {
      return host.fails(wrong); // the next step sends them again
    }
    if (host.call() !== mine) return;
    const known = new Set(sent.map((one) => one.step));
    const { talk } = host.draft();
    talk.waiting = talk.waiting.filter((one) => !known.has(one.step));
    host.keep();
  }

  /** From the script to the survey, and back. */
  function other() {
    if (parts.section.hidden || parts.other.hidden) return;
    const { talk } = host.draft();
    talk.asking = talk.asking === "script" ? "survey" : "script";
    host.keep();
    show();
    focus();
  }

  const focus = () => /** @type {HTMLElement|null} */ (parts.walk.querySelector("input, button"))?.focus();
  parts.other.addEventListener("click", other);
  return { begin, show, tell, other, focus };
}
