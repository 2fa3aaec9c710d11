/**
 * Connect one client to one view, while the element is in a document: filter the items, hold them while
 * paused, render at most once per frame, and announce important items to screen readers.
 *
 * @import { Change, Item, Level, State } from "../client/index.js"
 * @import { Words } from "./words.js"
 *
 * @typedef {object} Settings From the element's attributes.
 * @property {string} layout
 * @property {URL} server
 * @property {Record<string, string>} facets
 * @property {string} level
 * @property {number} count
 * @property {boolean} dismissible
 * @property {Words} words
 * @property {(item: Item) => string|null} href Return the address that an item links to.
 * @property {State|undefined} state
 */

import { Ticker } from "../client/index.js";
import { Announcer } from "./announcer.js";
import { Carousel } from "./carousel.js";
import { dismiss, dismissedUntil } from "./dismissal.js";
import { element } from "./dom.js";
import { refreshTimes } from "./item-row.js";
import { View } from "./view.js";
import { CLOCK, fill, formatTime } from "./words.js";

/** A lost connection is shown as "connecting" for this long, then as "offline". */
export const OFFLINE_AFTER_MS = 8_000;
export const REFRESH_TIMES_MS = 15_000;
/** Age after which an item is no longer shown as a toast. */
export const TOAST_MS = 20 * 60_000;
/** Size of a snapshot. All elements that show no more items share one connection. */
const BACKLOG = 20;
/** @type {Level[]} Lowest first. */
const LEVELS = ["ticker", "urgent", "bulletin", "flash"];
/** @param {string} level */
const rank = (level) => LEVELS.indexOf(/** @type {Level} */ (level));

export class Controller {
  #paused = false;
  /** @type {Set<string>} Ids of the items published since the last rendering. */
  #newIds = new Set();
  /** @type {string[]|null} Ids of the items shown while paused, in display order. */
  #frozen = null;
  /** @type {Item[]} */
  #shown = [];
  #scheduled = false;
  #wasOffline = false;
  #abort = new AbortController();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #statusTimer;
  /** @type {Carousel|undefined} */
  #carousel;
  #host;
  #settings;
  #toast;
  #minRank;
  #key;
  #announcer;
  #view;
  #frame;
  #interval;

