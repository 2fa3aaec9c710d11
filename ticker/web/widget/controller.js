/**
 * Connect one client to one view, while the element is in a document: filter and order the items, hold
 * them while paused, render at most once per frame, and announce important items to screen readers.
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
 * @property {(item: Item) => boolean} isBreaking Whether an item is breaking news now.
 * @property {State|undefined} state
 *
 * @typedef {object} Stage What a layout sees and does. It is an interface between files of different
 *   releases: the number in the name of layouts-1.js is its version.
 * @property {HTMLElement} host
 * @property {HTMLElement} root
 * @property {HTMLElement} list
 * @property {Words} words
 * @property {() => string[]} ids Ids of the items, in display order.
 * @property {(index: number) => string} select Make one item the current one. Returns its id.
 * @property {() => boolean} held Whether the reader has paused or expanded it.
 * @property {(ids: string[]|null) => void} freeze Show only these items until the next call.
 * @property {() => string} dismissed Place of the newest dismissed item on the wire, or "".
 * @property {(until: string) => void} dismiss
 * @property {AbortSignal} signal Stops it.
 *
 * @typedef {object} Motion
 * @property {(id: string|undefined, breaking: boolean) => void} update Adapt to changed items; `id` is new.
 * @property {(by: number) => void} [step]
 * @property {() => void} [schedule] Adapt to `held` and to the focus.
 * @property {(items: Item[]) => Item[]} [order] Return the items to show, instead of breaking news first.
 * @property {(render: () => void) => void} [later] Render after a change, instead of in the next frame.
 */

import { Ticker } from "../client/ticker.js";
import { createAnnouncer } from "./announcer.js";
import { dismiss, dismissedUntil } from "./dismissal.js";
import { element } from "./dom.js";
import { refreshTimes } from "./item-row.js";
import { createView } from "./view.js";
import { CLOCK, fill, formatTime } from "./words.js";

/** A lost connection is shown as "connecting" for this long, then as "offline". */
export const OFFLINE_AFTER_MS = 8_000;
export const REFRESH_TIMES_MS = 15_000;
/** Size of a snapshot. All elements that show no more items share one connection. */
const BACKLOG = 20;
/** @type {Level[]} Lowest first. */
const LEVELS = ["ticker", "urgent", "bulletin", "flash"];
/** @param {string} level */
export const rank = (level) => LEVELS.indexOf(/** @type {Level} */ (level));
/** The place of an item on the wire: times and ids compare as text. @param {Item} item */
const place = ({ published_at, id }) => published_at + id;

/** @typedef {ReturnType<typeof createController>} Controller */

/**
 * @param {HTMLElement} host
 * @param {ShadowRoot} root
 * @param {Settings} settings
 * @param {((stage: Stage) => Motion)|undefined} createMotion Of a layout that moves.
 */
