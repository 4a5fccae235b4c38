// The agent's panel: waits for the call that is the agent's, shows its screen, keeps the order until it is placed.
// What the agent has put into the order lies in this browser under the call, so a reload loses nothing.

import { button, made, Refused } from "./asking.js";
import { callback } from "./callback.js";
import * as drafts from "./draft.js";
import { newKey, refill, typedIn } from "./draft.js";
import { duration, fill, moment, write } from "./format.js";
import { hotlead } from "./hotlead.js";
import { leads } from "./lead.js";
import { talk } from "./talk.js";

/**
 * @typedef {{call: string, state: string, campaign: string|null, our_number: string|null, started_at: string|null, answered_at: string|null}} Call
 * @typedef {{net_minor: number, tax_minor: number}} Priced
 * @typedef {{offer: string, sku: string, name: string, kind: string, quantity: number, option: string, discount_percent: string|null, line: Priced|null, currency: string}} Offer
 * @typedef {{sku: string, name: string, line: Priced|null, currency: string}} Product
 */

const told = JSON.parse(document.getElementById("told")?.textContent ?? "{}");
const WORDS = told.words;
const WAIT_S = 20;
const AGAIN_MS = 2000;
const PROMPT_MS = 1000;
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Call|null} */ let call = null;
/** @type {any} */ let screen = null;
/** @type {Offer[]} */ let offered = [];
let draft = drafts.begun();
let since = 0;
let ahead = 0; // by how much the server's clock is ahead of ours, in ms

/** @param {string} path @param {unknown} [body] @param {string} [key] @returns {Promise<any>} */
async function ask(path, body, key) {
  const headers = { ...(body === undefined ? {} : { "content-type": "application/json" }), ...(key ? { "idempotency-key": key } : {}) };
  const asked = Date.now();
  const answer = await fetch(`/api/v1${path}`, body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) });
  const date = Date.parse(answer.headers.get("date") ?? "");
  // An answer that waited for something new may carry the time at which it was asked for.
  if (date && Date.now() - asked < PROMPT_MS) ahead = date - Date.now();
  if (answer.status === 401) {
    write($("line"), WORDS.signin);
    throw new Refused(WORDS.signin);
  }
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said.detail ?? String(answer.status));
  return said;
}

const base = () => `/panel/calls/${encodeURIComponent(call?.call ?? "")}`;
const form = (/** @type {string} */ id) => /** @type {HTMLFormElement} */ (document.getElementById(id));
const amount = (/** @type {number} */ minor, /** @type {string} */ currency) => {
  const form = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
  return form.format(minor / 10 ** (form.resolvedOptions().maximumFractionDigits ?? 2));
};
const gross = (/** @type {Priced|null} */ line, /** @type {string} */ currency) => (line ? amount(line.net_minor + line.tax_minor, currency) : WORDS.no_price);

// The order, kept with all else that is not sent yet

function keep() {
  const lead = leading.held();
  if (call) drafts.keep(call.call, draft);
  else if (lead) drafts.keep(lead.lead, draft);
}

/** @param {HTMLFormElement} form  what is typed into it is kept */
function keeps(form) {
  const remember = () => {
    draft.typed[form.id] = typedIn(form);
    keep();
  };
  form.addEventListener("input", remember);
  form.addEventListener("reset", () => {
    delete draft.typed[form.id];
    keep();
  });
  return remember;
}

/** @param {Offer|Product} one */
function add(one) {
  const line = "offer" in one ? one : { ...one, kind: draft.lines.length ? "cross_sell" : "main", quantity: 1, option: "", offer: "" };
  draft.lines.push({ sku: line.sku, quantity: line.quantity, kind: line.kind, option: line.option, offer: line.offer, name: line.name });
  draft.key = newKey();
  keep();
  void basket();
}

const wanted = () => draft.lines.map(({ sku, quantity, kind, option, offer }) => ({ sku, quantity, kind, option, offer }));

