/**
 * The widget's DOM: a head with the status and the controls, and a keyed list of items. Unchanged nodes
 * stay in place, so that updates keep the reader's focus, selection and scroll position.
 *
 * All layouts use the same structure; the style sheet turns it into a bar, a list or a toast. In the
 * bar, all items occupy the same grid cell: its height is that of the tallest item, so that the page
 * does not move when the bar advances.
 *
 * @import { Item } from "../client/index.js"
 * @import { Settings } from "./controller.js"
 */

import { button, element, ICONS, setLabel } from "./dom.js";
import { itemRow } from "./item-row.js";
import { fill } from "./words.js";

/**
 * @typedef {object} Actions Handlers of the controls.
 * @property {(by: number) => void} step
 * @property {() => void} pause Pause or resume.
 * @property {() => void} dismiss
 */

export class View {
  /** @type {Map<string, {item: Item, row: HTMLLIElement}>} In display order. */
  #rows = new Map();
  #count = element("span", "count");
  #text = element("span");
  #status = element("p", "status", element("span", "dot"), this.#text);
  #empty = element("p", "empty");
  list = element("ol", "items");
  #settings;
  #pause;
  #updates;

  /**
   * @param {Settings} settings
   * @param {Actions} actions
   */
  constructor(settings, { step, pause, dismiss }) {
    const { layout, words } = settings;
    const bar = layout === "bar";
    const toast = layout === "toast";
    const title = bar || toast ? words.breaking : words.latest;
    this.#settings = settings;
    this.#pause = button("pause", pause);
    const controls = element(
      "div",
      "controls",
      bar && button("previous", () => step(-1), words.previous),
      bar && this.#count,
      bar && button("next", () => step(1), words.next),
      !toast && this.#pause,
      (toast || settings.dismissible) && button("dismiss", dismiss, words.dismiss),
    );
    this.#updates = element("button", "button updates");
    this.#updates.addEventListener("click", () => {
      pause();
      this.list.focus();
    });
    this.#count.dir = "ltr";
    this.list.role = "list"; // Safari drops the role of lists without bullets
    this.list.tabIndex = -1; // gets the focus when the focused item is retracted
    this.root = element(
      toast ? "aside" : "section",
      layout,
      element("div", "head", element("p", "label", title), this.#status, controls),
      this.#updates,
      this.list,
      this.#empty,
    );
    this.root.ariaLabel = title;
    this.setPaused(false);
  }

  /** Ids of the items, in display order. */
  get ids() {
    return [...this.#rows.keys()];
  }

  /**
   * Show exactly `items`, in that order.
   *
   * @param {readonly Item[]} items
   * @param {ReadonlySet<string>} newIds Items to highlight.
   * @param {number} waiting Number of new items hidden while paused.
   * @param {string} emptyText Shown if there are no items.
   */
  show(items, newIds, waiting, emptyText) {
    const focused = this.list.matches(":focus-within");
    const before = this.#rows;
    this.#rows = new Map();
    /** @type {Element|null} */
    let place = this.list.firstElementChild;
    for (const item of items) {
      const old = before.get(item.id);
      before.delete(item.id);
      const same = old?.item.version === item.version;
      const row = same ? old.row : itemRow(item, this.#settings);
      row.classList.toggle("new", newIds.has(item.id) || (same && row.matches(".new")));
      if (old && !same) {
        if (place === old.row) place = row;
        const inside = old.row.matches(":focus-within");
        old.row.replaceWith(row);
        if (inside) row.querySelector("a")?.focus({ preventScroll: true });
      }
      if (row === place) place = row.nextElementSibling;
      else this.list.insertBefore(row, place);
      this.#rows.set(item.id, { item, row });
    }
    for (const { row } of before.values()) row.remove();
    if (focused && !this.list.matches(":focus-within")) this.list.focus({ preventScroll: true });
    this.#empty.textContent = emptyText;
    this.#empty.hidden = items.length > 0;
    this.#updates.hidden = !waiting;
    this.#updates.textContent = fill(this.#settings.words.updates, waiting);
  }

  /**
   * Make one item the current one: the only visible and reachable item of the bar. Returns its id.
   *
   * @param {number} index
   */
  select(index) {
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
    const { words } = this.#settings;
    setLabel(this.#pause, paused ? words.resume : words.pause, paused ? ICONS.resume : ICONS.pause);
  }

  /** @param {string} status @param {string} text */
  setStatus(status, text) {
    this.#status.dataset.state = status;
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }
}
