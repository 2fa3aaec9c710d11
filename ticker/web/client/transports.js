/**
 * Three ways to the same messages: WebSocket, server-sent events, and polling where a network lets
 * neither through. Each makes one link; when and how often is for `Connection` to say.
 *
 * @import { ItemEvent, Message, Snapshot, Welcome } from "./board.js"
 */

import { ANSWER_MS, POLL_HIDDEN_MS, POLL_MS, visible } from "./pace.js";

/**
 * What a transport tells of its link: each frame as an object, then one end. It may go on talking
 * after either side has ended: `Connection` listens no more.
 *
 * @typedef {object} Ear
 * @property {(message: Message) => void} message
 * @property {(code: number, reason: string) => void} end A close code, as of PROTOCOL.md §7.
 *
 * @typedef {object} Link
 * @property {() => void} close
 * @property {((message: object) => void)|null} send Null if the transport is one-way.
 * @property {number} [due] When a reader who looks wants it to be asked again, if it must be.
 * @typedef {(base: URL, query: URLSearchParams, ear: Ear) => Link} Transport
 */

/**
 * A frame that cannot be read may have been a line: end the link, so that the next one replays it.
 *
 * @param {Ear} ear @param {string} data
 */
function read(ear, data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return ear.end(1007, "a frame was not JSON");
  }
  ear.message(message);
}

/** @type {Transport} */
export function webSocket(base, query, ear) {
  const address = new URL(`v1/ws?${query}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "ticker.v1");
  socket.onmessage = ({ data }) => read(ear, data);
  socket.onclose = ({ code, reason }) => ear.end(code, reason);
  return {
    send: (message) => socket.readyState === 1 && socket.send(JSON.stringify(message)),
    close: () => socket.close(),
  };
}

/** @type {Transport} It cannot hear why it was refused, and asks once more in a way that can. */
export function eventSource(base, query, ear) {
  const address = new URL(`v1/events?${query}`, base);
  const source = new EventSource(address);
  let cancel = () => source.close();
  const end = () => ear.end(1006, "");
  for (const type of ["welcome", "snapshot", "item", "heartbeat", "goodbye", "error"]) {
    source.addEventListener(type, (event) => {
      const { data } = /** @type {MessageEvent} */ (event);
      if (data) return read(ear, data);
      // The source's own error event. It would reconnect by itself, but without our backoff. It
      // has given up (2) if the answer was no stream.
      if (source.readyState > 1) cancel = ask(address, ear, end);
      else {
        source.close();
        end();
      }
    });
  }
  return { send: null, close: () => cancel() };
}

/**
 * @typedef {{cursor: string, mode: Welcome["mode"], reset: boolean, reason: string|null,
 *   more?: boolean, events?: ItemEvent[], items?: Snapshot["items"]}} Answer
 */

/** @type {Transport} The browser's own cache sends `If-None-Match` and understands a 304. */
export function poll(base, query, ear) {
  const asked = new URLSearchParams(query);
  const backlog = Number(query.get("backlog"));
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let cancel = () => {};
  let closed = false;
  let busy = false;
  let welcomed = false;
  asked.delete("backlog");

  function next() {
    if (busy || closed) return;
    busy = true;
    link.due = Date.now() + ANSWER_MS;
    clearTimeout(timer);
    // With a cursor `limit` counts events, but a reset is answered with as many items.
    asked.set("limit", String(asked.has("after") ? 200 : backlog || 1));
    cancel = ask(new URL(`v1/items?${asked}`, base), ear, hear);
  }

  /** @param {Answer} answer */
  function hear({ cursor, more, events = [], items, ...rest }) {
    busy = false;
    asked.set("after", cursor);
    const pause = 0.75 + Math.random() / 2;
    link.due = Date.now() + POLL_MS * pause;
    // Twice the heartbeat must be longer than a hidden page's pause, which the browser stretches.
    if (items || !welcomed) ear.message({ type: "welcome", cursor, heartbeat: 60, ...rest });
    welcomed = true;
    if (items) ear.message({ type: "snapshot", cursor, items: items.slice(0, backlog) });
    events.forEach(ear.message);
    ear.message({ type: "heartbeat", cursor });
    if (more) next();
    else if (!closed) timer = setTimeout(next, (visible() ? POLL_MS : POLL_HIDDEN_MS) * pause);
  }

  /** @type {Link} */
  const link = {
    send: next, // a sign of life is wanted, and the next poll is one
    close: () => {
      closed = true;
      cancel();
      clearTimeout(timer);
    },
  };
  next();
  return link;
}

/**
 * One GET: `then` gets the JSON of a good answer, the ear hears of anything else. Returns what
 * takes the question back.
 *
 * Only a problem document says that the request is wrong (RFC 9457). Any other 4xx is a proxy's or
 * a hotel network's, and may be over soon.
 *
 * @param {URL} address @param {Ear} ear @param {(answer: any) => void} then
 */
function ask(address, ear, then) {
  const request = new AbortController();
  const cancel = () => request.abort();
  const late = setTimeout(cancel, ANSWER_MS);
  (async () => {
    let status = 0;
    let body;
    try {
      const response = await fetch(address, { signal: request.signal, credentials: "omit" });
      status = response.status;
      body = await response.json();
    } catch {
      // Cut off, too late, taken back, or not JSON: there is no body, which says it all.
    }
    clearTimeout(late);
    if (status === 200 && body) return then(body);
    const { type, detail } = body ?? {};
    const stop = type && status < 500 && ![408, 425, 429].includes(status);
    if (stop) {
      const code = type.replace(/.*\//, "").replace("-", "_"); // as a WebSocket says it
      ear.message({ type: "error", code, message: detail });
    }
    ear.end(stop ? 4000 + status : 1006, detail ?? `HTTP ${status}`);
  })();
  return cancel;
}
