/**
 * Three transports for the same messages: WebSocket, server-sent events, and polling for networks that
 * block both. Each call opens one connection; `Connection` decides when to call it.
 *
 * @import { Message } from "./state.js"
 */

/**
 * Callbacks of a transport: each message as an object, then one close. Calls after either side has
 * closed are ignored.
 *
 * @typedef {object} Receiver
 * @property {(message: Message) => void} message
 * @property {(code: number, reason: string) => void} close A close code of PROTOCOL.md §7.
 *
 * @typedef {object} Socket An open connection, of any transport.
 * @property {() => void} close Called without a `this`.
 * @property {((message: object) => void)|null} send Null if the transport is one-way.
 * @property {number} [due] For a transport that polls: time by which a visible page expects the next
 *   response, in ms since 1970.
 * @typedef {(base: URL, query: URLSearchParams, receiver: Receiver) => Socket} Transport
 */

/**
 * Pass a message on. An unreadable one may have been an item: close the connection, so that the next
 * one replays it.
 *
 * @param {Receiver} receiver @param {string} data
 */
function receive(receiver, data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return receiver.close(1007, "not JSON");
  }
  receiver.message(message);
}

/** @type {Transport} */
export function webSocket(base, query, receiver) {
  const address = new URL(`v1/ws?${query}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "ticker.v1");
  socket.onmessage = ({ data }) => receive(receiver, data);
  socket.onclose = ({ code, reason }) => receiver.close(code, reason);
  return {
    send: (message) => socket.readyState === 1 && socket.send(JSON.stringify(message)),
    close: () => socket.close(),
  };
}

/** @type {Transport} An EventSource does not expose the reason of a refusal; the next transport does. */
export function eventSource(base, query, receiver) {
  const source = new EventSource(new URL(`v1/events?${query}`, base));
  const close = () => source.close();
  for (const type of ["welcome", "snapshot", "item", "heartbeat", "goodbye", "error"]) {
    source.addEventListener(type, (event) => {
      const { data } = /** @type {MessageEvent} */ (event);
      if (data) return receive(receiver, data);
      // The EventSource's own error event. It would reconnect by itself, but without our backoff.
      close();
      receiver.close(1006, "");
    });
  }
  return { send: null, close };
}

/**
 * Poll. The code is loaded on first use, because few networks need it. The number in the file name is
 * the version of the interface between the two files, `Transport` and `Socket`.
 *
 * @type {Transport}
 */
export function poll(base, query, receiver) {
  /** @type {Socket|undefined} */
  let socket;
  let closed = false;
  import("./poll-1.js").then(
    (module) => closed || (socket = module.poll(base, query, receiver)),
    () => receiver.close(1006, ""),
  );
  return {
    send: (message) => socket?.send?.(message),
    close() {
      closed = true;
      socket?.close();
    },
    get due() {
      return socket?.due;
    },
  };
}
