/**
 * The browser's client of the protocol (PROTOCOL.md): one subscription that reconnects and resumes.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("change", () => show(ticker.state.items));
 *     ticker.start();
 *
 * This class combines the parts: the items (`state`), the connection over one of the transports
 * (`connection`, `timing`), the other tabs (`tabs`) and the local cache (`cache`).
 *
 * @import { Level, Message, State } from "./state.js"
 * @import { Transport } from "./transports.js"
 *
 * @typedef {object} Status
 * @property {"idle"|"connecting"|"live"|"waiting"|"stopped"} phase `waiting`: until the next attempt.
 * @property {number} since Start of the phase, if it is `live` or `idle`; else the time when the items
 *   were last known to be current, or of the first attempt; ms since 1970.
 * @property {number|null} retryAt Time of the next attempt in phase `waiting`; ms since 1970.
 * @property {string|null} error Reason for `stopped`, or for the end of the last connection.
 *
 * @typedef {Pick<Status, "phase"> & Partial<Status>} StatusUpdate
 *
 * @typedef {object} Change
 * @property {Message} message The message that caused it.
 * @property {State} before The previous state.
 * @property {boolean} reset Whether the server could not replay: this snapshot replaces all items.
 *
 * @typedef {object} Options Facets are combined with AND, the values of one facet with OR. A facet that
 *   is not given does not filter.
 * @property {string|URL} [url] Base URL of the newsroom. Default: the origin of this module.
 * @property {string|readonly string[]} [edition]
 * @property {string|readonly string[]} [section]
 * @property {string|readonly string[]} [region]
 * @property {string|readonly string[]} [tag]
 * @property {string|readonly string[]} [story]
 * @property {Level} [level] Lowest level.
 * @property {number} [backlog] Maximum number of items in a snapshot, up to 200. Default: 20.
 * @property {Partial<State>} [state] State to continue from, for example from server-side rendering.
 * @property {boolean} [cache] Keep the last state in localStorage and start with it. Default: false.
 * @property {boolean} [share] Share one connection between all tabs with an equal subscription, if the
 *   browser supports it. Default: true.
 * @property {Transport[]} [transports] In order of preference.
 *
 * @typedef {EventTarget & {
 *   addEventListener(type: "change", listener: (event: CustomEvent<Change>) => void,
 *     options?: boolean | AddEventListenerOptions): void,
 *   addEventListener(type: "status", listener: (event: CustomEvent<Status>) => void,
 *     options?: boolean | AddEventListenerOptions): void,
 *   removeEventListener(type: "change", listener: (event: CustomEvent<Change>) => void,
 *     options?: boolean | EventListenerOptions): void,
 *   removeEventListener(type: "status", listener: (event: CustomEvent<Status>) => void,
 *     options?: boolean | EventListenerOptions): void,
 * }} Events
 */

import { Cache } from "./cache.js";
import { Connection } from "./connection.js";
import { apply, EMPTY_STATE } from "./state.js";
import { Tabs } from "./tabs.js";
import { isVisible } from "./timing.js";
import { eventSource, poll, webSocket } from "./transports.js";

/** Names of the filters of a subscription (PROTOCOL.md §4). */
export const FACETS = /** @type {const} */ (["edition", "section", "region", "tag", "story", "level"]);

const Target = /** @type {new () => Events} */ (EventTarget);

/**
 * One subscription. Events: `change` after every change of the items (detail: `Change`), `status` after
 * every change of the connection's status (detail: `Status`).
 */
export class Ticker extends Target {
  /** @type {State} */
  #state;
  /** @type {Status} */
  #status = { phase: "idle", since: Date.now(), retryAt: null, error: null };
  /** @type {AbortController|null} */
  #running = null;
  #reset = false;
  #receivedAt = 0;
  #connection;
  #tabs;
  /** @type {Cache|null} */
  #cache = null;

