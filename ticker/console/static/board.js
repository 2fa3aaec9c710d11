/** The board: the server renders its rows, and this file exchanges those that have changed. */

import { acts } from "./acts.js";
import { part, sessionEnded } from "./api.js";
import { changed } from "./differences.js";
import { showTimes, tell, timeText } from "./dialogs.js";
import { keepReceipts, showReceipts } from "./receipts.js";
import { Rows } from "./rows.js";
import { Turns } from "./turns.js";
import { settings } from "./words.js";

const AFTER_EVENT_MS = 120;
const AGAIN_MS = 10_000;
/** Drafts and schedules of others are on no lane: they are looked up this often while the page is seen. */

const board = /** @type {HTMLElement} */ (document.getElementById("board"));
export const list = new Rows(board);
const panel = /** @type {HTMLElement} */ (document.querySelector("[data-panel]"));
const panelBody = /** @type {HTMLElement} */ (document.querySelector("[data-panel-body]"));
const choice = { view: settings.drill ? "test" : "all", edition: "", q: "" };
let opened = "";
let waiting = 0;
const boards = new Turns();
const panels = new Turns();

/** @param {Partial<typeof choice>} change Show another view, edition or search. */
export function choose(change) {
  Object.assign(choice, change);
  for (const button of document.querySelectorAll("[data-view]"))
    button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.view === choice.view));
  return refresh();
}

/** Ask for the rows soon: many events make one request. */
export function refreshSoon() {
  if (waiting || sessionEnded()) return;
  waiting = window.setTimeout(() => void refresh(), AFTER_EVENT_MS);
}

/** Ask for the rows now. An answer that a later one has overtaken is dropped. */
export async function refresh() {
  clearTimeout(waiting);
  waiting = 0;
  const newest = boards.begin();
  try {
    const html = await part(`/console/board?${new URLSearchParams(choice)}`);
    if (!newest()) return;
    exchange(html);
    if (opened) await show(opened, false);
  } catch (error) {
    tell(error);
  }
}

/** @param {string} html Rows of our own server, which escapes every text. */
function exchange(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const before = new Map(list.rows.map((row) => [row.id, row]));
  const after = [.../** @type {HTMLCollectionOf<HTMLElement>} */ (template.content.children)].map((row) => {
    const old = before.get(row.id);
    if (old && old.dataset.key === row.dataset.key) return old;
    if (row.id && before.size) row.classList.add("fresh");
    return row;
  });
  const read = list.current === opened;
  list.replace(after);
  if (read) list.select(opened); // keys do not go on to another item while this one is read
  showTimes(board);
}

const say = { time: (/** @type {string} */ at) => timeText(at, true) || at, field: (/** @type {string} */ name) => name };

/** @param {string} id Open an item's panel. @param {boolean} [focus] */
export async function show(id, focus = true) {
  const newest = focus ? panels.begin() : panels.again();
  try {
    const html = await part(`/console/items/${encodeURIComponent(id)}`);
    if (!newest() || (!focus && opened !== id)) return;
    opened = id;
    const template = document.createElement("template");
    template.innerHTML = html;
    keepReceipts(panelBody, template.content);
    panelBody.replaceChildren(template.content);
    showTimes(panelBody);
    for (const change of /** @type {NodeListOf<HTMLElement>} */ (panelBody.querySelectorAll("[data-change]")))
      change.replaceChildren(changed(.../** @type {[unknown, unknown]} */ (JSON.parse(change.dataset.change ?? "[]")), say));
    void showReceipts(panelBody);
    panel.hidden = false;
    if (!focus) return;
    list.select(id);
    /** @type {HTMLElement} */ (panel.querySelector("[data-close]")).focus();
  } catch (error) {
    if (!newest()) return;
    closePanel();
    tell(error);
  }
}

export function closePanel() {
  panels.begin(); // an item that is on its way is not shown any more
  const id = opened;
  opened = "";
  panel.hidden = true;
  panelBody.replaceChildren();
  list.focus(list.row(id));
}

/** Acts that read the item before they ask. */
const READS_FIRST = new Set(["correct", "approve", "cancel", "dismiss"]);
/** What is under way, as `act id`: a second click begins nothing. @type {Set<string>} */
const underWay = new Set();

/** @returns {boolean} Whether a question is on its way: keys that are typed for it are no commands meanwhile. */
export function questionWaits() {
  return [...underWay].some((one) => READS_FIRST.has(one.split(" ")[0] ?? ""));
}

/** @param {string} act @param {HTMLElement} place A row, or the acts of the panel. */
async function perform(act, place) {
  const { id = "", version = "", level = "", state = "", test, cancellation = "" } = place.dataset;
  const key = `${act} ${id}`;
  if (underWay.has(key)) return;
  underWay.add(key);
  const headline = (place.querySelector(".headline") ?? panelBody.querySelector("h2"))?.textContent ?? "";
  try {
    const done = await acts[act]?.({ id, version, level, state, headline, drill: test !== undefined, cancellation });
    underWay.delete(key);
    if (done) await refresh();
  } catch (error) {
    tell(error);
  } finally {
    underWay.delete(key);
  }
}

/** @param {string} act Do something to the current item, if its row has a button for it. */
export function performOnCurrent(act) {
  const found = act === "pin" ? ["pin", "unpin"] : [act];
  const button = list.row(list.current)?.querySelector(found.map((name) => `[data-act=${name}]`).join());
  /** @type {HTMLElement | null | undefined} */ (button)?.click();
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (target.closest("[data-act]"));
  const place = /** @type {HTMLElement | null} */ (button?.closest("[data-id]") ?? null);
  if (button && place) return void perform(button.dataset.act ?? "", place);
  const row = /** @type {HTMLElement | null} */ (target.closest(".row-open")?.closest(".row") ?? null);
  if (row) return void show(row.dataset.id ?? "");
  if (target.closest("[data-close]")) closePanel();
});

document.addEventListener("ticker-changed", refreshSoon);
setInterval(() => {
  if (document.visibilityState === "visible") refreshSoon();
}, AGAIN_MS);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refreshSoon());
showTimes(board);
