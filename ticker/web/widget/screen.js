/**
 * What a reader sees, from the moment the element is in a page until it leaves: a view of the
 * board, held while paused, drawn at most once a frame, told to a screen reader where it matters.
 *
 * @import { Board, Change, Item, Level } from "../client/index.js"
 * @import { Words } from "./words.js"
 *
 * @typedef {object} Wanted What the element's attributes ask for.
 * @property {string} layout
 * @property {URL} server
 * @property {Record<string, string>} facets
 * @property {string} level
 * @property {number} count
 * @property {boolean} dismissible
 * @property {Words} words
 * @property {(item: Item) => string|null} href Where a line leads.
 * @property {Board|undefined} board
 */

import { Ticker } from "../client/index.js";
import { Announcer } from "./announcer.js";
import { dismiss, dismissedUntil } from "./dismissal.js";
import { element } from "./dom.js";
import { refreshTimes } from "./line.js";
import { Turns } from "./turns.js";
import { View } from "./view.js";
import { CLOCK, fill, written } from "./words.js";

/** A link gone for longer is called offline; shorter is called connecting. */
export const OFFLINE_AFTER_MS = 8_000;
export const TIMES_EVERY_MS = 15_000;
/** An alert of longer ago is no interruption any more, so no toast. */
export const TOAST_MS = 20 * 60_000;
/** A snapshot of this many lines serves every element that shows no more, over one link. */
const BACKLOG = 20;
/** @type {Level[]} From the least. */
const LEVELS = ["ticker", "urgent", "bulletin", "flash"];

export class Screen {
  paused = false;
  /** @type {Set<string>} Arrived since the last drawing. */
  #fresh = new Set();
  /** @type {string[]|null} What a paused reader sees, in that order. */
  #frozen = null;
  #drawing = false;
  #wasOffline = false;
  #over = new AbortController();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #statusTimer;
  /** @type {Turns|undefined} */
  #turns;