async function basket() {
  const [mine, key] = [call?.call, draft.key];
  let found;
  try {
    found = await ask(`${base()}/basket`, { lines: wanted() });
  } catch (wrong) {
    return fails(wrong);
  }
  if (call?.call !== mine || draft.key !== key) return; // the order has changed meanwhile
  showOffers(found.offers);
  $("lines").replaceChildren(
    ...draft.lines.map((line, n) => {
      const item = document.createElement("li");
      item.append(made("span", line.name));
      const pieces = /** @type {HTMLInputElement} */ (made("input", "", { type: "number", min: "1", max: "99", value: String(line.quantity), "aria-label": fill(WORDS.pieces, { name: line.name }) }));
      pieces.disabled = line.offer !== ""; // an offer is taken as it is made
      pieces.addEventListener("change", () => {
        if (!pieces.checkValidity()) return;
        line.quantity = Number(pieces.value);
        draft.key = newKey();
        keep();
        void basket();
      });
      const priced = found.lines[n];
      item.append(pieces, made("span", priced ? gross(priced, found.gross.currency) : ""), button("×", fill(WORDS.remove, { name: line.name }), () => {
        draft.lines.splice(n, 1);
        draft.key = newKey();
        keep();
        void basket();
      }));
      return item;
    }),
  );
  if (!draft.lines.length) $("lines").append(made("li", WORDS.empty));
  write($("gross"), found.gross ? amount(found.gross.minor, found.gross.currency) : "");
  write($("refused"), found.refused ?? "");
  /** @type {HTMLButtonElement} */ ($("place")).disabled = !draft.lines.length || found.refused !== null;
}

/** @param {Offer[]} offers */
function showOffers(offers) {
  offered = offers;
  $("offers").replaceChildren(
    ...offers.map((one, n) => {
      const item = document.createElement("li");
      const less = one.discount_percent ? ` · ${fill(WORDS.less, { percent: one.discount_percent })}` : "";
      item.append(made("span", `${one.name} × ${one.quantity}${less}`), made("span", gross(one.line, one.currency)));
      if (n < 9) item.append(made("kbd", String(n + 1), { "aria-hidden": "true" }));
      item.append(button("+", fill(WORDS.take, { name: one.name }), () => add(one)));
      return item;
    }),
  );
  if (!offers.length) $("offers").append(made("li", WORDS.none_offered));
}

/** @param {{number: string|null, profile: Record<string, string>|null}|null} customer @param {string} more */
function showCustomer(customer, more) {
  const facts = Object.values(customer?.profile ?? {}).filter(Boolean).map((value) => made("dd", String(value)));
  const who = facts.length ? facts : [made("dd", WORDS.unknown_customer)];
  $("customer").replaceChildren(made("dt", customer?.number ?? WORDS.nobody), ...who, ...(more ? [made("dd", more)] : []));
}

/** The desk of a lead of which no call is told yet, or nobody's. @param {import("./lead.js").Lead|null} lead */
function showLead(lead) {
  call = null;
  screen = null;
  localStorage.removeItem("panel");
  draft = lead ? drafts.kept(lead.lead) : drafts.begun();
  drafts.keepOnly([lead?.lead]);
  refillAll();
  $("desk").hidden = !lead;
  $("desk").dataset.of = "lead";
  $("script").hidden = true;
  $("call").dataset.state = "idle";
  write($("state"), lead ? WORDS.dial : WORDS.idle);
  write($("campaign"), lead?.list_name ?? "");
  write($("number"), "");
  write($("clock"), duration(0));
  if (!lead) return;
  showCustomer(lead, "");
  calling.suggest(lead.zone);
  write($("before-title"), WORDS.attempts_before);
  const tries = lead.history.map((one) => {
    const item = made("li", "");
    item.append(made("span", moment(one.at)), made("span", told.results[one.result ?? ""] ?? one.result ?? ""));
    return item;
  });
  $("before").replaceChildren(...(tries.length ? tries : [made("li", WORDS.no_attempts)]));
}

/** @param {any} found */
function show(found) {
  screen = found;
  const customer = found.customer;
  $("desk").dataset.of = "call";
  write($("campaign"), found.campaign?.name ?? WORDS.no_campaign);
  write($("number"), found.our_number ?? "");
  showCustomer(customer, customer ? fill(WORDS.calls, { n: customer.calls }) : "");
  calling.suggest(customer?.zone);
  write($("before-title"), WORDS.orders_before);
  const orders = customer?.orders ?? [];
  $("before").replaceChildren(
    ...orders.map((/** @type {any} */ order) => {
      const item = document.createElement("li");
      const price = order.amount ? amount(order.amount.minor, order.amount.currency) : "";
      item.append(made("span", `${moment(order.at).slice(0, 10)} ${order.skus.join(", ")}`), made("span", price));
      if (order.cancelled) item.append(made("span", WORDS.cancelled, { class: "tag" }));
      return item;
    }),
  );
  if (!orders.length) $("before").append(made("li", WORDS.no_orders));
  $("products").replaceChildren(
    ...found.products.map((/** @type {Product} */ one) => {
      const item = document.createElement("li");
      item.append(made("span", one.name), made("span", gross(one.line, one.currency)), button("+", fill(WORDS.take, { name: one.name }), () => add(one)));
      return item;
    }),
  );
  void basket();
  void talking.begin(found).catch(fails);
}