export function createController(host, root, settings, createMotion) {
  const { layout, server, facets, words, count, isBreaking } = settings;
  const minRank = rank(settings.level);
  const key = `ticker:dismissed:${server.href}${layout}:${facets.edition}`;
  const abort = new AbortController();
  const { signal } = abort;
  /** @type {Set<string>} Ids of the items published since the last rendering. */
  const newIds = new Set();
  let paused = false;
  let expanded = false;
  /** @type {string[]|null} Ids of the items shown while paused, in display order. */
  let frozen = null;
  /** @type {readonly Item[]} */
  let shown = [];
  let scheduled = false;
  let wasOffline = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let statusTimer;

  const announcer = createAnnouncer(words);
  const view = createView(settings, {
    step(by) {
      setExpanded(false);
      motion?.step?.(by);
    },
    pause: () => setPaused(!paused),
    dismiss() {
      // Hide the element until there is a newer item.
      dismiss(key, shown.map(place).sort().at(-1) ?? "");
      render();
    },
    expand: () => setExpanded(!expanded),
  });
  const motion = createMotion?.({
    host,
    root: view.root,
    list: view.list,
    words,
    ids: view.ids,
    select: view.select,
    held: () => paused || expanded,
    freeze(ids) {
      frozen = ids;
      render();
    },
    dismissed: () => dismissedUntil(key),
    dismiss: (until) => dismiss(key, until),
    signal,
  });
  const frame = element("div", "frame", view.root, ...announcer.regions);
  frame.lang = words.lang;
  frame.dir = words.dir;
  root.replaceChildren(frame);
  new ResizeObserver(view.measure).observe(frame);

  // A toast filters by level here, so that it shares the connection of a bar or list on the page.
  const filter = layout === "toast" ? { ...facets, level: undefined } : facets;
  const backlog = Math.max(BACKLOG, count);
  const ticker = new Ticker({ ...filter, url: server, backlog, cache: true, state: settings.state });

  /** @param {boolean} on */
  function setPaused(on) {
    paused = on;
    frozen = on ? shown.map(({ id }) => id) : null;
    view.setPaused(on);
    render();
    motion?.schedule?.();
  }

  /** @param {boolean} on */
  function setExpanded(on) {
    expanded = on;
    view.setExpanded(on);
    motion?.schedule?.();
  }

  /** @param {Change} change */
  function changed({ message, before }) {
    if (message.type === "item") {
      const { action, item } = message;
      dispatch("ticker-item", { action, item });
      const removed = action === "retract" || action === "expire";
      // A screen reader must not find the text from before a correction either.
      if (removed || action === "correct") announcer.remove(item.id);
      if (removed) return render(); // now: a page in the background gets no frame
      if (action === "publish") {
        if (newIds.size >= BACKLOG) newIds.clear();
        newIds.add(item.id);
      }
      const raised = before.items.find(({ id }) => id === item.id)?.level !== item.level;
      const silent = document.hidden || (paused && item.level !== "flash");
      if ((raised || action === "correct") && !silent && rank(item.level) >= minRank) {
        announcer.add(item);
      }
    }
    scheduleRender();
  }

  function scheduleRender() {
    if (scheduled) return;
    scheduled = true;
    (motion?.later ?? requestAnimationFrame)(() => signal.aborted || render());
  }

  /** Return the items to show, in display order. */
  function choose() {
    const items = ticker.state.items.filter(({ level }) => rank(level) >= minRank);
    if (motion?.order || !motion) return motion?.order?.(items) ?? items;
    const skip = host.getAttribute("skip") ?? "";
    const other = items.filter(({ id }) => !skip.includes(id));
    /** @param {Item} item */
    const weight = (item) => (isBreaking(item) ? rank(item.level) : -1);
    return (other.length ? other : items).sort((a, b) => weight(b) - weight(a));
  }

  function render() {
    scheduled = false;
    const held = frozen;
    const all = choose();
    shown = held ? all.filter(({ id }) => held.includes(id)) : all.slice(0, count);
    // (An item older than all frozen ones is not new; it was further down the list.)
    const oldest = held?.at(-1) ?? "";
    const waiting = all.filter(({ id }) => held && id > oldest && !held.includes(id));
    view.show(shown, newIds, waiting.length, ticker.state.cursor ? words.empty : words.connecting);
    const added = shown.find(({ id }) => newIds.has(id));
    newIds.clear();
    const until = dismissedUntil(key);
    const closed = settings.dismissible && until > "" && shown.every((item) => place(item) <= until);
    view.root.hidden = closed;
    motion?.update(added?.id, !!added && isBreaking(added));
  }

  function showStatus() {
    clearTimeout(statusTimer);
    const { phase, since } = ticker.status;
    const left = since + OFFLINE_AFTER_MS - Date.now();
    /** @type {"live"|"stopped"|"connecting"|"offline"} */
    let status = "connecting";
    if (phase === "live" || phase === "stopped") status = phase;
    else if (left < 0 || !navigator.onLine) status = "offline";
    else statusTimer = setTimeout(showStatus, left + 50);
    const text = fill(words[status], formatTime(words, since, CLOCK));
    view.setStatus(status, text);
    // Announce only a lost and a restored connection to screen readers.
    const offline = status === "offline";
    if (status !== "connecting" && offline !== wasOffline) {
      announcer.say(text);
      wasOffline = offline;
    }
  }

  function refresh() {
    if (document.hidden) return;
    refreshTimes(frame, words);
    scheduleRender(); // a toast may have become too old, and an item no longer breaking
  }

  /** @param {string} type @param {object} detail */
  function dispatch(type, detail) {
    host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  view.root.addEventListener("click", ({ target }) => {
    const row = /** @type {Element} */ (target).closest("a")?.closest("li");
    const item = ticker.state.items.find(({ id }) => id === row?.dataset.id);
    if (!item) return;
    dispatch("ticker-open", { item });
    // The beacon carries no cookie and no identifier. Global Privacy Control turns it off. A text body
    // needs no CORS preflight.
    if (/** @type {any} */ (navigator).globalPrivacyControl) return;
    const address = new URL("v1/beacon", server);
    navigator.sendBeacon(address, JSON.stringify({ id: item.id, kind: "open" }));
  });
  ticker.addEventListener(
    "change",
    (event) => changed(/** @type {CustomEvent<Change>} */ (event).detail),
    { signal },
  );
  ticker.addEventListener(
    "status",
    () => {
      const { status } = ticker;
      if (status.phase === "stopped") console.warn(`<news-ticker> stopped: ${status.error}`);
      showStatus();
      dispatch("ticker-status", status);
      scheduleRender();
    },
    { signal },
  );
  document.addEventListener("visibilitychange", refresh, { signal });
  const interval = setInterval(refresh, REFRESH_TIMES_MS);
  ticker.start();
  showStatus();
  render();

  return {
    ticker,
    refresh,
    stop() {
      abort.abort();
      clearInterval(interval);
      clearTimeout(statusTimer);
      announcer.stop();
      ticker.stop();
    },
  };
}
