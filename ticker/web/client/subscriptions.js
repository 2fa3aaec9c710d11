/**
 * Several subscriptions on one connection, with one cursor (PROTOCOL.md §6).
 *
 *     const subscriptions = new Subscriptions();
 *     subscriptions.subscribe("politics", { section: "politics" });
 *     subscriptions.subscribe("abroad", { exclude: { region: "europe" } });
 *     subscriptions.addEventListener("change", ({ detail }) => show(detail.name, subscriptions.items(detail.name)));
 *     subscriptions.start();
 *
 * @import { Filter } from "./filters.js"
 * @import { Sub } from "./hub.js"
 * @import { ReaderOptions } from "./reader.js"
 * @import { Item } from "./state.js"
 * @import { BasicOptions, Change, Status } from "./ticker.js"
 *
 * @typedef {Pick<BasicOptions, "url"|"transports"> & ReaderOptions} SubscriptionsOptions
 *
 * @typedef {EventTarget & {
 *   addEventListener(type: "change", listener: (event: CustomEvent<Change & {name: string}>) => void,
 *     options?: boolean | AddEventListenerOptions): void,
 *   addEventListener(type: "status", listener: (event: CustomEvent<SubscriptionStatus>) => void,
 *     options?: boolean | AddEventListenerOptions): void,
 *   removeEventListener(type: "change", listener: (event: CustomEvent<Change & {name: string}>) => void,
 *     options?: boolean | EventListenerOptions): void,
 *   removeEventListener(type: "status", listener: (event: CustomEvent<SubscriptionStatus>) => void,
 *     options?: boolean | EventListenerOptions): void,
 * }} SubscriptionsEvents
 *
 * @typedef {Pick<Status, "phase"|"error"> & {name: string}} SubscriptionStatus
 */

import { queryOf } from "./filters.js";
import { Hub } from "./hub.js";
import { stateOf, transportsOf } from "./options.js";
import { EMPTY_STATE } from "./state.js";

const Target = /** @type {new () => SubscriptionsEvents} */ (EventTarget);

/**
 * Events: `change` after every change of the items of a subscription, `status` after every change of its status;
 * `detail.name` is the subscription's name. If the server refuses one, only that one stops.
 * More than 16 subscriptions, or very long ones, get connections of their own; so does one that begins on an event
 * stream beside one without a backlog. `cursor` stays where it is meanwhile.
 */
export class Subscriptions extends Target {
  #base;
  #hub;
  #transports;
  /** @type {string|null} */
  #cursor;
  #started = false;
  #connected = false;
  /** @type {Map<string, Sub & {hub: Hub, status: SubscriptionStatus}>} */
  #subs = new Map();

  /** @param {SubscriptionsOptions} [options] */
  constructor({ url = new URL(".", import.meta.url), after, token, transports } = {}) {
    super();
    this.#base = new URL(url);
    this.#cursor = after ?? null;
    this.#transports = transportsOf({ transports, token });
    this.#hub = this.#alone();
  }

  #alone() {
    return new Hub(this.#base, this.#transports, "");
  }

  /** The names of the subscriptions. */
  get names() {
    return [...this.#subs.keys()];
  }

  /** The position up to which the items of all subscriptions are complete. Store it, and pass it as `after`. */
  get cursor() {
    const subs = [...this.#subs.values()];
    const going = subs.filter(({ status }) => status.phase !== "stopped"); // one that is refused stays where it was
    const cursors = new Set((going.length ? going : subs).map(({ state }) => state.cursor));
    const [first] = cursors;
    if (cursors.size === 1 && first) this.#cursor = first;
    return this.#cursor;
  }

  /**
   * Begin a subscription, with a snapshot. The others go on undisturbed. Throws an Error for a name that is in
   * use, and a TypeError for a misspelt facet.
   *
   * @param {string} name @param {Filter & {backlog?: number|"all"}} [filter]
   */
  subscribe(name, { backlog = 20, ...filter } = {}) {
    if (this.#subs.has(name)) throw new Error(`there is a subscription ${name} already`);
    const query = queryOf(filter);
    query.set("backlog", `${backlog}`);
    const cursor = this.#connected ? null : this.#cursor;
    /** @type {Sub & {hub: Hub, status: SubscriptionStatus}} */
    const sub = {
      key: `${query}`,
      hub: this.#hub,
      status: { name, phase: "idle", error: null },
      state: { ...EMPTY_STATE, ...stateOf(backlog, cursor) },
      live: false,
      changed: (message, before) => {
        if (this.#subs.get(name) !== sub) return;
        const reset = message.type === "snapshot" && !!before.cursor;
        this.#emit("change", { name, message, before, reset });
      },
      setStatus: ({ phase, error = null }) => {
        if (this.#subs.get(name) !== sub || (phase === sub.status.phase && error === sub.status.error)) return;
        sub.status = { name, phase, error };
        if (phase === "stopped") sub.hub.leave(sub);
        if ([...this.#subs.values()].every(({ status }) => status.phase === "stopped")) this.#started = false;
        this.#emit("status", sub.status);
      },
      flush() {},
      overflow: () => {
        sub.hub = this.#alone();
        sub.hub.join(sub);
      },
    };
    this.#subs.set(name, sub);
    if (this.#started) this.#join(sub);
  }

  /** End a subscription. A name that is not in use changes nothing. @param {string} name */
  unsubscribe(name) {
    const sub = this.#subs.get(name);
    this.#subs.delete(name);
    sub?.hub.leave(sub);
  }

  /** The items of a subscription to show now, in display order. @param {string} name @returns {readonly Item[]} */
  items(name) {
    return this.#subs.get(name)?.state.items ?? [];
  }

  /** Connect, and stay connected until `stop`. Does nothing if already started. */
  start() {
    if (this.#started || !this.#subs.size) return;
    this.#join(...this.#subs.values());
  }

  /** Disconnect. The items and the cursor stay: `start` resumes. */
  stop() {
    this.#started = false;
    const subs = [...this.#subs.values()];
    for (const { hub } of subs) hub.leave(...subs); // all at once: a stream would connect anew for the rest
    for (const sub of subs) {
      sub.hub = this.#hub;
      sub.status = { ...sub.status, phase: "idle" };
    }
  }

  /** @param {Sub[]} subs */
  #join(...subs) {
    this.#started = this.#connected = true;
    this.#hub.join(...subs);
  }

  /** @param {string} type @param {object} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
