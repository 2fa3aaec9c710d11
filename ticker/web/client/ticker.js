/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * This class puts the parts together: what is seen (`board`), the link (`connection` over a
 * transport, with the waits of `pace`), the other tabs (`tabs`) and the memory (`cache`).
 *
 * @import { Board, Level, Message } from "./board.js"
 * @import { Transport } from "./transports.js"
 *
 * @typedef {object} Status
 * @property {"idle"|"connecting"|"live"|"waiting"|"stopped"} phase `waiting`: between two attempts.
 * @property {number} since When the screen was last known to be current, or when that was first
 *   wanted; ms since 1970.
 * @property {number|null} retryAt When the next attempt is due, in phase `waiting`.
 * @property {string|null} error Why it is `stopped`, or what broke the last link.
 *
 * @typedef {Pick<Status, "phase"> & Partial<Status>} News
 *
 * @typedef {object} Change
 * @property {Message} message What changed it.
 * @property {Board} before The board as it was.
 * @property {boolean} reset The server could not replay: this snapshot replaces what was shown.
 *
 * @typedef {object} Options Facets AND, values of one OR; none means all.
 * @property {string|URL} [url] The newsroom; by default where this module came from.
 * @property {string|readonly string[]} [edition]
 * @property {string|readonly string[]} [section]
 * @property {string|readonly string[]} [region]
 * @property {string|readonly string[]} [tag]
 * @property {string|readonly string[]} [story]
 * @property {Level} [level] The lowest level wanted.
 * @property {number} [backlog] How many lines a snapshot holds, up to 200; 20 if not said.
 * @property {Partial<Board>} [board] To continue from, for example one that came with the page.
 * @property {boolean} [cache] Keep the last board in localStorage and begin with it; not by default.
 * @property {boolean} [share] One connection for all tabs with an equal subscription, where the
 *   browser can do that; by default.
 * @property {Transport[]} [transports] In order of preference.
 *
 * @typedef {EventTarget & {
 *   addEventListener(type: "board", listener: (event: CustomEvent<Change>) => void,
 *     options?: boolean | AddEventListenerOptions): void,
 *   addEventListener(type: "status", listener: (event: CustomEvent<Status>) => void,
 *     options?: boolean | AddEventListenerOptions): void,
 *   removeEventListener(type: "board", listener: (event: CustomEvent<Change>) => void,
 *     options?: boolean | EventListenerOptions): void,
 *   removeEventListener(type: "status", listener: (event: CustomEvent<Status>) => void,
 *     options?: boolean | EventListenerOptions): void,
 * }} Events
 */

import { apply, EMPTY } from "./board.js";
import { Cache } from "./cache.js";
import { Connection } from "./connection.js";
import { visible } from "./pace.js";
import { Tabs } from "./tabs.js";
import { eventSource, poll, webSocket } from "./transports.js";

/** What a subscription may choose by (PROTOCOL.md §4). */
export const FACETS = /** @type {const} */ (["edition", "section", "region", "tag", "story", "level"]);

const Target = /** @type {new () => Events} */ (EventTarget);

/**
 * One subscription. Events: `board` after every change of what is seen (detail `Change`), `status`
 * when the link's state changes (detail `Status`).
 */
export class Ticker extends Target {
  /** @type {Board} */
  #board;
  /** @type {Status} */
  #status = { phase: "idle", since: Date.now(), retryAt: null, error: null };
  /** @type {AbortController|null} */
  #running = null;
  #reset = false;
  #heard = 0;
  #connection;
  #tabs;
  /** @type {Cache|null} */
  #cache = null;

