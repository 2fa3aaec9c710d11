/**
 * Show the page's items as they are now. Whatever changes an item, every part of the page that shows it
 * changes with it: a correction is marked and has its note, a retraction leaves nothing.
 *
 * Nodes whose item has not changed stay in place, with the reader's focus and selection.
 *
 * @import { Item } from "../client/index.js"
 * @import { Front } from "./page.js"
 */

import { showBar } from "./bar.js";
import { compose } from "./compose.js";
import { followed, isFollowed } from "./following.js";
import { items, state } from "./page.js";
import { correction, headline, lead as makeLead, make, parts, topicName } from "./parts.js";
import { showTimes } from "./times.js";

/** Ids that the list showed when the reader paused it. @type {Set<string>|null} */
let frozen = null;

/** Whether new items wait until the reader resumes. */
export const isPaused = () => frozen !== null;

/** Hold new items back, or show them. Corrections and retractions are shown in any case. @param {boolean} paused */
export function setPaused(paused) {
  frozen = paused ? new Set(items.list().map(({ id }) => id)) : null;
  show();
}

/** Items that wait. */
export const waiting = () => (frozen ? items.list().filter(({ id }) => !frozen?.has(id)) : []);

/** @param {Set<string>} [newIds] Ids of items to highlight. */
export function show(newIds = new Set()) {
  update();
  if (!state) return;
  const list = state.following && followed();
  const shown = items.list().filter((item) => (!frozen || frozen.has(item.id)) && (!list || isFollowed(item, list)));
  const rows = state.front ? showFront(shown, state.front) : shown;
  if (state.rows) showRows(rows.slice(0, state.rows), newIds);
  showTimes();
}

/** Update and remove what the page shows of each item, wherever it stands. */
function update() {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-id]"))) {
    if (!node.isConnected || node.closest("news-ticker")) continue;
    const { id = "", version, part } = node.dataset;
    const item = items.get(id);
    // Lists of the past keep what has expired.
    const gone = node.closest("[data-past]") ? items.isRetracted(id) : items.isGone(id);
    if (gone) remove(node);
    else if (item && item.version > Number(version ?? 0)) {
      if (part && parts[part]) replace(node, parts[part](item));
      else if (part !== "lead" && version) amend(node, item);
    }
  }
}

/** Parts that only the server composes: the head of a story, and related items. */
const SERVED = ["h1", ".story-header > .summary", ".related, .sidebar > .section-items"];

/**
 * Remove what the server's page does not show any more, after a reset: the page may have missed its
 * retraction. `items` has those of the server's page, and those that the client has told of since.
 *
 * @param {Document|null} page Null if there is no such page any more.
 */
export function adopt(page) {
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  if (!page) {
    main.replaceChildren(); // at once; the reloaded page says why
    location.reload();
    return;
  }
  const log = /** @type {HTMLElement|null} */ (main.querySelector(".corrections"));
  const logged = /** @type {HTMLElement|null} */ (page.querySelector(".corrections"));
  if (log && logged && log.textContent !== logged.textContent) replace(log, logged);
  for (const selector of SERVED) {
    const before = /** @type {HTMLElement|null} */ (main.querySelector(selector));
    if (!before || ![before, ...before.querySelectorAll("[data-id]")].some(isDropped)) continue;
    const after = /** @type {HTMLElement|null} */ (page.querySelector(selector));
    if (after) replace(before, after);
    else before.remove();
  }
  for (const node of main.querySelectorAll("[data-id]")) {
    if (isDropped(node)) remove(/** @type {HTMLElement} */ (node));
  }
}

/** Whether neither the server's page nor a later event has the item of `node`. @param {Element} node */
function isDropped(node) {
  const { id } = /** @type {HTMLElement} */ (node).dataset;
  // The elements and the list of what is read most have their own items.
  return !!id && !items.get(id) && !node.closest("news-ticker, #most-read");
}

/** @param {HTMLElement} node */
function remove(node) {
  if (node.hasAttribute("data-page")) {
    node.remove(); // at once; the reloaded page explains the retraction
    location.reload();
  } else {
    (node.closest(".cards > li") ?? node).remove();
  }
}

/** Replace a node; a focused link in it keeps the focus. @param {HTMLElement} node @param {HTMLElement} by */
function replace(node, by) {
  const focused = node.matches(":focus-within");
  node.replaceWith(by);
  if (focused) by.querySelector("a")?.focus({ preventScroll: true });
}

