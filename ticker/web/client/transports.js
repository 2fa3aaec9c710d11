/**
 * Three transports for the same messages: WebSocket, server-sent events, and polling for networks that
 * block both. Each call opens one connection; `Connection` decides when to call it.
 *
 * @import { Message, Page } from "./state.js"
 */

import { receive } from "./receive.js";

/**
 * Callbacks of a transport: each message as an object, then one close. Calls after either side has
 * closed are ignored.
 *
 * @typedef {object} Receiver
 * @property {(message: Message|Page) => void} message Only some connections get pages (`wholeSnapshots`).
 * @property {(code: number, reason: string) => void} close A close code of PROTOCOL.md §7.
 *
 * @typedef {object} Socket An open connection, of any transport.
 * @property {() => void} close Called without a `this`.
 * @property {((message: {type: string, token?: string}) => unknown)|null} send Returns something true if the
 *   transport takes such messages; null if it is one-way.
 * @property {number} [due] For a transport that polls: time by which a visible page expects the next
 *   response, in ms since 1970.
 * @typedef {(base: URL, query: URLSearchParams, receiver: Receiver) => Socket} Transport
 */

/**
 * Open a WebSocket.
 *
 * @param {URL} base @param {URLSearchParams} query @param {Receiver} receiver
 * @param {string|string[]} protocols Offered subprotocols.
 * @returns {Socket}
 */
export function openSocket(base, query, receiver, protocols) {
  const address = new URL(`v1/ws?${query}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, protocols);
  socket.onmessage = ({ data }) => receive(receiver, data);
  socket.onclose = ({ code, reason }) => receiver.close(code, reason);
  return {
    // A socket that is closing takes messages too: its end is near, and the next attempt makes up for them.
    send: (message) => (socket.readyState === 1 && socket.send(JSON.stringify(message)), true),
    close: () => socket.close(),
  };
}

/** @type {Transport} */
export const webSocket = (base, query, receiver) => openSocket(base, query, receiver, "ticker.v1");

/**
 * Return a transport that first waits for the one that it uses. A rejection counts as a lost connection.
 *
 * @param {() => Promise<Transport>} load Called for each connection.
 * @returns {Transport}
 */
export const deferred = (load) => (base, query, receiver) => {
  /** @type {Socket|undefined} */
  let socket;
  let closed = false;
  load()
    .then((transport) => closed || (socket = transport(base, query, receiver)))
    // Also one that cannot be opened: Node.js has no EventSource.
    .catch((error) => receiver.close(1006, `${error}`));
  return {
    get send() {
      return socket?.send ?? null;
    },
    close() {
      closed = true;
      socket?.close();
    },
    get due() {
      return socket?.due;
    },
  };
};

// Few networks need these. The number in the file's name is the version of the interface between the two
// files, `Transport` and `Socket`.
/** @param {"eventSource"|"poll"} name */
const fallback = (name) => deferred(async () => (await import("./fallbacks-1.js"))[name]);

export const eventSource = fallback("eventSource");
export const poll = fallback("poll");
