/** Lists by keyboard, whose rows change while somebody is at one of them. */

import { handle } from "./focus.js";

/**
 * @template T
 * @param {(entry: T) => HTMLElement} make It must depend on nothing but the entry.
 * @returns {(entries: T[]) => HTMLElement[]} Makes rows; an entry that is as it was before has the row that it had.
 */
export function keeping(make) {
  /** @type {Map<string, HTMLElement>} */
  let made = new Map();
  return (entries) => {
    const before = made;
    made = new Map();
    for (const entry of entries) {
      const text = JSON.stringify(entry);
      made.set(text, before.get(text) ?? make(entry));
    }
    return [...made.values()];
  };
}

/** @param {HTMLElement} list @param {HTMLElement[]} rows What it has from now on. Rows that stay keep focus and selection. */
export function exchange(list, rows) {
  const staying = new Set(rows);
  for (const old of [...list.children]) if (!staying.has(/** @type {HTMLElement} */ (old))) old.remove();
  rows.forEach((row, at) => {
    if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
  });
}

/** A list whose rows are chosen by J and K; its rows are `li.row` with `data-id`. */
export class Rows {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.current = "";
    for (const event of ["focusin", "click"])
      list.addEventListener(event, ({ target }) => {
        const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest(".row"));
        if (row) this.select(row.dataset.id ?? "");
      });
  }

  /** @returns {HTMLElement[]} */
  get rows() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(".row"))];
  }

  /** @param {string} id @returns {HTMLElement | undefined} */
  row(id) {
    return this.rows.find((row) => row.dataset.id === id);
  }

  /** @param {string} id */
  select(id) {
    this.current = id;
    for (const row of this.rows) row.classList.toggle("current", row.dataset.id === id);
  }

  /** @param {number} step Go to another row, and focus it. */
  move(step) {
    const place = this.rows.findIndex((row) => row.dataset.id === this.current);
    this.focus(this.rows[Math.min(this.rows.length - 1, Math.max(0, place + step))]);
  }

  /** @param {HTMLElement | undefined} row */
  focus(row) {
    if (!row) return;
    this.select(row.dataset.id ?? "");
    handle(row)?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLElement[]} made Exchange the rows; the current one, or the one at its place, stays current. */
  replace(made) {
    const place = this.rows.findIndex((row) => row.dataset.id === this.current);
    exchange(this.list, made);
    const row = this.row(this.current) ?? (place < 0 ? undefined : this.rows[Math.min(place, this.rows.length - 1)]);
    this.select(row?.dataset.id ?? (place < 0 ? this.current : ""));
  }
}
