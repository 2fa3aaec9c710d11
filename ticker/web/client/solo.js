/**
 * The connection of a page with one subscription, while no other tab of the browser follows the newsroom:
 * all that most pages need. It holds the lock of `Tabs` and listens to its channel, so that it notices the
 * first other tab. Then the hub takes over from the subscription's cursor.
 *
 * @import { Sub } from "./hub.js"
 * @import { StatusUpdate } from "./ticker.js"
 * @import { Transport } from "./transports.js"
 */

import { Connection } from "./connection.js";
import { apply } from "./state.js";
import { groupName } from "./tabs.js";
import { isVisible } from "./timing.js";

/**
 * Follow one subscription. Returns a function that ends it.
 *
 * @param {URL} base @param {Transport[]} transports
 * @param {string} name As for `Tabs`; empty: other tabs do not matter.
 * @param {Sub} sub
 * @param {() => void} received Called with each message.
 * @param {() => void} crowded Called when another tab is there.
 */
export function followAlone(base, transports, name, sub, received, crowded) {
  const ended = new AbortController();
  const { signal } = ended;
  /** @type {StatusUpdate} */
  let status; // the connection's first is "connecting"
  const show = () => sub.setStatus(status.phase === "live" && !sub.live ? { phase: "connecting" } : status);
  const connection = new Connection(base, transports, {
    query() {
      const { cursor } = sub.state;
      sub.live = !!cursor;
      return new URLSearchParams({ "sub.1": sub.key, ...(cursor && { after: cursor }) });
    },
    receive(message) {
      received();
      const { type } = message;
      if (type === "error" && message.sub) return sub.setStatus({ phase: "stopped", error: message.message });
      if (type === "welcome") sub.live = message.mode !== "snapshot" && !message.reset;
      if (type === "snapshot") sub.live = true;
      if (sub.live) {
        const before = sub.state;
        // An item that does not match any more is no longer shown.
        const change = type === "item" && message.left ? { ...message, action: /** @type {const} */ ("expire") } : message;
        const now = (sub.state = apply(before, change));
        // Also a removal of what the items do not have: the page may show it.
        if (now.items !== before.items || now.removed !== before.removed) sub.changed(change, before);
      }
      show();
    },
    setStatus(update) {
      status = update;
      show();
    },
  });
  let leave = () => {};

  function enter() {
    let left = false;
    let release = /** @type {(nothing?: undefined) => void} */ (() => {});
    /** @type {BroadcastChannel|undefined} */
    let channel;
    const lead = () => left || connection.start();
    leave = () => {
      if (left) return;
      left = true;
      sub.flush();
      sub.live = false;
      connection.stop();
      channel?.close();
      release();
    };
    try {
      const { locks } = navigator;
      if (!name || !locks) return lead();
      const group = groupName(name);
      channel = new BroadcastChannel(group);
      channel.onmessage = crowded;
      locks
        .request(group, { ifAvailable: true }, (lock) => {
          if (!lock) return crowded();
          lead();
          if (!left) return new Promise((resolve) => (release = resolve));
        })
        // Another tab took the lock by force. Opaque origins have locks and may not use them.
        .catch(({ name }) => (name === "AbortError" ? crowded() : lead()));
    } catch {
      lead(); // not supported, or not allowed on this page
    }
  }

  addEventListener("online", () => connection.wake(true), { signal });
  addEventListener("offline", () => connection.probe(), { signal });
  document.addEventListener("visibilitychange", () => isVisible() && connection.wake(false), { signal });
  // A page in the back/forward cache must not hold a lock or a connection.
  addEventListener("pagehide", () => leave(), { signal });
  addEventListener("pageshow", ({ persisted }) => persisted && enter(), { signal });
  enter();
  return () => {
    ended.abort();
    leave();
  };
}
