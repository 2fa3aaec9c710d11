/**
 * Server-sent events, for networks that block WebSocket (PROTOCOL.md §9).
 *
 * @import { Transport } from "./transports.js"
 */

import { poll } from "./poll.js";
import { receive } from "./receive.js";

/**
 * An EventSource does not expose the reason of a refusal; the next transport does. Where there is none, as in Node.js,
 * polls at once: a failed attempt would cost a wait.
 *
 * @type {Transport}
 */
export function eventSource(base, query, receiver) {
  if (!globalThis.EventSource) return poll(base, query, receiver);
  const source = new EventSource(new URL(`v1/events?${query}`, base));
  const close = () => source.close();
  for (const type of ["welcome", "snapshot", "page", "item", "heartbeat", "goodbye", "error"]) {
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
