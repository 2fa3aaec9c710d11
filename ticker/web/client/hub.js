/**
 * Share one connection and one cursor between all subscriptions to a newsroom: those of this page, and
 * those of the browser's other tabs.
 *
 * The leader tab (`Tabs`) holds the connection, with a subscription for each filter that some tab
 * wants (PROTOCOL.md §6, several subscriptions on one connection). It posts every message together
 * with the cursor that it had before the message. A follower with the same cursor applies it like a
 * message from its own connection. So does a follower that had this cursor earlier, when a new leader
 * resumes from an older cursor: items that it already has do not change, because every action raises
 * its item's version. Any other follower has missed something; it asks, and gets the leader's state.
 *
 * A subscription is `live` if it has everything up to the hub's cursor. Only then does it take part:
 * one that begins, or that has missed something, waits for its snapshot, and keeps its own older
 * cursor until then. So whatever breaks at whatever moment, no cursor is ahead of its items.
 *
 * @import { Transport } from "./transports.js"
 * @import { Message, State } from "./state.js"
 * @import { StatusUpdate } from "./ticker.js"
 *
 * @typedef {object} Sub One subscription of this page.
 * @property {string} key Its query: filter and backlog. Equal ones are one on the connection.
 * @property {State} state
 * @property {boolean} live
 * @property {(message: Message, before: State) => void} changed Its items have changed.
 * @property {(status: StatusUpdate) => void} setStatus
 * @property {() => void} flush Store its state: the page may end.
 * @property {() => void} overflow The connection has no room for it: it needs one of its own.
 *
 * @typedef {object} Slot One subscription on the connection.
 * @property {string} key Empty while the server has not confirmed its end.
 * @property {boolean} live Whether the connection's messages after the cursor are complete for it.
 * @property {boolean} sent Whether the server has been asked for it.
 *
 * @typedef {Record<string, {items?: State["items"]}>} States Items by key; none if they are the same.
 *
 * @typedef {object} Request From a follower.
 * @property {number} from
 * @property {[key: string, cursor: string|null|true][]} subs What it wants; true: it is live.
 * @property {boolean} [network] Its page was shown; true: because the network came back.
 *
 * @typedef {object} Post From the leader.
 * @property {number} to Id of the only tab that it is for; 0 for all.
 * @property {boolean} [lead] Whether the leader has just started.
 * @property {number} due Time by which the leader posts again.
 * @property {string|null} prev The leader's cursor before `message`.
 * @property {Message} [message]
 * @property {States} [states] Answer to a request.
 * @property {Map<number, Slot>} slots
 * @property {StatusUpdate} status
 */

import { Connection } from "./connection.js";
import { messageOf, partsOf } from "./filters.js";
import { apply } from "./state.js";
import { Tabs } from "./tabs.js";
import { isVisible, PROBE_TIMEOUT_MS } from "./timing.js";

/** Maximum number of subscriptions on a connection (PROTOCOL.md §6). */
export const MAX_SLOTS = 16;
/** Maximum number of their filters and alternatives (PROTOCOL.md §6). */
export const MAX_PARTS = 32;
/** Maximum length of their keys: the server accepts queries of 4,096 characters, and these are encoded. */
export const MAX_KEYS_LENGTH = 2_300;
/**
 * Changes of the subscriptions in a row; after them one a second. The server closes connections that
 * send more than 20 messages in ten seconds.
 */
const BURST = 8;
const CHANGE_MS = 1_000;
/** Heartbeats after which a tab that has said nothing wants nothing: it has crashed. */
const SILENT_BEATS = 2;
/** Number of earlier cursors that a follower remembers, to recognize a new leader that is behind. */
const MAX_PAST_CURSORS = 99;

/** @type {Record<string, Hub>} The hubs of this page by the newsroom's address. */
const hubs = {};

/** Whether a subscription begins without items, at the cursor of the others' snapshots. @param {{key: string}} [of] */
const isEmpty = (of) => !!of?.key.endsWith("backlog=0");

/** Return the hub that shares one connection to `base`. @param {URL} base @param {Transport[]} transports */
export const sharedHub = (base, transports) => (hubs[`${base}`] ??= new Hub(base, transports, `${base}`));