  /** @param {Options} [options] */
  constructor(options = {}) {
    super();
    const { url = new URL(".", import.meta.url), backlog = 20, cache, share = true } = options;
    /** Base URL of the newsroom. */
    this.base = new URL(url);
    const query = new URLSearchParams();
    for (const facet of FACETS) {
      const value = options[facet];
      if (value?.length) query.set(facet, `${value}`);
    }
    query.set("backlog", `${backlog}`);
    const name = `${this.base}?${query}`;
    if (cache) this.#cache = new Cache(name, backlog);
    this.#state = { ...EMPTY_STATE, ...(options.state ?? this.#cache?.read()) };
    const { transports = [webSocket, eventSource, poll] } = options;
    const cursor = () => this.#state.cursor;
    this.#connection = new Connection(this.base, query, transports, {
      cursor,
      receive: (message, live) => this.#receive(message, live),
      setStatus: (status) => this.#setStatus(status),
    });
    this.#tabs = new Tabs(share ? name : "", this.#connection, {
      cursor,
      status: () => this.#status,
      receive: (message) => this.#receive(message),
      setStatus: (status) => this.#setStatus(status),
      snapshot: (from) => {
        const { cursor, items } = this.#state;
        if (!cursor || cursor === from) return [];
        const reset = !!from;
        return [
          { type: "welcome", mode: "snapshot", reset, reason: null, cursor, heartbeat: 0 },
          { type: "snapshot", cursor, items: items.slice(0, backlog) },
        ];
      },
    });
  }

  /** The cursor, and the items to show now. */
  get state() {
    return this.#state;
  }

  /** The status of the connection. */
  get status() {
    return this.#status;
  }

  /** Connect, and stay connected until `stop`. Does nothing if already started. */
  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    /** @param {EventTarget|undefined} on @param {string} type @param {(event: Event) => void} act */
    const listen = (on, type, act) => on?.addEventListener?.(type, act, { signal });
    listen(globalThis, "online", () => this.#tabs.wake(true));
    listen(globalThis, "offline", () => this.#connection.probe());
    listen(globalThis.document, "visibilitychange", () => isVisible() && this.#tabs.wake(false));
    // A page in the back/forward cache must not hold a lock or a connection.
    listen(globalThis, "pagehide", () => this.#leave());
    listen(globalThis, "pageshow", (event) => {
      if (/** @type {PageTransitionEvent} */ (event).persisted) this.#join();
    });
    this.#join();
  }

  /** Disconnect. The items and the cursor stay: `start` resumes. */
  stop() {
    if (!this.#running) return;
    this.#end();
    this.#setStatus({ phase: "idle" });
  }

  #join() {
    this.#setStatus({ phase: "connecting" });
    this.#tabs.join();
  }

  #leave() {
    // Messages that only advance the cursor are not written until now.
    const current = this.#tabs.leading && this.#status.phase === "live";
    this.#cache?.flush(current ? this.#state : undefined);
    this.#tabs.leave();
  }

  #end() {
    this.#leave();
    this.#running?.abort();
    this.#running = null;
  }

  /** @param {Message} message @param {boolean} [live] Whether the items are current after it. */
  #receive(message, live) {
    if (message.type === "welcome") this.#reset = message.reset;
    const before = this.#state;
    const state = (this.#state = apply(before, message));
    this.#receivedAt = Date.now();
    this.#tabs.received(before.cursor, message);
    if (live) this.#setStatus({ phase: "live" });
    if (state.items === before.items) return;
    // Hidden followers leave writing to the other tabs, except for removals.
    if (this.#tabs.leading || isVisible() || state.items.length < before.items.length) {
      this.#cache?.save(state, message);
    }
    this.#emit("change", { message, before, reset: message.type === "snapshot" && this.#reset });
  }

  /** @param {StatusUpdate} update */
  #setStatus({ phase, retryAt = null, error = null, since }) {
    const last = this.#status;
    if (phase === last.phase && retryAt === last.retryAt && error === last.error) return;
    const current = last.phase === "live" ? this.#receivedAt : last.since;
    since ??= phase === "live" || last.phase === "idle" ? Date.now() : current;
    this.#status = { phase, since, retryAt, error };
    this.#tabs.statusChanged();
    if (phase === "stopped") this.#end();
    this.#emit("status", this.#status);
  }

  /** @param {string} type @param {Change|Status} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
