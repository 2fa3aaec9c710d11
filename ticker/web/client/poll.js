/**
 * Polling, for networks that block both WebSocket and server-sent events: the same messages from
 * `GET /v1/items` (PROTOCOL.md §10).
 *
 * @import { ItemEvent, Snapshot, Welcome } from "./state.js"
 * @import { Socket, Transport } from "./transports.js"
 */

import { isVisible, POLL_HIDDEN_MS, POLL_MS, RESPONSE_TIMEOUT_MS } from "./timing.js";

/**
 * @typedef {{cursor: string, mode: Welcome["mode"], reset: boolean, reason: string|null,
 *   more?: boolean, events?: ItemEvent[], items?: Snapshot["items"],
 *   type?: string, detail?: string}} Answer The response body, or a problem document.
 */

/**
 * Poll until closed. The browser's own cache sends `If-None-Match` and handles a 304.
 *
 * @type {Transport}
 */
export function poll(base, query, receiver) {
  const params = new URLSearchParams(query);
  const backlog = Number(query.get("backlog"));
  params.delete("backlog");
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  /** @type {AbortController|null} */
  let request = null;
  let welcomed = false;
  let closed = false;

  /** @returns {Promise<void>} */
  async function next() {
    if (request) return; // its response is on the way
    const { signal } = (request = new AbortController());
    clearTimeout(timer);
    timer = setTimeout(() => request?.abort(), RESPONSE_TIMEOUT_MS);
    // With a cursor, `limit` counts events; a reset then returns as many items.
    params.set("limit", String(params.has("after") ? 200 : backlog || 1));
    let status = 0;
    /** @type {Answer|undefined} */
    let answer;
    try {
      const response = await fetch(new URL(`v1/items?${params}`, base), { signal, credentials: "omit" });
      status = response.status;
      answer = await response.json();
    } catch {
      // Network error, timeout, closed by us, or not JSON: handled below as a missing answer.
    }
    request = null;
    clearTimeout(timer);
    if (closed) return;
    if (status !== 200 || !answer) return fail(status, answer);
    const { cursor, more, events = [], items, type: _type, detail: _detail, ...rest } = answer;
    params.set("after", cursor);
    // Two heartbeats must be longer than a hidden page's interval, which browsers extend.
    if (items || !welcomed) receiver.message({ type: "welcome", cursor, heartbeat: 60, ...rest });
    welcomed = true;
    if (items) receiver.message({ type: "snapshot", cursor, items: items.slice(0, backlog) });
    events.forEach(receiver.message);
    receiver.message({ type: "heartbeat", cursor });
    if (closed) return; // by a listener
    if (more) return next();
    const delay = (isVisible() ? POLL_MS : POLL_HIDDEN_MS) * (0.75 + Math.random() / 2);
    timer = setTimeout(next, delay);
    socket.due = Date.now() + delay + RESPONSE_TIMEOUT_MS;
  }

  /**
   * Close after a failed request. Only a problem document (RFC 9457) means that the request is wrong.
   * Any other 4xx comes from a proxy or a captive portal and may be temporary.
   *
   * @param {number} status @param {Answer|undefined} problem
   */
  function fail(status, { type = "", detail = `HTTP ${status}` } = /** @type {Answer} */ ({})) {
    const stop = type && status < 500 && ![408, 425, 429].includes(status);
    if (stop) {
      const code = type.replace(/.*\//, "").replace("-", "_"); // the form of the code on a WebSocket
      receiver.message({ type: "error", code, message: detail });
    }
    receiver.close(stop ? 4000 + status : 1006, detail);
  }

  /** @type {Socket} */
  const socket = {
    send: () => void next(), // only pings are sent, and a poll answers one
    close: () => {
      closed = true;
      clearTimeout(timer);
      request?.abort();
    },
  };
  next();
  return socket;
}
