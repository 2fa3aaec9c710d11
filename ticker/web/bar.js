/**
 * The BREAKING bar: the newest lines one at a time, at the reader's pace.
 *
 * It turns by itself unless the reader paused it, is pointing at it or has the focus in it, prefers
 * reduced motion, or has the page in the background (WCAG 2.2.2). All lines lie in one grid cell,
 * so the bar is as tall as its longest line and the page below does not jump when it turns.
 *
 * @import { Item } from "./client.js"
 * @import { Edition } from "./words.js"
 */

import { element, headline, levelTag, timeOf } from "./lines.js";
import { LANGUAGES, say } from "./words.js";

export const BAR_LINES = 8;
export const TURN_MS = 7_000;
/** A headline of more characters than this is set smaller. */
const LONG = 90;

export class Bar {
  /** @type {{item: Item, row: HTMLElement}[]} */
  #lines = [];
  /** @type {{row: HTMLElement}[]} What lies on the stage. */
  #staged = [];
  /** @type {string|null} The id of the line on show. */
  #current = null;
  /** @type {Edition} */
  #edition = "en";
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #turn;
  #paused = false;
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param {HTMLElement} root
   * @param {(paused: boolean) => void} onPause The reader pressed Pause or Resume.
   */
  constructor(root, onPause) {
    /** @param {string} name @returns {HTMLElement} */
    const part = (name) => /** @type {HTMLElement} */ (root.querySelector(`[data-part=${name}]`));
    this.root = root;
    this.stage = part("stage");
    this.quiet = part("quiet");
    this.label = part("label");
    this.count = part("count");
    this.previous = part("previous");
    this.next = part("next");
    this.pause = part("pause");
    this.pauseText = part("pause-text");
    this.controls = part("controls");
    this.onPause = onPause;
    this.previous.addEventListener("click", () => this.step(-1));
    this.next.addEventListener("click", () => this.step(1));
    this.pause.addEventListener("click", () => this.setPaused(!this.#paused));
    root.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
      root.addEventListener(type, () => this.#schedule());
    }
    document.addEventListener("visibilitychange", () => this.#schedule());
    this.#calm.addEventListener("change", () => this.#schedule());
  }

  /** Whether the reader is busy with the bar, so that it must not turn under their eyes. */
  get held() {
    return this.root.matches(":hover") || this.root.contains(document.activeElement);
  }

  /** @param {Edition} edition */
  speak(edition) {
    this.#edition = edition;
    const { dir } = LANGUAGES[edition];
    this.root.lang = edition;
    this.root.dir = dir;
    this.label.textContent = say(edition, "breaking");
    this.root.setAttribute("aria-label", say(edition, "breaking"));
    this.previous.setAttribute("aria-label", say(edition, "previous"));
    this.next.setAttribute("aria-label", say(edition, "next"));
    this.#labelPause();
    this.#lines = [];
    this.#restage();
    this.#turnTo(0);
    this.quiet.textContent = say(edition, "connecting");
  }

  /**
   * Show the newest of `items`; `jump` brings the newest to the front unless the reader is busy.
   *
   * @param {readonly Item[]} items
   * @param {boolean} jump
   */
  show(items, jump) {
    const newest = [...items]
      .sort((a, b) => (a.published_at < b.published_at ? 1 : -1))
      .slice(0, BAR_LINES);
    const old = new Map(this.#lines.map((line) => [line.item.id, line]));
    const at = this.#index();
    this.#lines = newest.map((item) => {
      const kept = old.get(item.id);
      return kept?.item.version === item.version ? kept : { item, row: this.#draw(item) };
    });
    this.#restage();
    this.quiet.textContent = say(this.#edition, "emptyTitle");
    const stays = this.#lines.some(({ item }) => item.id === this.#current);
    if ((jump && !this.held) || !this.#current) this.#turnTo(0);
    else this.#turnTo(stays ? this.#index() : Math.min(at, this.#lines.length - 1));
  }

  /** Rows that stay are not moved: that would take the focus from them. */
  #restage() {
    const focused = this.stage.contains(document.activeElement);
    const rows = new Set(this.#lines.map(({ row }) => row));
    for (const { row } of this.#staged) {
      if (!rows.delete(row)) row.remove();
    }
    this.stage.append(...rows);
    this.#staged = this.#lines;
    this.quiet.hidden = this.#lines.length > 0;
    if (focused && !this.stage.contains(document.activeElement)) this.pause.focus();
  }

  /** @param {number} by */
  step(by) {
    const { length } = this.#lines;
    if (length) this.#turnTo((this.#index() + by + length) % length);
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    this.#paused = paused;
    this.#labelPause();
    this.#schedule();
    this.onPause(paused);
  }

  #index() {
    return Math.max(0, this.#lines.findIndex(({ item }) => item.id === this.#current));
  }

  /** @param {number} index */
  #turnTo(index) {
    const shown = this.#lines[index];
    const moved = this.#current !== (shown?.item.id ?? null);
    this.#current = shown?.item.id ?? null;
    for (const { item, row } of this.#lines) {
      const on = item.id === this.#current;
      row.classList.toggle("is-current", on);
      row.inert = !on;
    }
    this.root.dataset.level = shown?.item.level ?? "none";
    this.controls.hidden = this.#lines.length < 2;
    const place = { at: index + 1, of: this.#lines.length };
    this.count.textContent = shown ? say(this.#edition, "place", place) : "";
    if (moved || this.#turn === undefined) this.#schedule();
  }

  #schedule() {
    clearTimeout(this.#turn);
    this.#turn = undefined;
    // While the reader steps by hand a screen reader should say each line; never when it turns.
    this.stage.setAttribute("aria-live", this.held ? "polite" : "off");
    const still = this.#paused || this.#calm.matches || document.hidden || this.held;
    if (still || this.#lines.length < 2) return;
    this.#turn = setTimeout(() => this.step(1), TURN_MS);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const forward = LANGUAGES[this.#edition].dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    if (event.key === forward) this.step(1);
    else if (event.key === back) this.step(-1);
    else if (event.key === "Home") this.#turnTo(0);
    else if (event.key === "End") this.#turnTo(this.#lines.length - 1);
    else if (event.key === "p") this.setPaused(!this.#paused);
    else return;
    event.preventDefault();
  }

  #labelPause() {
    const text = say(this.#edition, this.#paused ? "resume" : "pause");
    this.pauseText.textContent = text;
    this.pause.setAttribute("aria-label", text);
    this.pause.classList.toggle("is-paused", this.#paused);
  }

  /** @param {Item} item */
  #draw(item) {
    const corrected = item.correction ? say(this.#edition, "corrected") : null;
    return element(
      "div",
      item.headline.length > LONG ? "bar-line is-long" : "bar-line",
      headline(item, "p", "bar-headline"),
      element(
        "p",
        "bar-facts",
        levelTag(item, this.#edition),
        corrected && element("span", "mark mark-corrected", corrected),
        timeOf(item, item.published_at, this.#edition),
      ),
    );
  }
}