/** What the texts of a script may name. @param {import("./walk.js").Node|undefined} node */
function values(node) {
  const profile = screen?.customer?.profile ?? {};
  const sold = screen?.products.find((/** @type {Product} */ one) => one.sku === node?.sku) ?? screen?.products[0];
  return {
    "agent.name": told.agent,
    "campaign.name": screen?.campaign?.name ?? "",
    "customer.name": profile.name ?? "",
    "customer.city": profile.city ?? "",
    "order.total": $("gross").textContent ?? "",
    "partner.name": told.partner,
    "product.name": sold?.name ?? "",
    "product.price": sold?.line ? gross(sold.line, sold.currency) : "",
  };
}

/** The product that the script has sold: as it is offered now, else as it stands in the campaign. @param {string} sku */
function take(sku) {
  const one = offered.find((offer) => offer.sku === sku) ?? screen?.products.find((/** @type {Product} */ product) => product.sku === sku);
  if (one) add(one);
}

/** The result to which the script has come, unless the agent has chosen one. @param {string} code */
function propose(code) {
  const choice = /** @type {HTMLSelectElement} */ ($("result").querySelector("select"));
  if (choice.value || ![...choice.options].some((one) => one.value === code)) return;
  choice.value = code;
  keepResult();
}

/** @param {Call[]} calls  those of the agent, the one that is talked on first */
async function turn(calls) {
  const next = calls[0] ?? null;
  if (next) {
    const other = next.call !== call?.call;
    const shown = screen !== null && !other;
    call = next;
    since = Date.parse(next.answered_at ?? next.started_at ?? "") || Date.now();
    $("call").dataset.state = next.state;
    write($("state"), WORDS[next.state] ?? next.state);
    $("desk").hidden = false;
    if (other) {
      screen = null;
      draft = drafts.kept(next.call);
      drafts.keepOnly([...calls.map((one) => one.call), leading.held()?.lead]);
      keep();
      write($("said"), "");
      refillAll();
      localStorage.setItem("panel", next.call);
    }
    leading.draw();
    if (!shown) show(await ask(`${base()}/pop`));
  } else if (call && $("call").dataset.state !== "ended") {
    $("call").dataset.state = "ended"; // the desk stays: the result is still to be said
    write($("state"), WORDS.ended);
    since = Date.now() + ahead;
    leading.draw();
  }
}