export class Hub {
  /** Time of the last message; ms since 1970. */
  receivedAt = 0;
  /** @type {Set<Sub>} */
  #subs = new Set();
  /** @type {Map<number, Slot>} By the ids of the subscriptions on the connection. */
  #slots = new Map();
  /** @type {string|null} The position of everything that is live. */
  #cursor = null;
  /** @type {(string|null)[]} Newest first. */
  #pastCursors = [];
  /** @type {Map<number, {beat: number, keys: string[]}>} What the other tabs want, for the leader. */
  #wants = new Map();
  #beat = 0;
  /** @type {Set<string>} Keys that are live on the connection while a tab lacks their items. */
  #lacking = new Set();
  /** Whether the next connection begins with snapshots of everything. */
  #fresh = false;
  /** Whether this tab has asked the leader for states. */
  #asked = false;
  #id = Math.random();
  /** @type {StatusUpdate} */
  #status = { phase: "connecting" };
  /** @type {AbortController|null} */
  #running = null;
  /** Time when the next change of the subscriptions would be in order, without a burst. */
  #next = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** @type {Set<number>} Subscriptions whose snapshots are to come. */
  #awaited = new Set();
  /** @type {Message[]} What waits for them. */
  #held = [];
  /** @type {(() => void)[]} What listeners are to be told. */
  #changes = [];
  #connection;
  #tabs;

