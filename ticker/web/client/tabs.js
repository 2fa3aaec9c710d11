/**
 * Share one connection between tabs: tabs with equal subscriptions elect a leader, which holds the
 * connection and passes its messages on.
 *
 * The leader holds a Web Lock and the other tabs queue for it, so when the leader's tab closes or
 * crashes, the browser elects the next one. Tabs communicate over a BroadcastChannel. The leader posts
 * every message together with the cursor that it had before the message. A follower with the same
 * cursor applies it like a message from its own connection. So does a follower that had this cursor
 * earlier, when a new leader resumes from an older cursor: items that it already has do not change,
 * because every action raises its item's version. Any other follower has missed something; it sends
 * its own cursor and gets a snapshot of the leader's state. Two leaders at once, in the moment between
 * taking the lock and noticing it, are harmless.
 *
 * Each post contains the time (`due`) by which the leader posts again. A leader that misses it is
 * frozen, or its timers are throttled in a hidden tab: a visible follower then takes the lock by force.
 * The former leader queues for the lock when it wakes up.
 *
 * Without Web Locks (plain HTTP), without BroadcastChannel, or in an opaque origin, which may use
 * neither, each tab is its own leader.
 *
 * @import { Connection } from "./connection.js"
 * @import { Message } from "./state.js"
 * @import { Status } from "./ticker.js"
 *
 * @typedef {object} Callbacks
 * @property {() => string|null} cursor
 * @property {() => Status} status
 * @property {(message: Message) => void} receive Apply a message of the leader.
 * @property {(status: Status) => void} setStatus Take over the leader's status.
 * @property {(cursor: string|null) => Message[]} snapshot Return the messages that bring a tab with
 *   this cursor up to date.
 *
 * @typedef {object} Request From a follower: it has missed something, or its page was shown.
 * @property {number} from
 * @property {string|null} [cursor] Its cursor, to get a snapshot.
 * @property {boolean} [network] Whether the network came back.
 *
 * @typedef {object} Post From the leader.
 * @property {number} to Id of the only tab that it is for; 0 for all.
 * @property {boolean} [lead] Whether the leader has just started.
 * @property {number} due
 * @property {string|null} prev The leader's cursor before `messages`.
 * @property {Message[]} messages
 * @property {Status} status
 */

import { isVisible, PROBE_TIMEOUT_MS } from "./timing.js";

/** Part of the lock's and channel's name: incompatible versions of the client share nothing. */
export const CHANNEL_VERSION = 1;
/** Time that a leader may be late. Up to twice this, at random, so that two followers do not act at once. */
export const GRACE_MS = 250;

/** Number of earlier cursors that a follower remembers, to recognize a new leader that is behind. */
const MAX_PAST_CURSORS = 99;

export class Tabs {
  /** Whether this tab holds the connection. */
  leading = false;
  #id = Math.random();
  #name;
  #connection;
  #callbacks;
  /** @type {BroadcastChannel|null} */
  #channel = null;
  /** Aborting it gives up the lock, or the place in the queue for it. */
  #lock = new AbortController();
  /** @type {(string|null)[]} Newest first. */
  #pastCursors = [];
  /** Whether this tab has requested a snapshot. */
  #awaitingSnapshot = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * @param {string} name Tabs with the same name share a connection; empty: share nothing.
   * @param {Connection} connection @param {Callbacks} callbacks
   */
  constructor(name, connection, callbacks) {
    this.#name = name && `ticker.${CHANNEL_VERSION}:${name}`;
    this.#connection = connection;
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
    this.#channel.onmessage = ({ data }) => {
      if (this.leading) this.#handleRequest(data);
      else if (data.status) this.#handlePost(data);
    };
    this.#requestLock();
    this.#requestSnapshot();
  }

  /** Leave the group. Does nothing if not joined. */
  leave() {
    // The next leader has this long to announce itself.
    if (this.leading) this.#post({ due: Date.now() + PROBE_TIMEOUT_MS });
    this.#lock.abort();
    this.#channel?.close();
    this.#channel = null;
    this.#stopLeading();
  }

  /**
   * Note that a message was applied; the leader passes it on.
   *
   * @param {string|null} prev The cursor before the message. @param {Message} message
   */
  received(prev, message) {
    this.#pastCursors = [prev, ...this.#pastCursors].slice(0, MAX_PAST_CURSORS);
    if (this.leading) this.#post({ prev, messages: [message] });
  }

  /** Pass the leader's new status on. */
  statusChanged() {
    if (this.leading) this.#post({});
  }

  /** The network came back, or the page was shown. @param {boolean} network */
  wake(network) {
    if (this.leading) this.#connection.wake(network);
    else this.#send({ from: this.#id, network });
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
      this.#requestSnapshot();
    });
  }

  #lead() {
    clearTimeout(this.#timer);
    this.leading = true;
    this.#connection.start();
    this.#post({ lead: true });
  }

  #stopLeading() {
    clearTimeout(this.#timer);
    this.leading = false;
    this.#connection.stop();
  }

  /**
   * Handle a request, as the leader. A former leader that has not noticed may post here as well.
   *
   * @param {Partial<Request>} request
   */
  #handleRequest({ from, cursor, network }) {
    if (cursor !== undefined) {
      return this.#post({ to: from, messages: this.#callbacks.snapshot(cursor) });
    }
    if (!from) return;
    this.#connection.wake(!!network);
    this.#post({});
  }

  /** Handle a post, as a follower. @param {Post} post */
  #handlePost({ to, lead, due, prev, messages, status }) {
    if (to && to !== this.#id) return;
    this.#watchLeader(due);
    if (to || lead) this.#awaitingSnapshot = false; // a new leader has not seen the request
    if (this.#awaitingSnapshot) return; // the snapshot will contain these messages
    const known = prev === this.#callbacks.cursor() || this.#pastCursors.includes(prev);
    if (!to && !known) return this.#requestSnapshot();
    messages.forEach(this.#callbacks.receive);
    this.#callbacks.setStatus(status);
  }

  #requestSnapshot() {
    this.#awaitingSnapshot = true;
    this.#send({ from: this.#id, cursor: this.#callbacks.cursor() });
  }

  /** @param {Request} request */
  #send(request) {
    this.#channel?.postMessage(request);
    this.#watchLeader(Date.now() + PROBE_TIMEOUT_MS);
  }

  /** Take the lock if the leader does not post by `due` and this page is visible then. */
  #watchLeader(/** @type {number} */ due) {
    const delay = due - Date.now() + GRACE_MS * (1 + Math.random());
    clearTimeout(this.#timer);
    // (A longer timeout would overflow and run at once.)
    this.#timer = setTimeout(() => isVisible() && this.#requestLock(true), Math.min(delay, 2e9));
  }

  /** @param {Partial<Post>} fields */
  #post(fields) {
    const prev = this.#callbacks.cursor();
    const status = this.#callbacks.status();
    const post = { to: 0, due: this.#connection.due, prev, messages: [], status };
    this.#channel?.postMessage({ ...post, ...fields });
  }
}