  /**
   * @param {HTMLElement} host
   * @param {ShadowRoot} root
   * @param {Settings} settings
   */
  constructor(host, root, settings) {
    const { layout, server, facets, level, words, count } = settings;
    const { signal } = this.#abort;
    this.#host = host;
    this.#settings = settings;
    this.#toast = layout === "toast";
    this.#minRank = rank(level);
    this.#key = `ticker:dismissed:${server.href}${layout}:${facets.edition}`;
    this.#announcer = new Announcer(words);
    this.#view = new View(settings, {
      step: (by) => this.#carousel?.step(by),
      pause: () => this.#setPaused(!this.#paused),
      dismiss: () => this.#dismiss(),
    });
    if (layout === "bar") {
      this.#carousel = new Carousel(this.#view, () => this.#paused, words.dir === "rtl", signal);
    }
    this.#view.root.addEventListener("click", (event) => this.#clicked(event));
    this.#frame = element("div", "frame", this.#view.root, ...this.#announcer.regions);
    this.#frame.lang = words.lang;
    this.#frame.dir = words.dir;
    root.replaceChildren(this.#frame);

    // A toast filters by level here, so that it shares the connection of a bar or list on the page.
    const filter = this.#toast ? { ...facets, level: undefined } : facets;
    const backlog = Math.max(BACKLOG, count);
    const { state } = settings;
    const ticker = new Ticker({ ...filter, url: server, backlog, cache: true, state });
    this.ticker = ticker;
    ticker.addEventListener(
      "change",
      (event) => this.#changed(/** @type {CustomEvent<Change>} */ (event).detail),
      { signal },
    );
    ticker.addEventListener("status", () => this.#statusChanged(), { signal });
    document.addEventListener("visibilitychange", () => this.#refresh(), { signal });
    this.#interval = setInterval(() => this.#refresh(), REFRESH_TIMES_MS);
    ticker.start();
    this.#showStatus();
    this.#render();
  }

  stop() {
    this.#abort.abort();
    clearInterval(this.#interval);
    clearTimeout(this.#statusTimer);
    this.#announcer.stop();
    this.ticker.stop();
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    this.#frozen = paused ? this.#shown.map(({ id }) => id) : null;
    this.#paused = paused;
    this.#view.setPaused(paused);
    this.#render();
    this.#carousel?.schedule();
  }

  /** Hide the element until there is a newer item. */
  #dismiss() {
    const times = this.#shown.map(({ published_at }) => published_at).sort();
    dismiss(this.#key, times.at(-1) ?? "");
    this.#render();
  }

  /** @param {Change} change */
  #changed({ message, before }) {
    if (message.type === "item") {
      const { action, item } = message;
      this.#dispatch("ticker-item", { action, item });
      if (action === "retract" || action === "expire") {
        this.#announcer.remove(item.id);
        return this.#render(); // now: a page in the background gets no frame
      }
      if (action === "publish") {
        if (this.#newIds.size >= BACKLOG) this.#newIds.clear();
        this.#newIds.add(item.id);
      }
      const raised = before.items.find(({ id }) => id === item.id)?.level !== item.level;
      const silent = document.hidden || (this.#paused && item.level !== "flash");
      if ((raised || action === "correct") && !silent && rank(item.level) >= this.#minRank) {
        this.#announcer.add(item);
      }
    }
    this.#scheduleRender();
  }

  #scheduleRender() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#abort.signal.aborted || this.#render());
  }

  #render() {
    this.#scheduled = false;
    const { words, dismissible, count } = this.#settings;
    const { items, cursor } = this.ticker.state;
    const frozen = this.#frozen;
    const dismissed = dismissedUntil(this.#key);
    const since = new Date(Date.now() - TOAST_MS).toISOString();
    const all = items.filter(
      ({ level, published_at: at }) =>
        rank(level) >= this.#minRank && (!this.#toast || (at > since && at > dismissed)),
    );
    if (this.#toast) all.sort((a, b) => (a.published_at < b.published_at ? 1 : -1));
    const shown = (this.#shown = frozen
      ? all.filter(({ id }) => frozen.includes(id))
      : all.slice(0, count));
    // (An item older than all frozen ones is not new; it was further down the list.)
    const oldest = frozen?.at(-1) ?? "";
    const waiting = frozen ? all.filter(({ id }) => id > oldest && !frozen.includes(id)).length : 0;
    this.#view.show(shown, this.#newIds, waiting, cursor ? words.empty : words.connecting);
    this.#carousel?.update(shown.find(({ id }) => this.#newIds.has(id))?.id);
    const closed = dismissible && shown.every(({ published_at }) => published_at <= dismissed);
    this.#view.root.hidden = (closed && dismissed > "") || (this.#toast && !shown.length);
    this.#newIds.clear();
  }

  #statusChanged() {
    const { status } = this.ticker;
    if (status.phase === "stopped") console.warn(`<news-ticker> stopped: ${status.error}`);
    this.#dispatch("ticker-status", status);
    this.#showStatus();
    this.#scheduleRender(); // an empty snapshot changes the text of an empty list
  }

  #showStatus() {
    clearTimeout(this.#statusTimer);
    const { words } = this.#settings;
    const { phase, since } = this.ticker.status;
    const left = since + OFFLINE_AFTER_MS - Date.now();
    /** @type {"live"|"stopped"|"connecting"|"offline"} */
    let status = "connecting";
    if (phase === "live" || phase === "stopped") status = phase;
    else if (left < 0 || !navigator.onLine) status = "offline";
    else this.#statusTimer = setTimeout(() => this.#showStatus(), left + 50);
    const text = fill(words[status], formatTime(words, since, CLOCK));
    this.#view.setStatus(status, text);
    // Announce only a lost and a restored connection to screen readers.
    const offline = status === "offline";
    if (status !== "connecting" && offline !== this.#wasOffline) {
      this.#announcer.say(text);
      this.#wasOffline = offline;
    }
  }

  #refresh() {
    if (document.hidden) return;
    refreshTimes(this.#frame, this.#settings.words);
    this.#scheduleRender(); // a toast may have become too old
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const row = /** @type {Element} */ (target).closest("a")?.closest("li");
    const item = this.ticker.state.items.find(({ id }) => id === row?.dataset.id);
    if (!item) return;
    this.#dispatch("ticker-open", { item });
    // The beacon carries no cookie and no identifier. Global Privacy Control turns it off. A text body
    // needs no CORS preflight.
    if (/** @type {any} */ (navigator).globalPrivacyControl) return;
    const address = new URL("v1/beacon", this.#settings.server);
    navigator.sendBeacon(address, JSON.stringify({ id: item.id, kind: "open" }));
  }

  /** @param {string} type @param {object} detail */
  #dispatch(type, detail) {
    this.#host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}
