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
/** @param {string} level */
const rank = (level) => LEVELS.indexOf(/** @type {Level} */ (level));

export class Screen {
  paused = false;
  /** @type {Set<string>} Arrived since the last drawing. */
  #fresh = new Set();
  /** @type {string[]|null} What a paused reader sees, in that order. */
  #frozen = null;
  /** @type {Item[]} */
  #shown = [];
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
    this.least = rank(level);
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
    this.frame = element("div", "frame", this.view.root, ...this.announcer.regions);
    this.frame.lang = words.lang;
    this.frame.dir = words.dir;
    root.replaceChildren(this.frame);

    // A toast picks its lines here: so it shares the link of the bar or list beside it.
    const asked = this.toast ? { ...facets, level: undefined } : facets;
    const backlog = Math.max(BACKLOG, count);
    const ticker = new Ticker({ ...asked, url: server, backlog, cache: true, board: wanted.board });
    this.ticker = ticker;
    ticker.addEventListener(
      "board",
      (event) => this.#hear(/** @type {CustomEvent<Change>} */ (event).detail),
      { signal },
    );
    ticker.addEventListener("status", () => this.#statusChanged(), { signal });
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
    this.#frozen = paused ? this.#shown.map(({ id }) => id) : null;
    this.paused = paused;
    this.view.setPaused(paused);
    this.#draw();
    this.#turns?.schedule();
  }

  /** Close until there is something newer. */
  #dismiss() {
    const times = this.#shown.map(({ published_at }) => published_at).sort();
    dismiss(this.key, times.at(-1) ?? "");
    this.#draw();
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
      if ((raised || action === "correct") && !quiet && rank(item.level) >= this.least) {
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
    const { words, dismissible, count } = this.wanted;
    const { items, cursor } = this.ticker.board;
    const frozen = this.#frozen;
    const dismissed = dismissedUntil(this.key);
    const since = new Date(Date.now() - TOAST_MS).toISOString();
    const all = items.filter(
      ({ level, published_at: at }) =>
        rank(level) >= this.least && (!this.toast || (at > since && at > dismissed)),
    );
    if (this.toast) all.sort((a, b) => (a.published_at < b.published_at ? 1 : -1));
    const shown = (this.#shown = frozen
      ? all.filter(({ id }) => frozen.includes(id))
      : all.slice(0, count));
    // (What is older than all that was seen has not come meanwhile, it was further down.)
    const oldest = frozen?.at(-1) ?? "";
    const held = frozen ? all.filter(({ id }) => id > oldest && !frozen.includes(id)).length : 0;
    this.view.show(shown, this.#fresh, held, cursor ? words.empty : words.connecting);
    this.#turns?.update(shown.find(({ id }) => this.#fresh.has(id))?.id);
    const closed = dismissible && shown.every(({ published_at }) => published_at <= dismissed);
    this.view.root.hidden = (closed && dismissed > "") || (this.toast && !shown.length);
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
    const left = since + OFFLINE_AFTER_MS - Date.now();
    /** @type {"live"|"stopped"|"connecting"|"offline"} */
    let state = "connecting";
    if (phase === "live" || phase === "stopped") state = phase;
    else if (left < 0 || !navigator.onLine) state = "offline";
    else this.#statusTimer = setTimeout(() => this.#showStatus(), left + 50);
    const text = fill(words[state], written(words, since, CLOCK));
    this.view.setStatus(state, text);
    // Somebody who cannot see it is told that it went and that it came back, and of nothing else.
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
