/**
 * The widget's DOM: a head with the status and the controls, and a keyed list of items. Unchanged nodes
 * stay in place, so that updates keep the reader's focus, selection and scroll position.
 *
 * All layouts use the same structure; the style sheet turns it into a bar, a list or a toast. The bar
 * shows one item in at most two lines; a button shows the rest.
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
 * @property {() => void} expand Expand or collapse the current item of the bar.
 */

/**
 * @param {Settings} settings
 * @param {Actions} actions
 */
export function createView(settings, { step, pause, dismiss, expand }) {
  const { layout, words, isBreaking } = settings;
  const bar = layout === "bar";
  /** @type {Map<string, {item: Item, row: HTMLLIElement, topics: object|undefined}>} In display order. */
  let rows = new Map();
  const label = element("p", "label");
  const count = element("span", "count");
  const text = element("span");
  const status = element("p", "status", element("span", "dot"), text);
  const empty = element("p", "empty");
  const list = element("ol", "items");
  const pauseButton = button("pause", pause);
  const more = button("more", expand);
  const updates = element("button", "button updates");
  updates.addEventListener("click", () => {
    pause();
    list.focus();
  });
  count.dir = "ltr";
  list.role = "list"; // Safari drops the role of lists without bullets
  list.tabIndex = -1; // gets the focus when the focused item is retracted
  const root = element(
    "section",
    layout,
    element(
      "div",
      "head",
      label,
      status,
      element(
        "div",
        "controls",
        bar && more,
        bar && button("previous", () => step(-1), words.previous),
        bar && count,
        bar && button("next", () => step(1), words.next),
        pauseButton,
        settings.dismissible && button("dismiss", dismiss, words.dismiss),
      ),
    ),
    updates,
    list,
    empty,
  );
  setTitle(false);
  setPaused(false);
  setExpanded(false);

  /** @param {boolean} breaking */
  function setTitle(breaking) {
    label.textContent = root.ariaLabel = breaking ? words.breaking : words.latest;
  }

  /** @param {boolean} paused */
  function setPaused(paused) {
    setLabel(pauseButton, paused ? words.resume : words.pause, paused ? ICONS.resume : ICONS.pause);
  }

  /** @param {boolean} expanded */
  function setExpanded(expanded) {
    root.classList.toggle("expanded", expanded);
    setLabel(more, expanded ? words.less : words.more, ICONS.more);
    more.ariaExpanded = `${expanded}`;
    measure();
  }

  /** Show the button for the rest of the current item only if there is a rest. */
  function measure() {
    const row = list.querySelector(".current");
    const line = row?.querySelector(".headline");
    more.hidden = !(
      more.ariaExpanded === "true" ||
      row?.querySelector(".summary, .correction") ||
      (line && line.scrollHeight > line.clientHeight + 2)
    );
  }

  return {
    root,
    list,
    setPaused,
    setExpanded,
    measure,

    /** Return the ids of the items, in display order. */
    ids: () => [...rows.keys()],

    /**
     * Show exactly `items`, in that order.
     *
     * @param {readonly Item[]} items
     * @param {ReadonlySet<string>} newIds Items to highlight.
     * @param {number} waiting Number of new items hidden while paused.
     * @param {string} emptyText Shown if there are no items.
     */
    show(items, newIds, waiting, emptyText) {
      const focused = list.matches(":focus-within");
      const before = rows;
      const { topics } = words;
      /** @type {string|undefined} */
      let refocus;
      rows = new Map();
      for (const item of items) {
        const old = before.get(item.id);
        const same = old?.item.version === item.version && old.topics === topics;
        const row = same ? old.row : itemRow(item, settings);
        if (newIds.has(item.id)) row.classList.add("new");
        rows.set(item.id, { item, row, topics });
      }
      for (const [id, { row }] of before) {
        if (rows.get(id)?.row === row) continue;
        if (row.matches(":focus-within")) refocus = id;
        row.remove();
      }
      let at = 0;
      for (const { row } of rows.values()) {
        const next = list.children[at++];
        if (next !== row) list.insertBefore(row, next);
      }
      if (refocus) rows.get(refocus)?.row.querySelector("a")?.focus({ preventScroll: true });
      if (focused && !list.matches(":focus-within")) list.focus({ preventScroll: true });
      empty.textContent = emptyText;
      empty.hidden = items.length > 0;
      updates.hidden = !waiting;
      updates.textContent = fill(words.updates, waiting);
    },

    /**
     * Make one item the current one: the only visible and reachable item of the bar. Returns its id.
     *
     * @param {number} index
     */
    select(index) {
      const id = [...rows.keys()][index];
      for (const [key, { row }] of rows) {
        row.classList.toggle("current", key === id);
        row.inert = key !== id;
      }
      const item = rows.get(id)?.item;
      const breaking = !!item && isBreaking(item);
      root.dataset.level = breaking ? item.level : "";
      setTitle(breaking);
      root.classList.toggle("single", rows.size < 2);
      count.textContent = `${index + 1} / ${rows.size}`;
      measure();
      return id;
    },

    /** @param {string} state @param {string} said */
    setStatus(state, said) {
      status.dataset.state = state;
      if (text.textContent !== said) text.textContent = said;
    },
  };
}
