/**
 * What is drawn: a head with the state and the controls, and a keyed list of lines. What did not
 * change is not touched, so a reader's focus, selection and scroll position survive every update.
 *
 * All layouts are this one structure; the style sheet makes a bar, a list or a toast of it. In the
 * bar all lines lie in one grid cell: it is as tall as the tallest, and the page does not jump.
 *
 * @import { Item } from "../client/index.js"
 * @import { Wanted } from "./screen.js"
 */

import { button, element, label, SIGNS } from "./dom.js";
import { line } from "./line.js";
import { fill } from "./words.js";

/**
 * @typedef {object} Acts What the reader may do.
 * @property {(by: number) => void} step
 * @property {() => void} pause Or go on.
 * @property {() => void} dismiss
 */

export class View {
  /** @type {Map<string, {item: Item, row: HTMLLIElement}>} In display order. */
  #rows = new Map();
  #count = element("span", "count");
  #text = element("span");
  #status = element("p", "status", element("span", "dot"), this.#text);
  #empty = element("p", "empty");
  list = element("ol", "lines");

  /**
   * @param {Wanted} wanted
   * @param {Acts} acts
   */
  constructor(wanted, { step, pause, dismiss }) {
    const { layout, words } = wanted;
    const bar = layout === "bar";
    const toast = layout === "toast";
    const title = bar || toast ? words.breaking : words.latest;
    this.wanted = wanted;
    this.pause = button("pause", pause);
    this.controls = element(
      "div",
      "controls",
      bar && button("previous", () => step(-1), words.previous),
      bar && this.#count,
      bar && button("next", () => step(1), words.next),
      !toast && this.pause,
      (toast || wanted.dismissible) && button("dismiss", dismiss, words.dismiss),
    );
    this.fresh = element("button", "button fresh");
    this.fresh.addEventListener("click", () => {
      pause();
      this.list.focus();
    });
    this.#count.dir = "ltr";
    this.list.role = "list"; // Safari takes it away with the bullets
    this.list.tabIndex = -1; // focus goes here when the focused line is retracted
    this.root = element(
      toast ? "aside" : "section",
      layout,
      element("div", "head", element("p", "label", title), this.#status, this.controls),
      this.fresh,
      this.list,
      this.#empty,
    );
    this.root.ariaLabel = title;
    this.setPaused(false);
  }

  /** The ids of the lines, in display order. */
  get ids() {
    return [...this.#rows.keys()];
  }

  /**
   * Show exactly `items`, in that order; those whose id is in `fresh` light up once.
   *
   * @param {readonly Item[]} items
   * @param {ReadonlySet<string>} fresh
   * @param {number} held How many lines wait until the reader goes on.
   * @param {string} quiet What stands where there is no line.
   */
  show(items, fresh, held, quiet) {
    const focused = this.list.matches(":focus-within");
    const before = this.#rows;
    this.#rows = new Map();
    /** @type {Element|null} */
    let place = this.list.firstElementChild;
    for (const item of items) {
      const known = before.get(item.id);
      before.delete(item.id);
      const kept = known?.item.version === item.version;
      const row = kept ? known.row : line(item, this.wanted);
      row.classList.toggle("arrived", fresh.has(item.id) || (kept && row.matches(".arrived")));
      if (known && !kept) {
        if (place === known.row) place = row;
        const inside = known.row.matches(":focus-within");
        known.row.replaceWith(row);
        if (inside) row.querySelector("a")?.focus({ preventScroll: true });
      }
      if (row === place) place = row.nextElementSibling;
      else this.list.insertBefore(row, place);
      this.#rows.set(item.id, { item, row });
    }
    for (const { row } of before.values()) row.remove();
    if (focused && !this.list.matches(":focus-within")) this.list.focus({ preventScroll: true });
    this.#empty.textContent = quiet;
    this.#empty.hidden = items.length > 0;
    this.fresh.hidden = !held;
    this.fresh.textContent = fill(this.wanted.words.fresh, held);
  }

  /**
   * Bring one line to the front, the only one that can be reached. Returns its id.
   *
   * @param {number} index
   */
  spotlight(index) {
    const id = this.ids[index];
    for (const [key, { row }] of this.#rows) {
      row.classList.toggle("current", key === id);
      row.inert = key !== id;
    }
    this.root.dataset.level = this.#rows.get(id)?.item.level;
    this.root.classList.toggle("single", this.#rows.size < 2);
    this.#count.textContent = `${index + 1} / ${this.#rows.size}`;
    return id;
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    const { words } = this.wanted;
    label(this.pause, paused ? words.resume : words.pause, paused ? SIGNS.resume : SIGNS.pause);
  }

  /** @param {string} state @param {string} text */
  setStatus(state, text) {
    this.#status.dataset.state = state;
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }
}