  /** @param {URL} base @param {Transport[]} transports @param {string} name Empty: share nothing with other tabs. */
  constructor(base, transports, name) {
    this.#connection = new Connection(base, transports, {
      query: () => this.#query(),
      receive: (message) => this.#receive(message),
      setStatus: (status) => {
        this.#status = status;
        this.#post({});
        this.#show();
      },
    });
    this.#tabs = new Tabs(name, {
      lead: () => {
        this.#query(); // so that the first post has this tab's cursor and subscriptions
        this.#connection.start();
        this.#post({ lead: true });
      },
      follow: () => this.#request(),
      quit: () => {
        clearTimeout(this.#timer);
        this.#connection.stop();
      },
      receive: (data) => {
        if (data.from) {
          if (this.#tabs.leading) this.#handleRequest(data);
        } else if (!this.#tabs.leading) this.#handlePost(data);
      },
    });
  }

  /** Begin subscriptions. @param {Sub[]} subs */
  join(...subs) {
    for (const sub of subs) {
      this.#subs.add(sub);
      sub.live = false;
    }
    if (this.#running) return this.#changed();
    const { signal } = (this.#running = new AbortController());
    /** @param {EventTarget|undefined} on @param {string} type @param {(event: Event) => void} act */
    const listen = (on, type, act) => on?.addEventListener?.(type, act, { signal });
    listen(globalThis, "online", () => this.#wake(true));
    listen(globalThis, "offline", () => this.#connection.probe());
    listen(globalThis.document, "visibilitychange", () => isVisible() && this.#wake(false));
    // A page in the back/forward cache must not hold a lock or a connection.
    listen(globalThis, "pagehide", () => this.#leave());
    listen(globalThis, "pageshow", (event) => {
      if (/** @type {PageTransitionEvent} */ (event).persisted) this.#enter();
    });
    this.#enter();
  }

  /** End subscriptions, as far as they are there. @param {Sub[]} subs */
  leave(...subs) {
    const there = subs.filter((sub) => this.#subs.delete(sub));
    for (const sub of there) sub.flush();
    if (!there.length) return;
    if (this.#subs.size) return this.#changed();
    this.#running?.abort();
    this.#running = null;
    this.#leave();
    this.#slots.clear();
    this.#cursor = null;
  }

  #enter() {
    this.#status = { phase: "connecting" };
    this.#show();
    this.#tabs.join();
  }

  #leave() {
    for (const sub of this.#subs) {
      sub.flush();
      sub.live = false;
    }
    // The next leader has this long to announce itself.
    if (this.#tabs.leading) this.#post({ due: Date.now() + PROBE_TIMEOUT_MS });
    else this.#tabs.post({ from: this.#id, subs: [] });
    this.#tabs.leave();
  }

  /** The network came back, or the page was shown. @param {boolean} network */
  #wake(network) {
    if (this.#tabs.leading) this.#connection.wake(network);
    else this.#request({ network });
  }

  /** The subscriptions of this page have changed, or those of the connection. */
  #changed() {
    if (!this.#running) return; // a listener has ended the last one
    if (!this.#tabs.leading) return this.#request();
    this.#take(this.#answer(this.#wanted()));
    this.#sync();
    this.#show();
  }

  /** Return the subscriptions of this page, with the cursor of those that are not live. */
  #wanted() {
    return [...this.#subs].map(
      ({ key, live, state }) => /** @type {Request["subs"][0]} */ ([key, live || state.cursor]),
    );
  }

  /** Tell every subscription its status. */
  #show() {
    const status = this.#status;
    for (const sub of this.#subs) {
      sub.setStatus(status.phase === "live" && !sub.live ? { phase: "connecting" } : status);
    }
  }

  // --- The leader ---

  /** Return the query for a new connection: all subscriptions that have one cursor. */
  #query() {
    const before = [...this.#slots.values()];
    const [first = null] = [...this.#subs].map(({ state }) => state.cursor).filter(Boolean);
    const cursor = (this.#cursor = this.#fresh ? null : (this.#cursor ?? first));
    this.#fresh = false;
    const live = new Set(before.filter((slot) => cursor && slot.key && slot.live).map(({ key }) => key));
    for (const sub of this.#subs) {
      sub.live = !!cursor && sub.state.cursor === cursor;
      if (sub.live || !cursor) live.add(sub.key);
    }
    if (!cursor) for (const key of this.#keys()) live.add(key);
    this.#slots.clear();
    const query = new URLSearchParams();
    // In one order, so that the server has equal connections for equal sets.
    for (const key of [...live].sort()) {
      const id = this.#assign(key);
      if (!id) continue;
      query.set(`sub.${id}`, key);
      this.#slots.set(id, { key, live: !!cursor, sent: !this.#lacking.has(key) });
    }
    if (cursor) query.set("after", cursor);
    return query;
  }

  /** Return a free id for a subscription; 0 if the connection has no room for it. @param {string} key */
  #assign(key) {
    let id = 1;
    let length = key.length;
    let parts = partsOf(key);
    for (const slot of this.#slots.values()) {
      length += slot.key.length;
      parts += partsOf(slot.key);
    }
    while (this.#slots.has(id)) id++;
    return id > MAX_SLOTS || length > MAX_KEYS_LENGTH || parts > MAX_PARTS ? 0 : id;
  }

  /** Return what any tab wants. */
  #keys() {
    const keys = new Set([...this.#subs].map(({ key }) => key));
    for (const want of this.#wants.values()) for (const key of want.keys) keys.add(key);
    return keys;
  }

  /** @param {string} key */
  #slot(key) {
    return [...this.#slots.values()].find((slot) => slot.key === key);
  }

  /** Begin and end subscriptions on the open connection. */
  #sync() {
    clearTimeout(this.#timer);
    if (!this.#tabs.leading || !this.#connection.welcomed) return;
    // One without snapshots that is behind, because it was refused before for example, goes on from its own cursor.
    this.#giveAway((sub) => isEmpty(sub) && !sub.live && !!sub.state.cursor && !this.#slot(sub.key));
    const keys = this.#keys();
    /** @type {[{type: string, id: number}, () => void][]} */
    const changes = [];
    for (const [id, slot] of this.#slots) {
      if (slot.key && !keys.has(slot.key)) {
        changes.push([{ type: "unsubscribe", id }, () => (slot.key = "")]);
      }
    }
    for (const key of keys) {
      const id = !this.#slot(key) && this.#assign(key);
      if (id) this.#slots.set(id, { key, live: false, sent: false });
    }
    for (const [id, slot] of this.#slots) {
      if (slot.sent) continue;
      changes.push([{ type: "subscribe", id, ...messageOf(slot.key) }, () => (slot.sent = true)]);
    }
    for (const [message, done] of changes) {
      const now = Date.now();
      const next = Math.max(this.#next, now) + CHANGE_MS;
      if (next - now > BURST * CHANGE_MS) {
        this.#timer = setTimeout(() => this.#sync(), CHANGE_MS);
        break;
      }
      this.#next = next;
      if (this.#connection.send(message)) {
        done();
        continue;
      }
      // Event streams and polls have fixed subscriptions (PROTOCOL.md §9): connect with what is wanted now.
      for (const [{ type }, end] of changes) if (type === "unsubscribe") end();
      this.#fresh = changes.some(([{ type }]) => type === "subscribe");
      // New ones need a snapshot, so that all begin with one. Those without would miss events.
      if (this.#fresh && this.#lossy()) {
        this.#fresh = false;
        this.#giveAway(({ live }) => !live);
        if (changes.every(([{ type }]) => type === "subscribe")) return;
      }
      return this.#connection.start();
    }
    if (changes.length) this.#post({});
    this.#overflow();
  }

  /**
   * Receive a message of the server. What has a cursor waits for the last of the snapshots that are to come: if the
   * connection ends before, the next one begins where everything was complete.
   *
   * @param {Message} message
   */
  #receive(message) {
    if (message.type === "welcome") {
      const { subs = [], mode, reset } = message;
      const begin = subs.filter((id) => mode === "snapshot" && (reset || !isEmpty(this.#slots.get(id))));
      this.#awaited = new Set(begin);
      this.#held = [];
    }
    if (message.type === "snapshot") message.sub ? this.#awaited.delete(message.sub) : this.#awaited.clear();
    if (message.type === "unsubscribed") for (const id of message.subs) this.#awaited.delete(id);
    if (message.type !== "welcome" && "cursor" in message) this.#held.push(message);
    else this.#process(message);
    if (!this.#awaited.size) for (const one of this.#held.splice(0)) this.#process(one);
  }

  /** Apply a message, and pass it on. @param {Message} message */
  #process(message) {
    this.#post({ message });
    this.#deliver(message);
    const { type } = message;
    if (type === "heartbeat") {
      const silent = this.#beat++ - SILENT_BEATS;
      for (const [from, { beat }] of this.#wants) if (beat < silent) this.#wants.delete(from);
    }
    if (type !== "item") this.#changed();
  }

  /** Return what other subscriptions need of the leader. @param {Request["subs"]} subs */
  #answer(subs) {
    /** @type {States} */
    const states = {};
    for (const [key, cursor] of subs) {
      const slot = this.#slot(key);
      const own = [...this.#subs].find((sub) => sub.live && sub.key === key);
      if (cursor === true || !slot?.live) continue;
      if (cursor && cursor === this.#cursor) states[key] = {};
      else if (own) states[key] = own.state;
      else {
        this.#lacking.add(key);
        slot.sent = false;
      }
    }
    return states;
  }

  /** Handle a request, as the leader. @param {Request} request */
  #handleRequest({ from, subs, network }) {
    this.#wants.delete(from);
    if (subs.length) this.#wants.set(from, { beat: this.#beat, keys: subs.map(([key]) => key) });
    if (network !== undefined) this.#connection.wake(network);
    const states = this.#answer(subs);
    this.#sync();
    this.#post({ to: from, states });
  }

  /** @param {Partial<Post>} fields */
  #post(fields) {
    if (!this.#tabs.leading) return;
    const { due } = this.#connection;
    this.#tabs.post({ to: 0, due, prev: this.#cursor, slots: this.#slots, status: this.#status, ...fields });
  }

  // --- The followers ---

  /** Tell the leader what this tab wants. @param {Partial<Request>} [fields] */
  #request(fields) {
    this.#asked = [...this.#subs].some(({ live }) => !live);
    this.#tabs.post({ from: this.#id, subs: this.#wanted(), ...fields });
    this.#tabs.watch(Date.now() + PROBE_TIMEOUT_MS);
  }

  /** Handle a post, as a follower. @param {Post} post */
  #handlePost({ to, lead, due, prev, message, states, slots, status }) {
    if (to && to !== this.#id) return;
    this.#tabs.watch(due);
    if (to || lead) this.#asked = false; // a new leader has not seen the request
    this.#slots = slots;
    this.#status = status;
    let ask = lead || message?.type === "heartbeat";
    if (to) {
      this.#cursor = prev;
      if (states) this.#take(states);
    } else if (prev !== this.#cursor && !this.#pastCursors.includes(prev)) {
      ask ||= !this.#asked; // something was missed: this tab needs the leader's state
      for (const sub of this.#subs) sub.live = false;
    } else if (message) this.#deliver(message);
    for (const sub of this.#subs) {
      if (!sub.live || this.#slot(sub.key)) continue;
      ask = true; // the leader has ended it, because it did not hear of this tab
      sub.live = false;
    }
    if (ask) this.#request();
    this.#overflow();
    this.#show();
  }

  // --- Both ---

  /** Take over states that are as of the cursor. @param {States} states */
  #take(states) {
    for (const sub of this.#subs) {
      if (sub.live || !(sub.key in states)) continue;
      sub.live = true;
      const { items } = states[sub.key];
      if (items) this.#apply(sub, { type: "snapshot", cursor: /** @type {string} */ (this.#cursor), items: [...items] });
    }
    this.#tell();
  }

  /** Apply a message to the subscriptions that it concerns. @param {Message} message */
  #deliver(message) {
    const { type } = message;
    const named = /** @type {{sub?: number, subs?: number[], left?: number[]}} */ (message);
    const { sub: one, subs = one ? [one] : [...this.#slots.keys()], left = [] } = named;
    /** @param {number[]} ids */
    const slotsOf = (ids) => ids.flatMap((id) => this.#slots.get(id) ?? []);
    const slots = slotsOf(subs);
    const gone = slotsOf(left);
    /** @param {Sub} sub */
    const concerns = (sub, among = slots) => among.some(({ key }) => key === sub.key);
    this.receivedAt = Date.now();
    if (type === "unsubscribed") for (const id of subs) this.#slots.delete(id);
    if (type === "error" && one) {
      // Only this subscription is refused; the connection closes, and the others reconnect.
      this.#slots.delete(one);
      for (const sub of this.#subs) if (concerns(sub)) sub.setStatus({ phase: "stopped", error: message.message });
    }
    if (type === "snapshot") {
      for (const slot of slots) {
        slot.live = true;
        this.#lacking.delete(slot.key);
      }
    }
    if (type === "welcome") {
      const { mode, reset } = message;
      for (const slot of slots) slot.live = !reset && (slot.live || mode !== "snapshot" || isEmpty(slot));
      for (const sub of this.#subs) {
        if (concerns(sub)) sub.live = !reset && (sub.live || (mode !== "replay" && isEmpty(sub)));
      }
    }
    if (type === "item" || type === "heartbeat" || type === "snapshot" || (type === "welcome" && message.mode === "live")) {
      const { cursor } = message;
      this.#pastCursors = [this.#cursor, ...this.#pastCursors].slice(0, MAX_PAST_CURSORS);
      this.#cursor = cursor;
      for (const sub of this.#subs) {
        if (type === "snapshot" && concerns(sub) && !sub.live) sub.live = true;
        else if (!sub.live) continue;
        else if (type !== "item" || !concerns(sub)) {
          if (type !== "item" || !concerns(sub, gone)) this.#apply(sub, { type: "heartbeat", cursor });
          else this.#apply(sub, { ...message, action: "expire" });
          continue;
        }
        this.#apply(sub, message);
      }
    }
    this.#tell();
    this.#show();
  }

  /** @param {Sub} sub @param {Message} message */
  #apply(sub, message) {
    const before = sub.state;
    const now = (sub.state = apply(before, message));
    // Also a removal of what the items do not have: the page may show it.
    if (now.items !== before.items || now.removed !== before.removed) this.#changes.push(() => sub.changed(message, before));
  }

  /** Tell the changes, once all states have them: a listener may begin and end subscriptions, and so connect anew. */
  #tell() {
    for (const tell of this.#changes.splice(0)) tell();
  }

  /** Give subscriptions away that have no room on a full connection. Those that are ending make room soon. */
  #overflow() {
    if (this.#slot("")) return;
    this.#giveAway(({ key }) => !!this.#slots.size && !this.#slot(key) && !this.#assign(key));
  }

  /** Whether a subscription has no snapshots: it must not begin anew. */
  #lossy() {
    return [...this.#slots.values()].some((slot) => slot.live && isEmpty(slot));
  }

  /** @param {(sub: Sub) => boolean} chosen */
  #giveAway(chosen) {
    for (const sub of [...this.#subs].filter(chosen)) {
      this.#subs.delete(sub);
      for (const [id, { key, live }] of this.#slots) if (key === sub.key && !live) this.#slots.delete(id);
      sub.overflow();
    }
  }
}
