/**
 * Three ways to the same messages: WebSocket, server-sent events, and polling where a network lets
 * neither through. Each makes one link; when and how often is for `Connection` to say.
 *
 * @import { ItemEvent, Message, Snapshot, Welcome } from "./board.js"
 */

import { ANSWER_MS, POLL_HIDDEN_MS, POLL_MS, visible } from "./pace.js";

/**
 * What a transport tells of its link: each frame as an object, then exactly one end.
 *
 * @typedef {object} Ear
 * @property {(message: Message) => void} message
 * @property {(code: number, reason: string) => void} end A close code, as of PROTOCOL.md §7.
 *
 * @typedef {object} Link
 * @property {() => void} close After it the ear hears nothing more, not even the end.
 * @property {((message: object) => void)|null} send Null if the transport is one-way.
 * @property {number} [due] When a reader who looks wants it to be asked again, if it must be.
 * @typedef {(base: URL, query: URLSearchParams, ear: Ear) => Link} Transport
 */

/**
 * A frame that cannot be read may have been a line: end the link, so that the next one replays it.
 *
 * @param {Ear} ear @param {string} data @param {() => void} close
 */
function read(ear, data, close) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    close();
    return ear.end(1007, "a frame was not JSON");
  }
  ear.message(message);
}

/** @type {Transport} */
export function webSocket(base, query, ear) {
  const address = new URL(`v1/ws?${query}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "ticker.v1");
  const quiet = new AbortController();
  const { signal } = quiet;
  const close = () => {
    quiet.abort();
    socket.close();
  };
  socket.addEventListener("message", ({ data }) => read(ear, data, close), { signal });
  socket.addEventListener("close", ({ code, reason }) => ear.end(code, reason), { signal });
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close,
  };
}

/** @type {Transport} It cannot hear why it was refused, and asks once more in a way that can. */
export function eventSource(base, query, ear) {
  const address = new URL(`v1/events?${query}`, base);
  const source = new EventSource(address);
  const quiet = new AbortController();
  const close = () => {
    quiet.abort();
    source.close();
  };
  for (const type of ["welcome", "snapshot", "item", "heartbeat", "goodbye", "error"]) {
    source.addEventListener(type, (event) => {
      const { data } = /** @type {MessageEvent} */ (event);
      if (data !== undefined) return read(ear, data, close);
      // The source's own error event. It would reconnect by itself, but without our backoff.
      const refused = source.readyState === EventSource.CLOSED;
      source.close();
      if (refused) ask(address, ear, quiet.signal, () => ear.end(1006, ""));
      else ear.end(1006, "");
    });
  }
  return { send: null, close };
}

/**
 * @typedef {{cursor: string, mode: Welcome["mode"], reset: boolean, reason: string|null,
 *   more?: boolean, events?: ItemEvent[], items?: Snapshot["items"]}} Answer
 */

/** @type {Transport} The browser's own cache sends `If-None-Match` and understands a 304. */
export function poll(base, query, ear) {
  const quiet = new AbortController();
  const asked = new URLSearchParams(query);
  const backlog = Number(query.get("backlog") ?? 20);
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let welcomed = false;
  let busy = false;
  asked.delete("backlog");

  function next() {
    busy = true;
    link.due = Date.now() + ANSWER_MS;
    clearTimeout(timer);
    // With a cursor `limit` counts events, but a reset is answered with as many items.
    asked.set("limit", String(asked.has("after") ? 200 : backlog || 1));
    ask(new URL(`v1/items?${asked}`, base), ear, quiet.signal, hear);
  }

  /** @param {Response} response */
  async function hear(response) {
    /** @type {Answer} */
    let answer;
    try {
      answer = await response.json();
    } catch {
      return quiet.signal.aborted || ear.end(1006, "a poll was cut off, or not JSON");
    }
    if (quiet.signal.aborted) return;
    busy = false;
    const { cursor, mode, reset, reason, more, events = [], items } = answer;
    const pause = 0.75 + Math.random() / 2;
    link.due = Date.now() + POLL_MS * pause;
    asked.set("after", cursor);
    if (items || !welcomed) {
      // Twice the heartbeat must be longer than a hidden page's pause, which the browser stretches.
      ear.message({ type: "welcome", mode, reset, reason, cursor, heartbeat: 60 });
      welcomed = true;
    }
    if (items) ear.message({ type: "snapshot", cursor, items: items.slice(0, backlog) });
    events.forEach(ear.message);
    ear.message({ type: "heartbeat", cursor });
    if (quiet.signal.aborted) return; // by who heard that
    if (more) next();
    else timer = setTimeout(next, (visible() ? POLL_MS : POLL_HIDDEN_MS) * pause);
  }

  /** @type {Link} */
  const link = {
    send: () => void (busy || next()), // a sign of life is wanted, and the next poll is one
    close: () => {
      quiet.abort();
      clearTimeout(timer);
    },
  };
  next();
  return link;
}

/**
 * One GET: `then` gets a good answer; the ear hears of anything else.
 *
 * Only a problem document says that the request is wrong (RFC 9457). Any other 4xx is a proxy's or
 * a hotel network's, and may be over soon.
 *
 * @param {URL} address @param {Ear} ear @param {AbortSignal} signal
 * @param {(response: Response) => void} then
 */
async function ask(address, ear, signal, then) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  signal.addEventListener("abort", () => late.abort(), { signal: late.signal });
  let response;
  let problem;
  try {
    response = await fetch(address, { signal: late.signal, credentials: "omit" });
    const type = response.headers.get("content-type");
    if (type?.startsWith("application/problem+json")) problem = await response.json();
  } catch {
    // Cut off, too late, or closed by us: in the first two cases the link has ended.
  }
  clearTimeout(timer);
  if (signal.aborted) return;
  if (response?.ok) return then(response);
  const { status = 0 } = response ?? {};
  const reason = problem?.detail ?? (status ? `HTTP ${status}` : "");
  if (!problem || status > 499 || status === 408 || status === 425 || status === 429) {
    return ear.end(1006, reason);
  }
  const code = String(problem.type).replace(/.*\//, "").replace("-", "_"); // as a WebSocket says it
  ear.message({ type: "error", code, message: reason });
  ear.end(4000 + status, reason);
}