  /** @param {Options} [options] */
  constructor(options = {}) {
    super();
    const { url = new URL(".", import.meta.url), backlog = 20, cache, share = true } = options;
    this.base = new URL(url);
    const query = new URLSearchParams();
    for (const facet of FACETS) {
      const value = options[facet];
      if (value?.length) query.set(facet, String(value));
    }
    query.set("backlog", String(backlog));
    const name = `${this.base}?${query}`;
    if (cache) this.#cache = new Cache(name, backlog);
    this.#board = { ...EMPTY, ...(options.board ?? this.#cache?.read()) };
    const { transports = [webSocket, eventSource, poll] } = options;
    const cursor = () => this.#board.cursor;
    this.#connection = new Connection(this.base, query, transports, {
      cursor,
      dropCursor: () => (this.#board = { ...this.#board, cursor: null }),
      hear: (message, live) => this.#hear(message, live),
      report: (status) => this.#report(status),
    });
    this.#tabs = new Tabs(share ? name : "", this.#connection, {
      cursor,
      status: () => this.#status,
      fold: (message) => this.#hear(message),
      mirror: (status) => this.#report(status),
      snapshot: (from) => {
        const { cursor, items } = this.#board;
        if (!cursor || cursor === from) return [];
        const reset = !!from;
        return [
          { type: "welcome", mode: "snapshot", reset, reason: null, cursor, heartbeat: 0 },
          { type: "snapshot", cursor, items: items.slice(0, backlog) },
        ];
      },
    });
  }

  get board() {
    return this.#board;
  }

  get status() {
    return this.#status;
  }

  /** Connect, and stay connected until `stop`; harmless when already started. */
  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    /** @param {EventTarget|undefined} on @param {string} type @param {(event: Event) => void} act */
    const listen = (on, type, act) => on?.addEventListener?.(type, act, { signal });
    listen(globalThis, "online", () => this.#tabs.wake(true));
    listen(globalThis, "offline", () => this.#connection.probe());
    listen(globalThis.document, "visibilitychange", () => visible() && this.#tabs.wake(false));
    // A page that is put aside whole (bfcache) may hold neither a lock nor a link.
    listen(globalThis, "pagehide", () => this.#leave());
    listen(globalThis, "pageshow", (event) => {
      if (/** @type {PageTransitionEvent} */ (event).persisted) this.#join();
    });
    this.#join();
  }

  /** Disconnect. The board and its cursor stay: `start` resumes. */
  stop() {
    if (!this.#running) return;
    this.#end();
    this.#report({ phase: "idle" });
  }

  #join() {
    this.#report({ phase: "connecting" });
    this.#tabs.join();
  }

  #leave() {
    // What has only moved the cursor was not worth writing until now.
    const current = this.#tabs.leading && this.#status.phase === "live";
    this.#cache?.flush(current ? this.#board : undefined);
    this.#tabs.leave();
  }

  #end() {
    this.#leave();
    this.#running?.abort();
    this.#running = null;
  }

  /** @param {Message} message @param {boolean} [live] Whether the link is up because of it. */
  #hear(message, live) {
    if (message.type === "welcome") this.#reset = message.reset;
    const before = this.#board;
    const board = (this.#board = apply(before, message));
    this.#heard = Date.now();
    this.#tabs.heard(before.cursor, message);
    if (live) this.#report({ phase: "live" });
    if (board.items === before.items) return;
    // Hidden tabs that only follow leave the writing to the others, but for removals.
    if (this.#tabs.leading || visible() || board.items.length < before.items.length) {
      this.#cache?.keep(board, message);
    }
    this.#emit("board", { message, before, reset: message.type === "snapshot" && this.#reset });
  }

  /** @param {News} news */
  #report({ phase, retryAt = null, error = null, since }) {
    const last = this.#status;
    if (phase === last.phase && retryAt === last.retryAt && error === last.error) return;
    const heard = last.phase === "live" ? this.#heard : last.since;
    since ??= phase === "live" || last.phase === "idle" ? Date.now() : heard;
    this.#status = { phase, since, retryAt, error };
    this.#tabs.report();
    if (phase === "stopped") this.#end();
    this.#emit("status", this.#status);
  }

  /** @param {string} type @param {Change|Status} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
