/**
 * Polling, where a network lets neither WebSockets nor event streams through: the same messages out
 * of `GET /v1/items` (PROTOCOL.md §10).
 *
 * @import { ItemEvent, Snapshot, Welcome } from "./board.js"
 * @import { Link, Transport } from "./transports.js"
 */

import { ANSWER_MS, POLL_HIDDEN_MS, POLL_MS, visible } from "./pace.js";

/**
 * @typedef {{cursor: string, mode: Welcome["mode"], reset: boolean, reason: string|null,
 *   more?: boolean, events?: ItemEvent[], items?: Snapshot["items"],
 *   type?: string, detail?: string}} Answer Or a problem document.
 */

/**
 * The browser's own cache sends `If-None-Match` and understands a 304.
 *
 * @type {Transport}
 */
export function poll(base, query, ear) {
  const asked = new URLSearchParams(query);
  const backlog = Number(query.get("backlog"));
  asked.delete("backlog");
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  /** @type {AbortController|null} */
  let request = null;
  let welcomed = false;
  let closed = false;

  /** @returns {Promise<void>} */
  async function next() {
    if (request) return; // its answer is on its way
    const { signal } = (request = new AbortController());
    clearTimeout(timer);
    timer = setTimeout(() => request?.abort(), ANSWER_MS);
    // With a cursor `limit` counts events, but a reset is answered with as many items.
    asked.set("limit", String(asked.has("after") ? 200 : backlog || 1));
    let status = 0;
    /** @type {Answer|undefined} */
    let answer;
    try {
      const response = await fetch(new URL(`v1/items?${asked}`, base), { signal, credentials: "omit" });
      status = response.status;
      answer = await response.json();
    } catch {
      // Cut off, too late, closed by us, or not JSON: there is no answer, which says it all.
    }
    request = null;
    clearTimeout(timer);
    if (closed) return;
    if (status !== 200 || !answer) return refused(status, answer);
    const { cursor, more, events = [], items, type: _type, detail: _detail, ...rest } = answer;
    asked.set("after", cursor);
    // Twice the heartbeat must be longer than a hidden page's pause, which the browser stretches.
    if (items || !welcomed) ear.message({ type: "welcome", cursor, heartbeat: 60, ...rest });
    welcomed = true;
    if (items) ear.message({ type: "snapshot", cursor, items: items.slice(0, backlog) });
    events.forEach(ear.message);
    ear.message({ type: "heartbeat", cursor });
    if (closed) return; // by who heard that
    if (more) return next();
    const pause = (visible() ? POLL_MS : POLL_HIDDEN_MS) * (0.75 + Math.random() / 2);
    timer = setTimeout(next, pause);
    link.due = Date.now() + pause + ANSWER_MS;
  }

  /**
   * Only a problem document says that the request is wrong (RFC 9457). Any other 4xx is a proxy's
   * or a hotel network's, and may be over soon.
   *
   * @param {number} status @param {Answer|undefined} problem
   */
  function refused(status, { type = "", detail = `HTTP ${status}` } = /** @type {Answer} */ ({})) {
    const stop = type && status < 500 && ![408, 425, 429].includes(status);
    if (stop) {
      const code = type.replace(/.*\//, "").replace("-", "_"); // as a WebSocket says it
      ear.message({ type: "error", code, message: detail });
    }
    ear.end(stop ? 4000 + status : 1006, detail);
  }

  /** @type {Link} */
  const link = {
    send: () => void next(), // a sign of life is wanted, and the next poll is one
    close: () => {
      closed = true;
      clearTimeout(timer);
      request?.abort();
    },
  };
  next();
  return link;
}
