// One stream for all tabs: the tab that holds the lock reads it, the others listen to that tab.

const POLL_AFTER_MS = 60_000;
const POLL_EVERY_MS = 10_000;
const RETRY_MS = 2_000;

/**
 * @typedef {{event: "tick"|"alert"|"resync"|"bye", data: any}} Frame
 * @typedef {"live"|"connecting"|"silent"|"signin"} Freshness
 * @typedef {{
 *   stream: string,            address of the stream, with its query
 *   since: () => string,       id of the state that the page has
 *   frame: (frame: Frame) => void,
 *   poll: () => void,          fetch the snapshot: there has been no stream for long
 *   fresh: (state: Freshness, seconds: number) => void   told each second, and when a stream begins or ends
 * }} Options
 */

/**
 * Follow the stream for as long as the page is open, or until `end` says that the session is over.
 * @param {Options} options @returns {{end: () => void}}
 */
export function follow(options) {
  const name = `tallyline ${options.stream}`;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  let last = performance.now();
  let polled = last;
  let open = true;
  let ended = false;

  /** @param {Frame} frame */
  const arrived = (frame) => {
    if (frame.event === "tick") last = performance.now();
    if (frame.event === "bye" && frame.data.why === "auth") ended = true;
    options.frame(frame);
  };

  if (channel) channel.onmessage = (message) => arrived(message.data);

  const lead = () =>
    new Promise(() => {
      read(options, (frame) => {
        arrived(frame);
        channel?.postMessage(frame);
      }, (now) => {
        open = now;
        tell();
        return !ended;
      });
    });
  // Without locks (plain http on a network) each tab reads for itself.
  if (channel && navigator.locks) navigator.locks.request(name, lead);
  else lead();

  function tell() {
    const seconds = Math.round((performance.now() - last) / 1000);
    if (ended) options.fresh("signin", seconds);
    else if (seconds >= 5) options.fresh("silent", seconds);
    else options.fresh(open ? "live" : "connecting", seconds);
  }

  setInterval(() => {
    tell();
    const now = performance.now();
    if (!ended && now - last > POLL_AFTER_MS && now - polled > POLL_EVERY_MS) {
      polled = now;
      options.poll();
    }
  }, 1000);
  return { end: () => void (ended = true) };
}

/**
 * Read the stream, again and again: from the state that the page has then, since a new EventSource sends no id itself.
 * @param {Options} options @param {(frame: Frame) => void} emit @param {(open: boolean) => boolean} opened  told of each change; says whether to go on
 */
function read(options, emit, opened) {
  const source = new EventSource(`${options.stream}&since=${encodeURIComponent(options.since())}`);
  let over = false;

  /** @param {number} wait */
  const again = (wait) => {
    if (over) return;
    over = true;
    source.close();
    if (opened(false)) setTimeout(() => read(options, emit, opened), wait + Math.random() * 1000);
  };

  source.onopen = () => void opened(true);
  source.onerror = () => again(RETRY_MS);
  for (const event of /** @type {const} */ (["tick", "alert", "resync"])) {
    source.addEventListener(event, (message) => emit({ event, data: JSON.parse(message.data) }));
  }
  source.addEventListener("bye", (message) => {
    const data = JSON.parse(message.data);
    emit({ event: "bye", data });
    again(500);
  });
}