/** Amend the texts of an item's own page, or of the head of a story. @param {HTMLElement} node @param {Item} item */
function amend(node, item) {
  for (const one of node.querySelectorAll(".headline")) (one.querySelector("a") ?? one).replaceChildren(...headline(item));
  const paragraph = node.matches(".summary") ? node : node.querySelector(".summary");
  if (paragraph) paragraph.textContent = item.summary;
  const marks = node.querySelector(".item-topics");
  if (marks && item.correction && !node.querySelector(".correction")) {
    marks.prepend(make("b", { class: "mark" }, state?.labels.corrected));
  }
  node.querySelector(".correction")?.remove();
  const note = correction(item);
  if (note) node.querySelector(".facts")?.after(note);
  node.dataset.version = String(item.version);
}

/** Show the front page, and return the rows of its list. @param {Item[]} shown @param {Front} front */
function showFront(shown, front) {
  const { lead, developments, top, latest, sections } = compose(shown, front);
  const place = /** @type {HTMLElement} */ (document.getElementById("lead"));
  const before = /** @type {HTMLElement|null} */ (place.firstElementChild);
  if (!lead) place.replaceChildren();
  else {
    const made = makeLead(lead, developments);
    if (!before) place.append(made);
    else if (signature(before) !== signature(made)) replace(before, made);
  }
  const topItems = /** @type {HTMLElement} */ (document.querySelector(".top-items"));
  topItems.hidden = top.length === 0;
  showCards(/** @type {HTMLElement} */ (topItems.querySelector(".cards")), top, top.length);
  showSections(sections);
  // The bar does not repeat the lead; with the lead alone, there is none.
  showBar(shown.length > 1, lead?.id ?? "");
  const head = /** @type {HTMLElement} */ (document.querySelector(".latest-head"));
  head.hidden = !!lead && latest.length === 0;
  return latest;
}

/** What a lead shows: its parts and their versions. @param {HTMLElement} node */
const signature = (node) =>
  [node, .../** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll("[data-id]"))]
    .map(({ dataset: { id, version } }) => `${id} ${version}`)
    .join();

/** @param {[string, Item[]][]} sections */
function showSections(sections) {
  const place = /** @type {HTMLElement} */ (document.getElementById("digests"));
  const before = new Map(
    /** @type {HTMLElement[]} */ ([...place.children]).map((node) => [node.dataset.section, node]),
  );
  const nodes = sections.map(([slug, found]) => {
    const node = before.get(slug) ?? section(slug);
    showCards(/** @type {HTMLElement} */ (node.querySelector(".cards")), found, 1);
    return node;
  });
  arrange(place, nodes);
}

/** @param {string} slug */
function section(slug) {
  return make(
    "section",
    { class: "digest", "data-section": slug, "aria-labelledby": `section-${slug}` },
    make(
      "h2",
      { class: "section-title", id: `section-${slug}` },
      make("a", { href: `${state?.home}/section/${encodeURIComponent(slug)}` }, topicName(slug)),
    ),
    make("ul", { class: "cards" }),
  );
}

/** @param {HTMLElement} list @param {Item[]} found @param {number} pictures Number of cards with pictures. */
function showCards(list, found, pictures) {
  const before = /** @type {HTMLElement[]} */ ([...list.children]);
  const nodes = found.map((item, n) => {
    const name = n < pictures ? "card" : "brief";
    const same = before.find((node) => node.querySelector(`[data-part="${name}"][data-id="${CSS.escape(item.id)}"]`));
    return same ?? make("li", {}, parts[name](item));
  });
  arrange(list, nodes);
}

/** @param {Item[]} shown @param {Set<string>} newIds */
function showRows(shown, newIds) {
  const list = document.getElementById("rows");
  const empty = document.getElementById("empty");
  if (!list || !empty) return;
  const before = /** @type {HTMLElement[]} */ ([...list.children]);
  const nodes = shown.map((item) => before.find(({ dataset }) => dataset.id === item.id) ?? parts.row(item));
  for (const node of nodes) if (newIds.has(node.dataset.id ?? "")) node.classList.add("new");
  arrange(list, nodes);
  // The lead of a front page may be its only item.
  empty.hidden = nodes.length > 0 || !!document.querySelector("[data-part=lead]");
}

/** Make `nodes` the children of `place`, moving as few as possible. @param {HTMLElement} place @param {HTMLElement[]} nodes */
function arrange(place, nodes) {
  const kept = new Set(nodes);
  for (const node of [...place.children]) if (!kept.has(/** @type {HTMLElement} */ (node))) node.remove();
  /** @type {Element|null} */
  let at = place.firstElementChild;
  for (const node of nodes) {
    if (node === at) at = at.nextElementSibling;
    else place.insertBefore(node, at);
  }
}
