/**
 * Server-sent events, for networks that block WebSocket (PROTOCOL.md §9).
 *
 * @import { Transport } from "./transports.js"
 */

import { receive } from "./receive.js";

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
