/**
 * Three transports for the same messages: WebSocket, server-sent events, and polling for networks that
 * block both. Each call opens one connection; `Connection` decides when to call it.
 *
 * @import { Message } from "./state.js"
 */

import { receive } from "./receive.js";

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
 * @property {((message: {type: string, token?: string}) => unknown)|null} send Returns something true if the
 *   transport takes such messages; null if it is one-way.
 * @property {number} [due] For a transport that polls: time by which a visible page expects the next
 *   response, in ms since 1970.
 * @typedef {(base: URL, query: URLSearchParams, receiver: Receiver) => Socket} Transport
 */

/** @type {Transport} */
export function webSocket(base, query, receiver) {
  const address = new URL(`v1/ws?${query}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "ticker.v1");
  socket.onmessage = ({ data }) => receive(receiver, data);
  socket.onclose = ({ code, reason }) => receiver.close(code, reason);
  return {
    // A socket that is closing takes messages too: its end is near, and the next attempt makes up for them.
    send: (message) => (socket.readyState === 1 && socket.send(JSON.stringify(message)), true),
    close: () => socket.close(),
  };
}

/**
 * A transport whose code is loaded on first use, because few networks need it. The number in the file name
 * is the version of the interface between the two files, `Transport` and `Socket`.
 *
 * @param {"eventSource"|"poll"} name
 * @returns {Transport}
 */
const onDemand = (name) => (base, query, receiver) => {
  /** @type {Socket|undefined} */
  let socket;
  let closed = false;
  import("./fallbacks-1.js").then(
    (module) => closed || (socket = module[name](base, query, receiver)),
    () => receiver.close(1006, ""),
  );
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

export const eventSource = onDemand("eventSource");
export const poll = onDemand("poll");