async function listen() {
  let known = "";
  for (;;) {
    try {
      const found = await ask(`/panel/calls?${new URLSearchParams({ known, wait: known ? String(WAIT_S) : "0" })}`);
      write($("line"), "");
      await turn(found.items);
      known = found.version;
    } catch (wrong) {
      if (!(wrong instanceof Refused)) write($("line"), WORDS.lost);
      known = "";
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

/** A call that has ended while the page was away: its result may still be to be said. */
async function resume() {
  const id = localStorage.getItem("panel");
  if (!id) return;
  call = { call: id, state: "ended", campaign: null, our_number: null, started_at: null, answered_at: null };
  try {
    const found = await ask(`${base()}/pop`);
    draft = drafts.kept(id);
    refillAll();
    $("desk").hidden = false;
    $("call").dataset.state = "ended";
    write($("state"), WORDS.ended);
    since = Date.now() + ahead;
    show(found);
  } catch {
    call = null;
    localStorage.removeItem("panel");
  }
}

/** @param {unknown} wrong */
function fails(wrong) {
  write($("said"), wrong instanceof Refused ? fill(WORDS.failed, { why: wrong.message }) : WORDS.lost);
}

async function order() {
  if (!call || !screen?.customer || /** @type {HTMLButtonElement} */ ($("place")).disabled) return;
  const body = { partner: told.partner, country: screen.country, customer_ref: screen.customer.customer_ref, call: call.call, lines: wanted() };
  const mine = call.call;
  /** @type {HTMLButtonElement} */ ($("place")).disabled = true;
  try {
    const placed = await ask("/orders", body, draft.key);
    if (call?.call !== mine) return drafts.forget(mine);
    draft = { ...draft, key: newKey(), lines: [] };
    keep();
    write($("said"), fill(WORDS.placed, { order: placed.order }));
    void basket();
  } catch (wrong) {
    fails(wrong); // the same key again is the same order
    /** @type {HTMLButtonElement} */ ($("place")).disabled = false;
  }
}

$("place").addEventListener("click", () => void order());
$("result").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("code"));
  const kept = fill(WORDS.kept, { result: told.results[code] });
  try {
    if (call) {
      const mine = draft;
      await ask(`${base()}/result`, { code }, newKey());
      mine.said = code;
      keep();
      leading.done(screen?.customer?.customer_ref);
    } else await leading.attempt(code, newKey());
    write($("said"), kept);
  } catch (wrong) {
    fails(wrong);
  }
});
const keepResult = keeps(form("result"));
keeps(form("hot"));
keeps(form("callback"));
const refillAll = () => ["result", "hot", "callback"].forEach((id) => refill(form(id), draft.typed[id]));
/** Whether a result is chosen that nobody has been told yet. */
const isUnsaid = () => {
  const { value } = /** @type {HTMLSelectElement} */ ($("result").querySelector("select"));
  return call !== null && value !== "" && value !== draft.said;
};
const isFree = () => !call || $("call").dataset.state === "ended";
const said = (/** @type {string} */ text) => write($("said"), text);
const leading = leads(
  {
    section: $("lead"),
    told: $("lead-told"),
    left: $("lead-left"),
    next: /** @type {HTMLButtonElement} */ ($("next")),
    back: /** @type {HTMLButtonElement} */ ($("back")),
    promises: $("promises"),
    list: $("promised"),
  },
  WORDS,
  told,
  ask,
  { free: isFree, unsaid: isUnsaid, idle: () => !call, show: showLead, now: () => Date.now() + ahead, said, fails },
);
const calling = callback(
  { form: form("callback"), zone: /** @type {HTMLSelectElement} */ ($("zone")), details: /** @type {HTMLDetailsElement} */ ($("callback-more")) },
  WORDS,
  ask,
  {
    whose() {
      const lead = call ? leading.of(screen?.customer?.customer_ref) : leading.held();
      return call || lead ? { call: call?.call ?? null, lead: lead?.lead ?? null } : null;
    },
    key: newKey,
    promised(text, promise) {
      if (call) propose(promise.personal ? "callback_personal" : "callback");
      else leading.drop("");
      said(text);
      leading.promised(promise);
    },
    fails,
  },
);
const talking = talk(
  { section: $("script"), title: $("script-title"), walk: $("walk"), other: /** @type {HTMLButtonElement} */ ($("other")) },
  WORDS,
  told.partner,
  ask,
  { call: () => call?.call ?? null, draft: () => draft, keep, values, take, propose, fails },
);
const hand = hotlead(
  { form: form("hot"), button: /** @type {HTMLButtonElement} */ ($("hand")), clock: $("stopwatch") },
  WORDS,
  told.partner,
  ask,
  () => call?.call ?? null,
  () => Date.now() + ahead,
  fails,
);
/** @type {Record<string, () => void>} */
const KEYS = {
  o: () => void order(),
  h: () => void hand(),
  q: () => talking.other(),
  s: () => talking.focus(),
  n: () => void leading.next(),
  c: () => !$("desk").hidden && calling.open(),
  r: () => /** @type {HTMLSelectElement} */ ($("result").querySelector("select")).focus(),
};
document.querySelector('form[action="/signout"]')?.addEventListener("submit", () => {
  drafts.keepOnly([]);
  localStorage.removeItem("panel");
});
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
  const nth = offered[Number(event.key) - 1];
  if (nth) add(nth);
  else if (KEYS[event.key.toLowerCase()]) {
    event.preventDefault(); // or the key is written into the field that it leads to
    KEYS[event.key.toLowerCase()]();
  }
});
setInterval(() => {
  if (call) write($("clock"), duration((Date.now() + ahead - since) / 1000));
}, 500);
await resume();
await leading.resume();
void listen();