  /**
   * @param {HTMLElement} host
   * @param {ShadowRoot} root
   * @param {Wanted} wanted
   */
  constructor(host, root, wanted) {
    const { layout, server, facets, level, words, count } = wanted;
    const { signal } = this.#over;
    this.host = host;
    this.wanted = wanted;
    this.toast = layout === "toast";
    this.least = LEVELS.indexOf(/** @type {Level} */ (level));
    this.key = `ticker:dismissed:${server.href}${layout}:${facets.edition}`;
    this.announcer = new Announcer(words);
    this.view = new View(wanted, {
      step: (by) => this.#turns?.step(by),
      pause: () => this.setPaused(!this.paused),
      dismiss: () => this.#dismiss(),
    });
    if (layout === "bar") {
      this.#turns = new Turns(this.view, () => this.paused, words.dir === "rtl", signal);
    }
    this.view.root.addEventListener("click", (event) => this.#clicked(event));
    this.view.root.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.toast) this.#dismiss();
    });
    this.frame = element("div", "frame", this.view.root, ...this.announcer.regions);
    this.frame.lang = words.lang;
    this.frame.dir = words.dir;
    root.replaceChildren(this.frame);

    // A toast picks its lines here: so it shares the link of the bar or list beside it.
    const asked = this.toast || !this.least ? facets : { ...facets, level };
    const backlog = Math.max(BACKLOG, count);
    const ticker = new Ticker({ ...asked, url: server, backlog, cache: true, board: wanted.board });
    this.ticker = ticker;
    ticker.addEventListener(
      "board",
      (event) => this.#hear(/** @type {CustomEvent<Change>} */ (event).detail),
      { signal },
    );
    ticker.addEventListener("status", () => this.#statusChanged(), { signal });
    for (const change of ["online", "offline"]) {
      addEventListener(change, () => this.#showStatus(), { signal });
    }
    document.addEventListener("visibilitychange", () => this.#tick(), { signal });
    this.clock = setInterval(() => this.#tick(), TIMES_EVERY_MS);
    ticker.start();
    this.#showStatus();
    this.#draw();
  }

  end() {
    this.#over.abort();
    clearInterval(this.clock);
    clearTimeout(this.#statusTimer);
    this.announcer.end();
    this.ticker.stop();
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    this.#frozen = paused ? this.#visible.map(({ id }) => id) : null;
    this.paused = paused;
    this.view.setPaused(paused);
    this.#draw();
    this.#turns?.schedule();
  }

  /** Close until there is something newer. */
  #dismiss() {
    const newest = this.#visible.map((item) => item.published_at).sort().at(-1);
    if (newest) dismiss(this.key, newest);
    this.#draw();
  }

  /** @returns {readonly Item[]} Of the board, what this element may show. */
  get #all() {
    const since = this.toast ? new Date(Date.now() - TOAST_MS).toISOString() : "";
    const dismissed = this.toast ? dismissedUntil(this.key) : "";
    const all = this.ticker.board.items.filter(
      ({ level, published_at }) =>
        LEVELS.indexOf(level) >= this.least && published_at > since && published_at > dismissed,
    );
    return this.toast ? all.sort((a, b) => (a.published_at < b.published_at ? 1 : -1)) : all;
  }

  /** @returns {readonly Item[]} */
  get #visible() {
    const all = this.#all;
    if (!this.#frozen) return all.slice(0, this.wanted.count);
    const now = new Map(all.map((item) => [item.id, item]));
    return this.#frozen.flatMap((id) => now.get(id) ?? []);
  }

  /** How many lines have come since the reader paused. */
  get #held() {
    const seen = this.#frozen;
    const oldest = seen?.at(-1) ?? "";
    return seen ? this.#all.filter(({ id }) => id > oldest && !seen.includes(id)).length : 0;
  }

  /** @param {Change} change */
  #hear({ message, before }) {
    if (message.type === "item") {
      const { action, item } = message;
      this.#tell("ticker-item", { action, item });
      if (action === "retract" || action === "expire") {
        this.announcer.forget(item.id);
        return this.#draw(); // now, not at the next frame: a page in the background has none
      }
      if (action === "publish") {
        if (this.#fresh.size >= BACKLOG) this.#fresh.clear();
        this.#fresh.add(item.id);
      }
      const raised = before.items.find(({ id }) => id === item.id)?.level !== item.level;
      const quiet = document.hidden || (this.paused && item.level !== "flash");
      if ((raised || action === "correct") && !quiet && LEVELS.indexOf(item.level) >= this.least) {
        this.announcer.news(item);
      }
    }
    this.#drawSoon();
  }

  #drawSoon() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => this.#over.signal.aborted || this.#draw());
  }

  #draw() {
    this.#drawing = false;
    const { words, dismissible } = this.wanted;
    const items = this.#visible;
    const { cursor } = this.ticker.board;
    this.view.show(items, this.#fresh, this.#held, cursor ? words.empty : words.connecting);
    this.#turns?.update(items.find(({ id }) => this.#fresh.has(id))?.id);
    const dismissed = dismissible ? dismissedUntil(this.key) : "";
    const closed = dismissed && items.every(({ published_at }) => published_at <= dismissed);
    this.view.root.hidden = Boolean(closed) || (this.toast && !items.length);
    this.#fresh.clear();
  }

  #statusChanged() {
    const { status } = this.ticker;
    if (status.phase === "stopped") console.warn(`<news-ticker> stopped: ${status.error}`);
    this.#tell("ticker-status", status);
    this.#showStatus();
    this.#drawSoon(); // also an empty snapshot is something to show
  }

  #showStatus() {
    clearTimeout(this.#statusTimer);
    const { words } = this.wanted;
    const { phase, since } = this.ticker.status;
    const gone = Date.now() - since;
    let state = "live";
    let text = words.live;
    if (phase === "stopped") {
      state = phase;
      text = words.stopped;
    } else if (phase !== "live") {
      state = gone > OFFLINE_AFTER_MS || !navigator.onLine ? "offline" : "connecting";
      text = state === "offline" ? fill(words.offline, written(words, since, CLOCK)) : words.connecting;
      this.#statusTimer = setTimeout(() => this.#showStatus(), OFFLINE_AFTER_MS - gone + 50);
    }
    this.view.setStatus(state, text);
    const offline = state === "offline";
    if (state !== "connecting" && offline !== this.#wasOffline) {
      this.announcer.note(text);
      this.#wasOffline = offline;
    }
  }

  #tick() {
    if (document.hidden) return;
    refreshTimes(this.frame, this.wanted.words);
    this.#drawSoon(); // an alert may be none any more
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const row = /** @type {Element} */ (target).closest("a")?.closest("li");
    const item = this.ticker.board.items.find(({ id }) => id === row?.dataset.id);
    if (!item) return;
    this.#tell("ticker-open", { item });
    // No cookie and no name; and not even that from whoever asks not to be counted (Global Privacy
    // Control). A string needs no preflight.
    if (/** @type {any} */ (navigator).globalPrivacyControl) return;
    const address = new URL("v1/beacon", this.wanted.server);
    navigator.sendBeacon(address, JSON.stringify({ id: item.id, kind: "open" }));
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this.host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}
