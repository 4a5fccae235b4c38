// Parts of a page that are read again while one looks, and forms that answer without a reload. Without script the same
// links and forms load whole pages.
//
// `<main data-every="5">`: what bears `data-live` and an id is read again every five seconds. `<form data-frag>`: sent
// from here, and what comes back takes the place of the same parts. A part in which somebody types is left alone.

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const every = Number(main.dataset.every ?? 0) * 1000;
const told = /** @type {HTMLElement|null} */ (document.getElementById("told-here"));
let asking = /** @type {AbortController|null} */ (null);

/** What a form was answered stays until the next one is sent. @param {string} html @param {boolean} sent */
function swap(html, sent) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of document.querySelectorAll("[data-live][id]")) {
    const other = fresh.getElementById(part.id);
    const typing = part.contains(document.activeElement) && document.activeElement?.matches("input, select, textarea");
    if (!other || (part.hasAttribute("data-said") && !sent) || typing || other.outerHTML === part.outerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    part.replaceWith(document.adoptNode(other));
    if (focused) /** @type {HTMLElement|null} */ (other.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
  }
}

/** @param {string} words */
function say(words) {
  if (told && told.textContent !== words) told.textContent = words;
}

/** @param {string} url @param {RequestInit} [more] */
async function load(url, more) {
  asking?.abort();
  asking = new AbortController();
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...more, signal: asking.signal, headers: { accept: "text/html", "x-fragment": "1" } });
    const html = await answer.text();
    if (answer.status === 401) location.reload();
    else if (answer.ok || html.includes("data-live")) swap(html, more?.method === "POST");
    else throw new Error(new DOMParser().parseFromString(html, "text/html").querySelector("main")?.textContent?.trim() ?? String(answer.status));
    say("");
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") return;
    say(`${main.dataset.failed ?? ""} ${/** @type {Error} */ (error).message}`.trim());
  } finally {
    main.removeAttribute("aria-busy");
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
    load(url);
  } else {
    load(form.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ ([...fields])) });
  }
});

document.addEventListener("change", (event) => {
  const form = /** @type {HTMLElement} */ (event.target).closest("form[data-frag][data-auto]");
  if (form) /** @type {HTMLFormElement} */ (form).requestSubmit();
});

if (every) setInterval(() => document.visibilityState === "visible" && !main.hasAttribute("aria-busy") && load(location.href), every);
