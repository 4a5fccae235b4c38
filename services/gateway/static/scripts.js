// The editor of a script: checks what is typed, saves, publishes, and edits one node by a form.

const find = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const [editor, yaml, checked, told, publish] = ["editor", "yaml", "checked", "told", "publish"].map(find);
const [node, language, words, to] = ["node", "language", "words", "to"].map(find);
const path = `/api/v1/scripts/${encodeURIComponent(editor.dataset.script)}`;
const PATIENCE_MS = 400;
const AGAIN_MS = 200;
const TRIES = 50;
const saved = yaml.value;
let content = null;
let timer = 0;
let asking = new AbortController();

/** What the service says no with, for people. */
async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  return problem.detail ?? `${answer.status}`;
}

async function send(method, url, type, body) {
  const answer = await fetch(url, { method, headers: { "content-type": type }, body });
  if (!answer.ok) throw new Error(await refusal(answer));
  return answer.json();
}

/** Findings and outline of what stands in the text now; an older question is dropped. */
async function check() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const drawn = await fetch("/scripts/checked", { method: "POST", body: yaml.value, signal });
    if (!drawn.ok) throw new Error(await refusal(drawn));
    checked.innerHTML = await drawn.text();
    publish.disabled = yaml.value !== saved || editor.dataset.draft === "0" || !checked.querySelector('[data-count="0"]');
    const headers = { "content-type": "application/yaml" };
    const read = await fetch("/api/v1/scripts/check", { method: "POST", body: yaml.value, headers, signal });
    content = read.ok ? (await read.json()).content : null;
    fill();
  } catch (error) {
    if (error.name !== "AbortError") told.textContent = error.message;
  }
}

function options(select, names) {
  const before = select.value;
  select.replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(before)) select.value = before;
}

function fill() {
  const nodes = content?.nodes ?? [];
  options(node, nodes.map((one) => one.id));
  options(language, content?.languages ?? []);
  options(to, nodes.map((one) => one.id));
  show();
}

function show() {
  const one = content?.nodes?.find((each) => each.id === node.value);
  words.value = one?.texts?.[language.value] ?? "";
  to.disabled = one?.to === undefined;
  if (one?.to !== undefined) to.value = one.to;
}

async function apply() {
  const one = content?.nodes?.find((each) => each.id === node.value);
  if (!one) return;
  one.texts = { ...one.texts, [language.value]: words.value };
  if (one.to !== undefined) one.to = to.value;
  const answer = await send("POST", "/api/v1/scripts/check", "application/json", JSON.stringify(content));
  yaml.value = answer.yaml;
  await check();
}

/** The views follow the command: the page is read again when they have. The list is asked, which is there before the
 * first draft of a script is. */
async function followed(version) {
  for (let n = 0; n < TRIES; n += 1) {
    const answer = await fetch("/api/v1/scripts?limit=500", { cache: "no-store" });
    const rows = answer.ok ? (await answer.json()).items : [];
    if (rows.some((row) => row.script === editor.dataset.script && row.changes >= version)) break;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  location.assign(`/scripts/${encodeURIComponent(editor.dataset.script)}`);
}

async function doing(work) {
  told.textContent = "…";
  try {
    await followed((await work()).version);
  } catch (error) {
    told.textContent = error.message;
  }
}

editor.addEventListener("submit", (event) => {
  event.preventDefault();
  const url = `${path}/yaml?draft=${editor.dataset.draft}`;
  doing(() => send("PUT", url, "application/yaml", yaml.value));
});
publish.addEventListener("click", () => {
  const body = JSON.stringify({ draft: Number(editor.dataset.draft) });
  doing(() => send("POST", `${path}/publication`, "application/json", body));
});
yaml.addEventListener("input", () => {
  publish.disabled = true;
  clearTimeout(timer);
  timer = setTimeout(check, PATIENCE_MS);
});
node.addEventListener("change", show);
language.addEventListener("change", show);
find("apply").addEventListener("click", () => apply().catch((error) => (told.textContent = error.message)));
check();
