/**
 * Polling, for networks that block both WebSocket and server-sent events: the same messages from
 * `GET /v1/items` (PROTOCOL.md §10), which answers one subscription. Several take turns.
 *
 * Each subscription has a cursor of its own here. The one of all moves on when theirs are equal: a
 * cursor cannot be compared, so no other one is safe to resume all of them from.
 *
 * @import { ItemEvent, Snapshot, Welcome } from "./state.js"
 * @import { Socket, Transport } from "./transports.js"
 */

import { isVisible, POLL_HIDDEN_MS, POLL_MS, RESPONSE_TIMEOUT_MS } from "./timing.js";

/**
 * @typedef {{cursor: string, mode: Welcome["mode"], reset: boolean, reason: string|null,
 *   more?: boolean, page?: string, events?: ItemEvent[], items?: Snapshot["items"],
 *   type?: string, detail?: string}} Answer The response body, or a problem document.
 *
 * @typedef {object} Sub
 * @property {number} id
 * @property {number} backlog Infinity: all items.
 * @property {URLSearchParams} params
 * @property {boolean} welcomed
 * @property {string} [page] The next page of its snapshot, if there is one to come.
 */

/**
 * Poll until closed. The browser's own cache sends `If-None-Match` and handles a 304.
 *
 * @type {Transport}
 */
export function poll(base, query, receiver) {
  /** @type {Sub[]} */
  const subs = [];
  for (const [name, value] of query) {
    const [, id] = /^sub\.(\d+)$/.exec(name) ?? [];
    if (!id) continue;
    const params = new URLSearchParams(value);
    const given = params.get("backlog");
    const backlog = given === "all" ? Infinity : Number(given);
    params.delete("backlog");
    if (query.has("after")) params.set("after", query.get("after") ?? "");
    subs.push({ id: Number(id), backlog, params, welcomed: false });
  }
  /** The cursor that is safe for all. */
  let common = query.get("after");
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  /** @type {AbortController|null} */
  let request = null;
  let asking = false;
  let closed = false;

  /** Ask for all subscriptions, one after the other. @returns {Promise<void>} */
  async function next() {
    if (asking) return; // its response is on the way
    asking = true;
    clearTimeout(timer);
    for (const sub of subs) {
      while (await ask(sub)) if (closed) return;
      if (closed) return;
    }
    asking = false;
    const cursors = subs.map(({ params }) => params.get("after"));
    if (new Set(cursors).size === 1) common = cursors[0];
    if (common) receiver.message({ type: "heartbeat", cursor: common });
    if (closed) return; // by a listener
    const delay = (isVisible() ? POLL_MS : POLL_HIDDEN_MS) * (0.75 + Math.random() / 2);
    timer = setTimeout(next, delay);
    socket.due = Date.now() + delay + RESPONSE_TIMEOUT_MS * subs.length;
  }

  /**
   * Ask once, and pass the answer on. Returns whether there is more.
   *
   * @param {Sub} sub @returns {Promise<boolean|undefined>}
   */
  async function ask(sub) {
    const { id, backlog, params } = sub;
    const { signal } = (request = new AbortController());
    timer = setTimeout(() => request?.abort(), RESPONSE_TIMEOUT_MS);
    // One that begins without items begins where the first one did: the cursor of all is then its own, too.
    const begins = !backlog && common && !params.has("after");
    if (begins) params.set("after", common ?? "");
    // With a cursor, `limit` counts events; a reset then returns as many items.
    params.set("limit", String(params.has("after") ? 200 : Math.min(backlog, 200) || 1));
    const asked = new URLSearchParams(params);
    if (sub.page) {
      asked.set("page", sub.page);
      asked.delete("after");
    }
    let status = 0;
    /** @type {Answer|undefined} */
    let answer;
    try {
      const response = await fetch(new URL(`v1/items?${asked}`, base), { signal, credentials: "omit" });
      status = response.status;
      answer = await response.json();
    } catch {
      // Network error, timeout, closed by us, or not JSON: handled below as a missing answer.
    }
    request = null;
    clearTimeout(timer);
    if (closed) return;
    if (status !== 200 || !answer) return fail(id, status, answer);
    const { cursor, more, page, events = [], items, type: _type, detail: _detail, ...rest } = answer;
    const isPage = sub.page && !rest.reset; // otherwise the pages begin anew
    // After a reset, one without a backlog gets all items, too.
    const most = isPage || (rest.reset && !backlog) ? Infinity : backlog;
    sub.page = items && most === Infinity ? page : undefined;
    params.set("after", cursor);
    common ??= cursor;
    const at = subs.length > 1 ? { cursor: /** @type {string} */ (common) } : undefined;
    // Two heartbeats must be longer than a hidden page's interval, which browsers extend.
    if (!isPage && (items || !sub.welcomed)) {
      receiver.message({ type: "welcome", cursor, heartbeat: 60, ...rest, ...(begins && !items && { mode: "live" }), ...at, subs: [id] });
    }
    sub.welcomed = true;
    if (items) {
      const shown = items.slice(0, most);
      const type = /** @type {"snapshot"} */ (isPage ? "page" : "snapshot");
      receiver.message({ type, cursor, items: shown, more: !!sub.page, ...at, sub: id });
    }
    for (const event of events) receiver.message({ ...event, ...at, subs: [id] });
    return more || !!sub.page;
  }

  /**
   * Close after a failed request. Only a problem document (RFC 9457) means that the request is wrong.
   * Any other 4xx comes from a proxy or a captive portal and may be temporary.
   *
   * @param {number} sub @param {number} status @param {Answer|undefined} problem
   */
  function fail(sub, status, { type = "", detail = `HTTP ${status}` } = /** @type {Answer} */ ({})) {
    const stop = type && status < 500 && ![408, 425, 429].includes(status);
    if (stop) {
      const code = type.replace(/.*\//, "").replace("-", "_"); // the form of the code on a WebSocket
      receiver.message({ type: "error", code, message: detail, sub });
    }
    closed = true;
    receiver.close(stop ? 4000 + status : 1006, detail);
    return undefined;
  }

  /** @type {Socket} */
  const socket = {
    // A poll answers a ping; the subscriptions are fixed.
    send: ({ type }) => type === "ping" && (void next(), true),
    close: () => {
      closed = true;
      clearTimeout(timer);
      request?.abort();
    },
  };
  next();
  return socket;
}
