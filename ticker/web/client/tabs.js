/**
 * One connection per browser: tabs with equal subscriptions elect a leader, which holds the link
 * and tells the others what it hears.
 *
 * The leader is the holder of a Web Lock; the others queue for it, so when its tab closes or
 * crashes the browser itself names the next. All talk on a BroadcastChannel. The leader posts every
 * message with the cursor of its board before it (`heard {prev, message}`). A follower whose own
 * cursor is that, or is further on the same way (`Recent`), folds it like a message from a link:
 * what it has already seen changes nothing, because every act raises its item's version. Any other
 * follower has missed something: it says where it stands (`ask`) and gets the steps from there, or a
 * snapshot. So a new leader may resume from its own cursor, and two leaders at once, for the moment
 * between a theft and its discovery, do no harm.
 *
 * Browsers slow the timers of hidden pages to one a minute, but not their messages. Each post of the
 * leader says when it has something to do by the clock (`due`); a follower that is visible reminds
 * it then (`tick`). A leader that does not answer at all is frozen, and a visible follower takes the
 * lock by force; the robbed one learns it when it wakes up, and queues like everybody else.
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
 * @typedef {object} Order From a follower.
 * @property {"ask"|"tick"|"wake"} kind
 * @property {number} from
 * @property {string|null} cursor
 * @property {boolean} network Whether that is what woke it up.
 *
 * @typedef {object} News From the leader. After `bye` it leads no more.
 * @property {"lead"|"status"|"heard"|"answer"|"bye"} kind
 * @property {number} to Only for this tab, if not 0.
 * @property {number} due
 * @property {string|null} prev Where its board stood before `messages`, or stands.
 * @property {Message[]} messages
 * @property {Status} status
 */

import { PROBE_MS, visible } from "./pace.js";
import { Recent } from "./recent.js";

/** Part of the names: clients that would not understand each other share nothing. */
export const CHANNEL_VERSION = 1;
/** A follower's reminder comes so much later than the leader's own timer. */
export const GRACE_MS = 250;

export class Tabs {
  /** Whether this tab holds the link. */
  leading = false;
  #id = Math.random();
  #recent = new Recent();
  #name;
  #connection;
  #crew;
  /** @type {BroadcastChannel|null} */
  #channel = null;
  /** Our place in the queue for the lock, or at its head; aborted, it is given up. */
  #place = new AbortController();
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
    this.#channel.onmessage = ({ data }) => (this.leading ? this.#serve(data) : this.#follow(data));
    this.#queue();
    this.#ask();
  }

  /** Hand over. Harmless when not joined. */
  leave() {
    if (this.leading) this.#tell("bye");
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
    this.#recent.add(prev, this.#crew.cursor(), message);
    if (this.leading) this.#tell("heard", { prev, messages: [message] });
  }

  /** The leader's status has changed. */
  report() {
    if (this.leading) this.#tell("status");
  }

  /** The network or the reader came back. @param {boolean} network */
  wake(network) {
    if (this.leading) this.#connection.wake(network);
    else this.#order("wake", network);
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
    this.#tell("lead");
    this.#connection.start();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.leading = false;
    this.#connection.stop();
  }

  /** @param {Order|News} order As the leader. */
  #serve(order) {
    if (!("from" in order)) return; // a robbed leader that has not noticed yet, or we are
    const { kind, from, cursor, network } = order;
    if (kind === "ask") {
      const known = this.#recent.has(cursor);
      const messages = known ? this.#recent.after(cursor) : this.#crew.snapshot(cursor);
      return this.#tell("answer", { to: from, messages });
    }
    if (kind === "wake") this.#connection.wake(network);
    else this.#connection.tick();
    this.#tell("status");
  }

  /** @param {Order|News} news As a follower. */
  #follow(news) {
    if ("from" in news || (news.to && news.to !== this.#id)) return;
    const { kind, due, prev, messages, status } = news;
    if (kind === "bye") return this.#expect();
    const answer = kind === "answer";
    if (answer || kind === "lead") this.#asking = false;
    if (this.#asking) return; // what it says now, its answer will contain
    this.#later(due - Date.now() + GRACE_MS, () => visible() && this.#order("tick"));
    if (!answer && prev !== this.#crew.cursor() && !this.#recent.has(prev)) return this.#ask();
    messages.forEach(this.#crew.fold);
    this.#crew.mirror(status);
  }

  #ask() {
    this.#asking = true;
    this.#order("ask");
  }

  /** @param {Order["kind"]} kind */
  #order(kind, network = false) {
    this.#channel?.postMessage({ kind, from: this.#id, cursor: this.#crew.cursor(), network });
    this.#expect();
  }

  /** The leader must say something now. Nobody takes over from it while nobody looks. */
  #expect() {
    // The jitter is for two windows side by side, which would rob each other.
    this.#later(PROBE_MS * (1 + Math.random() / 5), () => {
      this.#asking = false;
      if (visible()) this.#queue(true);
    });
  }

  /** @param {number} wait @param {() => void} act */
  #later(wait, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, Math.min(wait, 2 ** 31 - 1)); // what is more is at once
  }

  /** @param {News["kind"]} kind @param {Partial<News>} [more] */
  #tell(kind, more) {
    const prev = this.#crew.cursor();
    const status = this.#crew.status();
    const news = { kind, to: 0, due: this.#connection.due, prev, messages: [], status };
    this.#channel?.postMessage({ ...news, ...more });
  }
}
