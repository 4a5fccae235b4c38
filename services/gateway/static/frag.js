// Parts of a page that are read again while one looks, and forms that answer without a reload. Without script the same
// links and forms load whole pages.
//
// `<main data-every="5">`: what bears `data-live` and an id is read again every five seconds. `<form data-frag>`: sent
// from here, and what comes back takes the place of the same parts. A part in which somebody has begun to fill something
// in is left alone, and none is replaced under a finger or a mouse that is down: the click would be nobody's.

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const every = Number(main.dataset.every ?? 0) * 1000;
const told = /** @type {HTMLElement|null} */ (document.getElementById("told-here"));
let asking = /** @type {AbortController|null} */ (null);
let pressed = false;

/** Two answers never have the same word in their forms. @param {Element} part */
const written = (part) => part.outerHTML.replace(/(name="csrf" value=")[0-9a-f]*/g, "$1");

/** By what an element is the same one in another answer. @param {Element} element */
const named = (element) => ["data-key", "aria-label", "href", "id", "name"].map((name) => element.getAttribute(name)).find(Boolean);

/** Whether a field is as it came. @param {Element} field */
function untouched(field) {
  if (field instanceof HTMLSelectElement) return field.selectedIndex === Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) return field.checked === field.defaultChecked;
  return /** @type {HTMLInputElement} */ (field).value === /** @type {HTMLInputElement} */ (field).defaultValue;
}

/** What somebody has begun to fill in there. @param {Element} part @returns {any[]} */
function begun(part) {
  return [...part.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((field) => field === document.activeElement || !untouched(field));
}

/** In the place of a part, with the focus, the way that tables were scrolled, and what was filled in but for the form that was sent. @param {Element} part @param {Element} other @param {HTMLFormElement} [form] */
function replace(part, other, form) {
  /** @param {Element} one */
  const same = (one) => /** @type {any} */ ([...other.querySelectorAll(one.tagName)].find((each) => named(each) === named(one)));
  const here = part.contains(document.activeElement) ? document.activeElement : null;
  const filled = begun(part).filter((field) => field.form !== form);
  const scrolled = [...part.querySelectorAll(".scroll")].map((table) => table.scrollLeft);
  part.replaceWith(document.adoptNode(other));
  other.querySelectorAll(".scroll").forEach((table, at) => (table.scrollLeft = scrolled[at] ?? 0));
  for (const { field, again } of filled.map((field) => ({ field, again: same(field) }))) {
    if (again) Object.assign(again, again.type === "file" ? {} : ["checkbox", "radio"].includes(again.type) ? { checked: field.checked } : { value: field.value });
  }
  if (here) same(here)?.focus({ preventScroll: true });
}

/** What a form was answered stays until the next one is sent. @param {string} html @param {HTMLFormElement} [form] that was sent */
function swap(html, form) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of document.querySelectorAll("[data-live][id]")) {
    const other = fresh.getElementById(part.id);
    const kept = form ? part.hasAttribute("data-said") && form.method !== "post" : part.hasAttribute("data-said") || begun(part).length > 0;
    if (other && !kept && written(other) !== written(part)) replace(part, other, form);
  }
}

/** @param {string} words */
function say(words) {
  if (told && told.textContent !== words) told.textContent = words;
}

/** Read the page, or send a form, and show what came of it. What is sent or read just now is not read beside it. @param {string} url @param {HTMLFormElement} [form] @param {RequestInit} [more] */
export async function load(url, form, more = {}) {
  if (!form && main.hasAttribute("aria-busy")) return;
  asking?.abort();
  const mine = (asking = new AbortController());
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...more, signal: mine.signal, headers: { accept: "text/html", "x-fragment": "1" } });
    const html = await answer.text();
    if (answer.status === 401) location.reload();
    else if (!answer.ok && !html.includes("data-live")) throw new Error(new DOMParser().parseFromString(html, "text/html").querySelector("main")?.textContent?.trim() ?? String(answer.status));
    else if (form || !pressed) swap(html, form);
    say("");
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") return;
    say(`${main.dataset.failed ?? ""} ${/** @type {Error} */ (error).message}`.trim());
  } finally {
    if (asking === mine) main.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("[data-frag]")) return;
  event.preventDefault();
  const sender = /** @type {HTMLButtonElement|null} */ (/** @type {SubmitEvent} */ (event).submitter);
  const fields = new FormData(form, sender);
  if (form.method === "get") {
    const url = `${form.action}?${new URLSearchParams(/** @type {any} */ ([...fields].filter(([, value]) => value !== "")))}`;
    history.replaceState(null, "", url);
    load(url, form);
  } else {
    load(form.action, form, { method: "POST", body: new URLSearchParams(/** @type {any} */ ([...fields])) });
  }
});

document.addEventListener("change", (event) => {
  const form = /** @type {HTMLElement} */ (event.target).closest("form[data-frag][data-auto]");
  if (form) /** @type {HTMLFormElement} */ (form).requestSubmit();
});

document.addEventListener("pointerdown", () => (pressed = true));
for (const over of ["pointerup", "pointercancel"]) document.addEventListener(over, () => (pressed = false));

if (every) setInterval(() => document.visibilityState === "visible" && load(location.href), every);
