/**
 * The browser's client of the protocol (PROTOCOL.md): one subscription that reconnects and resumes.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("change", () => show(ticker.state.items));
 *     ticker.start();
 *
 * This class has the items (`state`), the status and the local cache (`cache`). All subscriptions of a
 * browser share one connection (`hub`, `tabs`), over one of the transports (`connection`, `timing`).
 *
 * @import { Sub } from "./hub.js"
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
 * @typedef {object} BasicOptions Facets are combined with AND, the values of one facet with OR. A facet that
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
 * @property {boolean} [share] Share one connection with all subscriptions of the browser to this
 *   newsroom. Default: true, except with `transports`, and with a `backlog` of 0.
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
import { Hub, sharedHub } from "./hub.js";
import { EMPTY_STATE } from "./state.js";
import { isVisible } from "./timing.js";
import { eventSource, poll, webSocket } from "./transports.js";

/** Names of the filters of a subscription (PROTOCOL.md §4). */
export const FACETS = /** @type {const} */ (["edition", "section", "region", "tag", "story", "level"]);

const Target = /** @type {new () => Events} */ (EventTarget);

/**
 * One subscription. Events: `change` after every change of the items and after the removal of one that it
 * does not have (detail: `Change`), `status` after every change of the connection's status (detail: `Status`).
 */
export class Ticker extends Target {
  /** @type {Status} */
  #status = { phase: "idle", since: Date.now(), retryAt: null, error: null };
  #hub;
  /** @type {Sub} */
  #sub;
  /** @type {Cache|null} */
  #cache = null;

  /** @param {BasicOptions} [options] @param {URLSearchParams} [query] What else the filter has. */
  constructor(options = {}, query = new URLSearchParams()) {
    super();
    const { url = new URL(".", import.meta.url), backlog = 20, cache, transports } = options;
    /** Base URL of the newsroom. */
    this.base = new URL(url);
    for (const facet of FACETS) {
      const value = options[facet];
      if (value?.length) query.set(facet, `${value}`);
    }
    query.set("backlog", `${backlog}`);
    const key = `${query}`;
    if (cache) this.#cache = new Cache(`${this.base}?${key}`, backlog);
    const used = transports ?? [webSocket, eventSource, poll];
    const alone = () => new Hub(this.base, used, "");
    // Without items, it cannot begin at another cursor than its own.
    this.#hub = options.share ?? (!transports && backlog) ? sharedHub(this.base, used) : alone();
    this.#sub = {
      key,
      state: { ...EMPTY_STATE, ...(options.state ?? this.#cache?.read()) },
      live: false,
      changed: (message, before) => this.#changed(message, before),
      setStatus: (status) => this.#setStatus(status),
      // Messages that only advance the cursor are not written until now.
      flush: () => this.#cache?.flush(this.#sub.live ? this.state : undefined),
      overflow: () => {
        this.#hub = alone();
        this.#hub.join(this.#sub);
      },
    };
  }

  /** The cursor, and the items to show now. */
  get state() {
    return this.#sub.state;
  }

  /** The status of the connection. */
  get status() {
    return this.#status;
  }

  /** Connect, and stay connected until `stop`. Does nothing if already started. */
  start() {
    if (!["idle", "stopped"].includes(this.#status.phase)) return;
    this.#setStatus({ phase: "connecting" });
    this.#hub.join(this.#sub);
  }

  /** Disconnect. The items and the cursor stay: `start` resumes. */
  stop() {
    this.#hub.leave(this.#sub);
    if (this.#status.phase !== "stopped") this.#setStatus({ phase: "idle" });
  }

  /** @param {Message} message @param {State} before */
  #changed(message, before) {
    const { state } = this;
    // Hidden tabs leave writing to the others, except for removals.
    if (isVisible() || state.items.length < before.items.length) this.#cache?.save(state, message);
    this.#emit("change", { message, before, reset: message.type === "snapshot" && !!before.cursor });
  }

  /** @param {StatusUpdate} update */
  #setStatus({ phase, retryAt = null, error = null }) {
    const last = this.#status;
    if (phase === last.phase && retryAt === last.retryAt && error === last.error) return;
    const current = last.phase === "live" ? this.#hub.receivedAt : last.since;
    const since = phase === "live" || phase === "idle" || last.phase === "idle" ? Date.now() : current;
    this.#status = { phase, since, retryAt, error };
    if (phase === "stopped") this.#hub.leave(this.#sub);
    this.#emit("status", this.#status);
  }

  /** @param {string} type @param {Change|Status} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
