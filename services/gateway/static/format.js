// How numbers and times are written: the same as on the server.

export const UNKNOWN = "–";
const { lang: LANGUAGE, dataset } = document.documentElement;
// Made once: to make one takes longer than to write a thousand numbers.
const NUMBER = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 });
const SHARE = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: dataset.zone });

/** @param {string} at with its offset @returns {string} `2026-03-02 09:05` by the reader's clock, which the page names */
export const moment = (at) => CLOCK.format(new Date(at));

/** @param {number|null|undefined} value @returns {string} `4,111`, or the sign for unknown */
export function number(value) {
  if (value == null) return UNKNOWN;
  return NUMBER.format(value).replace("-", "−");
}

/** @param {number|null|undefined} ratio @returns {string} `0.843` is `84.3 %` */
export function percent(ratio) {
  if (ratio == null) return UNKNOWN;
  return `${SHARE.format(ratio * 100)} %`.replace("-", "−");
}

/** @param {number|null|undefined} seconds @returns {string} `m:ss`, from an hour on `h:mm:ss` */
export function duration(seconds) {
  if (seconds == null) return UNKNOWN;
  const all = Math.max(0, Math.trunc(seconds));
  const [h, m, s] = [Math.trunc(all / 3600), Math.trunc(all / 60) % 60, all % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {string} message @param {Record<string, string|number>} values @returns {string} the message with its `{places}` filled */
export function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (_all, name) => String(values[name] ?? ""));
}

/** @param {Element|null} element @param {string} text  write only what is different, so that nothing flickers */
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
