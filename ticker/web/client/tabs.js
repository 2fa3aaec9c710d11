/**
 * One connection per browser: tabs with equal subscriptions elect a leader, which holds the link
 * and tells the others what it hears.
 *
 * The leader is the holder of a Web Lock; the others queue for it, so when its tab closes or
 * crashes the browser itself names the next. All talk on a BroadcastChannel. The leader posts every
 * message with the cursor of its board before it. A follower who stands there folds it like a
 * message from a link; and so does one who has been there, when a new leader resumes from a cursor
 * behind it: what it has seen already changes nothing, because every act raises its item's version.
 * Any other has missed something: it says where it stands (`ask`) and gets the leader's board. Two
 * leaders at once, for the moment between a theft and its discovery, do no harm.
 *
 * Each post says until when the leader will have to speak again, or to act (`due`). A leader that
 * does not is frozen, or its timers are slow because nobody looks at it: then a follower that is
 * visible takes the lock by force. The robbed one queues like everybody else when it wakes up.
 *
 * Without Web Locks (plain http), without BroadcastChannel, or in an opaque origin, which may use
 * neither, each tab is its own leader.
 *
 * @import { Message } from "./board.js"
 * @import { Connection } from "./connection.js"
 * @import { Status } from "./ticker.js"
 *
 * @typedef {object} Crew What the tab can do in either role.
 * @property {() => string|null} cursor Of the board.
 * @property {() => Status} status
 * @property {(message: Message) => void} fold
 * @property {(status: Status) => void} mirror
 * @property {(cursor: string|null) => Message[]} snapshot For a tab that stands there; nothing if
 *   that is where this one stands.
 *
 * @typedef {object} Order From a follower: it has missed something, or the reader came back to it.
 * @property {number} from
 * @property {string|null} [ask] Its cursor.
 * @property {boolean} [network] Whether it was the network that came back.
 *
 * @typedef {object} News From the leader.
 * @property {number} to Only for this tab, if not 0.
 * @property {boolean} [lead] It has only begun.
 * @property {number} due
 * @property {string|null} prev Where its board stood before `messages`, or stands.
 * @property {Message[]} messages
 * @property {Status} status
 */

import { PROBE_MS, visible } from "./pace.js";

/** Part of the names: clients that would not understand each other share nothing. */
export const CHANNEL_VERSION = 1;
/** A leader may be late by so much; and up to once more, so that two followers are not at once. */
export const GRACE_MS = 250;

/** How far a new leader may be behind a follower that need not ask. */
const BEEN_MAX = 99;

export class Tabs {
  /** Whether this tab holds the link. */
  leading = false;
  #id = Math.random();
  #name;
  #connection;
  #crew;
  /** @type {BroadcastChannel|null} */
  #channel = null;
  /** Our place in the queue for the lock, or at its head; aborted, it is given up. */
  #place = new AbortController();
  /** @type {(string|null)[]} Where the board stood before, newest first. */
  #been = [];
  /** Whether we have missed something and wait for an answer. */
  #asking = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {string} name Empty: share nothing. @param {Connection} connection @param {Crew} crew */
  constructor(name, connection, crew) {
    this.#name = name && `ticker.${CHANNEL_VERSION}:${name}`;
    this.#connection = connection;
    this.#crew = crew;
  }

  /** Hold the link, now or when it is our turn. */
  join() {
    try {
      if (!this.#name || !navigator.locks) return this.#lead();
      this.#channel = new BroadcastChannel(this.#name);
    } catch {
      return this.#lead(); // they are not there, or not for this page
    }
    this.#channel.onmessage = ({ data }) => {
      if (this.leading) this.#serve(data);
      else if (data.status) this.#follow(data);
    };
    this.#queue();
    this.#ask();
  }

  /** Hand over. Harmless when not joined. */
  leave() {
    // The next in the queue has so long to say that it leads.
    if (this.leading) this.#tell({ due: Date.now() + PROBE_MS });
    this.#place.abort();
    this.#channel?.close();
    this.#channel = null;
    this.#rest();
  }

  /**
   * A message has reached the board, which stood at `prev`. The leader tells the others.
   *
   * @param {string|null} prev @param {Message} message
   */
  heard(prev, message) {
    this.#been = [prev, ...this.#been].slice(0, BEEN_MAX);
    if (this.leading) this.#tell({ prev, messages: [message] });
  }

  /** The leader's status has changed. */
  report() {
    if (this.leading) this.#tell({});
  }

  /** The network or the reader came back. @param {boolean} network */
  wake(network) {
    if (this.leading) this.#connection.wake(network);
    else this.#order({ from: this.#id, network });
  }

  #queue(steal = false) {
    this.#place.abort();
    const { signal } = (this.#place = new AbortController());
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
      this.#rest(); // robbed
      this.#queue();
      this.#ask();
    });
  }

  #lead() {
    clearTimeout(this.#timer);
    this.leading = true;
    this.#connection.start();
    this.#tell({ lead: true });
  }

  #rest() {
    clearTimeout(this.#timer);
    this.leading = false;
    this.#connection.stop();
  }

  /** @param {Partial<Order>} order As the leader; a robbed one may not have noticed, and post news. */
  #serve({ from, ask, network }) {
    if (ask !== undefined) return this.#tell({ to: from, messages: this.#crew.snapshot(ask) });
    if (!from) return;
    this.#connection.wake(Boolean(network));
    this.#tell({});
  }

  /** @param {News} news As a follower. */
  #follow({ to, lead, due, prev, messages, status }) {
    if (to && to !== this.#id) return;
    this.#expect(due);
    if (to || lead) this.#asking = false; // who was asked before it led did not answer
    if (this.#asking) return; // what it says now, its answer will contain
    const been = prev === this.#crew.cursor() || this.#been.includes(prev);
    if (!to && !been) return this.#ask();
    messages.forEach(this.#crew.fold);
    this.#crew.mirror(status);
  }

  #ask() {
    this.#asking = true;
    this.#order({ from: this.#id, ask: this.#crew.cursor() });
  }

  /** @param {Order} order */
  #order(order) {
    this.#channel?.postMessage(order);
    this.#expect(Date.now() + PROBE_MS);
  }

  /** The leader must say something by then. Nobody takes over from it while nobody looks. */
  #expect(/** @type {number} */ due) {
    const wait = due - Date.now() + GRACE_MS * (1 + Math.random());
    clearTimeout(this.#timer);
    // (A longer time-out than that would be over at once.)
    this.#timer = setTimeout(() => visible() && this.#queue(true), Math.min(wait, 2 ** 31 - 1));
  }

  /** @param {Partial<News>} more */
  #tell(more) {
    const prev = this.#crew.cursor();
    const status = this.#crew.status();
    const news = { to: 0, due: this.#connection.due, prev, messages: [], status };
    this.#channel?.postMessage({ ...news, ...more });
  }
}
