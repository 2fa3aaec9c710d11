/**
 * Three ways to the same messages: WebSocket, server-sent events, and polling where a network lets
 * neither through. Each makes one link; when and how often is for `Connection` to say.
 *
 * @import { Message } from "./board.js"
 */

/**
 * What a transport tells of its link: each frame as an object, then one end. It may go on talking
 * after either side has ended: `Connection` listens no more.
 *
 * @typedef {object} Ear
 * @property {(message: Message) => void} message
 * @property {(code: number, reason: string) => void} end A close code, as of PROTOCOL.md §7.
 *
 * @typedef {object} Link
 * @property {() => void} close Called without a `this`.
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
    return ear.end(1007, "not JSON");
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

/** @type {Transport} It cannot hear why it was refused; the next transport will. */
export function eventSource(base, query, ear) {
  const source = new EventSource(new URL(`v1/events?${query}`, base));
  const close = () => source.close();
  for (const type of ["welcome", "snapshot", "item", "heartbeat", "goodbye", "error"]) {
    source.addEventListener(type, (event) => {
      const { data } = /** @type {MessageEvent} */ (event);
      if (data) return read(ear, data);
      // The source's own error event. It would reconnect by itself, but without our backoff.
      close();
      ear.end(1006, "");
    });
  }
  return { send: null, close };
}

/**
 * Polling is loaded when it is its turn: where neither of the others gets through, and nowhere else.
 * The number in the name is that of the agreement between the two files, a `Transport` and its link.
 *
 * @type {Transport}
 */
export function poll(base, query, ear) {
  /** @type {Link|undefined} */
  let link;
  let closed = false;
  import("./poll-1.js").then(
    (module) => closed || (link = module.poll(base, query, ear)),
    () => ear.end(1006, ""),
  );
  return {
    send: (message) => link?.send?.(message),
    close() {
      closed = true;
      link?.close();
    },
    get due() {
      return link?.due;
    },
  };
}
