/**
 * Elect one tab of a browser that holds the connection, and pass messages between the tabs.
 *
 * The leader holds a Web Lock and the other tabs queue for it, so when the leader's tab closes or
 * crashes, the browser elects the next one. Tabs communicate over a BroadcastChannel.
 *
 * The leader says with each post by when it posts again. A leader that misses this time is frozen, or
 * its timers are throttled in a hidden tab: a visible follower then takes the lock by force. The former
 * leader queues for the lock when it wakes up. Two leaders at once, in the moment between taking the
 * lock and noticing it, are harmless.
 *
 * Without Web Locks (plain HTTP), without BroadcastChannel, or in an opaque origin, which may use
 * neither, each tab is its own leader.
 *
 * @typedef {object} Callbacks
 * @property {() => void} lead This tab is the leader from now on.
 * @property {() => void} follow This tab is no longer the leader, or has joined: another one may be it.
 * @property {() => void} quit This tab leads no more. Called at the end of each leadership.
 * @property {(data: any) => void} receive A message of another tab.
 */

import { isVisible } from "./timing.js";

/** Part of the lock's and channel's name: incompatible versions of the client share nothing. */
export const CHANNEL_VERSION = 2;
/** Time that a leader may be late. Up to twice this, at random, so that two followers do not act at once. */
export const GRACE_MS = 250;

/** The name of the lock and of the channel. @param {string} name */
export const groupName = (name) => `ticker.${CHANNEL_VERSION}:${name}`;

export class Tabs {
  /** Whether this tab is the leader. */
  leading = false;
  #name;
  #callbacks;
  /** @type {BroadcastChannel|null} */
  #channel = null;
  /** Aborting it gives up the lock, or the place in the queue for it. */
  #lock = new AbortController();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {string} name Tabs with the same name elect a leader; empty: each one is it. @param {Callbacks} callbacks */
  constructor(name, callbacks) {
    this.#name = name && groupName(name);
    this.#callbacks = callbacks;
  }

  /** Join the group: follow its leader, and queue to become the leader. */
  join() {
    try {
      if (!this.#name || !navigator.locks) return this.#lead();
      this.#channel = new BroadcastChannel(this.#name);
    } catch {
      return this.#lead(); // not supported, or not allowed on this page
    }
    this.#channel.onmessage = ({ data }) => this.#callbacks.receive(data);
    this.#requestLock();
    this.#callbacks.follow();
  }

  /** Leave the group. Does nothing if not joined. */
  leave() {
    this.#lock.abort();
    this.#channel?.close();
    this.#channel = null;
    this.#stopLeading();
  }

  /** Send a message to all other tabs. @param {object} data */
  post(data) {
    this.#channel?.postMessage(data);
  }

  /** Take the lock if nothing is heard of the leader until `due`, and this page is visible then. */
  watch(/** @type {number} */ due) {
    const delay = due - Date.now() + GRACE_MS * (1 + Math.random());
    clearTimeout(this.#timer);
    if (!this.#channel) return;
    // (A longer timeout would overflow and run at once.)
    this.#timer = setTimeout(() => isVisible() && this.#requestLock(true), Math.min(delay, 2e9));
  }

  #requestLock(steal = false) {
    this.#lock.abort();
    const { signal } = (this.#lock = new AbortController());
    const hold = () =>
      new Promise((release) => {
        if (signal.aborted) return release(null);
        signal.onabort = release;
        this.#lead();
      });
    navigator.locks.request(this.#name, steal ? { steal } : { signal }, hold).catch((error) => {
      if (signal.aborted) return; // by us
      // Opaque origins have locks and may not use them.
      if (error.name !== "AbortError") return this.#lead();
      this.#stopLeading(); // another tab took the lock
      this.#requestLock();
      this.#callbacks.follow();
    });
  }

  #lead() {
    clearTimeout(this.#timer);
    this.leading = true;
    this.#callbacks.lead();
  }

  #stopLeading() {
    clearTimeout(this.#timer);
    this.leading = false;
    this.#callbacks.quit();
  }
}
