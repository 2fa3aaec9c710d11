/**
 * The timeline of a story: new updates wait behind a button, so that the page does not move under the
 * reader; corrections and retractions are applied at once.
 *
 * @import { Item } from "../client/index.js"
 */

import { items } from "./page.js";
import { showTimes } from "./times.js";

/** Time between two announcements to screen readers, at least. */
const ANNOUNCE_MS = 2_000;
/** Updates that wait at most; of more, the newest. */
const WAITING_MAX = 100;

const timeline = /** @type {HTMLElement|null} */ (document.querySelector(".timeline"));
if (timeline) follow(timeline);

/** @param {HTMLElement} timeline */
function follow(timeline) {
  const bar = /** @type {HTMLElement} */ (document.getElementById("updates-bar"));
  const button = /** @type {HTMLButtonElement} */ (bar.querySelector(".new-updates"));
  const toNewest = /** @type {HTMLElement} */ (bar.querySelector(".to-newest"));
  const status = /** @type {HTMLElement} */ (bar.querySelector("[role=status]"));
  const { story, edition, labels: labelsJson = "{}" } = timeline.dataset;
  /** @type {Record<string, string>} */
  const labels = JSON.parse(labelsJson);
  const { locale } = document.body.dataset;
  const timeFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const dayFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

  /** Updates that wait, by id. @type {Map<string, Item>} */
  const waiting = new Map();

  items.addEventListener("change", (event) => {
    const message = /** @type {CustomEvent<import("../client/index.js").Message|import("./page.js").Refetched>} */ (event).detail;
    if (message.type === "page" && message.page) removeDropped();
    if (message.type !== "item") items.list().forEach(consider);
    else if (message.action === "retract" || message.action === "expire") remove(message.item.id);
    else consider(message.item);
    for (const day of timeline.children) if (!day.querySelector(".update")) day.remove();
    showBar();
  });

  /** Show an item in its latest version, or let it wait. @param {Item} item */
  function consider(item) {
    const row = document.getElementById(`u-${item.id}`);
    if (item.edition !== edition || item.story !== story) remove(item.id);
    else if (!row) wait(item);
    else if (item.version > Number(row.dataset.shown)) replaceRow(row, item);
  }

  /** @param {string} id */
  function remove(id) {
    waiting.delete(id);
    const row = document.getElementById(`u-${id}`);
    if (row) removeRow(row);
  }

  /** Remove the updates that the server's page does not have any more. */
  function removeDropped() {
    for (const { dataset } of /** @type {NodeListOf<HTMLElement>} */ (timeline.querySelectorAll(".update"))) {
      if (!items.get(dataset.id ?? "")) remove(dataset.id ?? "");
    }
    for (const id of [...waiting.keys()]) if (!items.get(id)) remove(id);
  }

  /** @param {Item} item */
  function wait(item) {
    const known = waiting.get(item.id);
    if (known && known.version >= item.version) return;
    waiting.set(item.id, item);
    if (waiting.size > WAITING_MAX) waiting.delete(/** @type {string} */ (waiting.keys().next().value));
  }

  /** @param {HTMLElement} row */
  function removeRow(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const focused = row.matches(":focus-within");
    row.remove();
    if (focused) /** @type {HTMLElement|null} */ (next?.querySelector("a") ?? timeline.querySelector("a"))?.focus();
  }

  /** Replace a row; the focus stays on its headline. @param {HTMLElement} row @param {Item} item */
  function replaceRow(row, item) {
    const focused = row.matches(":focus-within");
    const made = makeRow(item);
    row.replaceWith(made);
    showTimes(made);
    if (focused) made.querySelector("a")?.focus({ preventScroll: true });
  }

  // The button.

  let announcedAt = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;

  function showBar() {
    const { one = "", many = "" } = button.dataset;
    const count = waiting.size;
    button.hidden = count === 0;
    button.textContent = count === 1 ? one : many.replace("{n}", `${count}`);
    clearTimeout(timer);
    timer = setTimeout(announce, Math.max(0, announcedAt + ANNOUNCE_MS - Date.now()));
  }

  function announce() {
    const text = waiting.size ? button.textContent : "";
    if (status.textContent === text) return;
    status.textContent = text;
    announcedAt = Date.now();
  }

  button.addEventListener("click", () => {
    const rows = [...waiting.values()]
      .sort((a, b) => (a.published_at < b.published_at ? -1 : 1))
      .map((item) => insert(makeRow(item)));
    waiting.clear();
    showTimes(timeline);
    showBar();
    const newest = rows.at(-1);
    if (!newest) return;
    for (const row of rows) row.classList.add("is-new");
    newest.tabIndex = -1;
    newest.focus({ preventScroll: true });
    newest.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
  });

  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** Insert a row at its place by time, in its day. @param {HTMLElement} row */
  function insert(row) {
    const { published = "" } = row.dataset;
    const list = dayOf(published.slice(0, 10));
    const older = /** @type {HTMLElement[]} */ ([...list.children]).find((one) => (one.dataset.published ?? "") < published);
    list.insertBefore(row, older ?? null);
    return row;
  }

  /** The list of a day, made if it is the first update of that day. @param {string} at An ISO date. */
  function dayOf(at) {
    const days = /** @type {HTMLElement[]} */ ([...timeline.children]);
    const found = days.find(({ dataset }) => dataset.day === at);
    if (found) return /** @type {HTMLElement} */ (found.querySelector("ol"));
    const list = make("ol");
    const title = make("h3", { class: "day-title" }, dayFormat.format(new Date(`${at}T00:00Z`)));
    const day = make("section", { class: "day", "data-day": at }, title, list);
    timeline.insertBefore(day, days.find(({ dataset }) => (dataset.day ?? "") < at) ?? null);
    return list;
  }

  /** The same row as in timeline.html. @param {Item} item */
  function makeRow(item) {
    const { id, version, level, published_at, language: lang, dir, headline, speaker, summary, correction, source } = item;
    const marks = make("p", { class: "marks" });
    if (labels[level]) marks.append(make("b", { class: `level level-${level}` }, labels[level]), " ");
    if (correction && labels.corrected) marks.append(make("b", { class: "mark" }, labels.corrected), " ");
    marks.append(timeOf(published_at));
    const link = make("a", { href: `/item/${id}` });
    const rest = speaker && headline.startsWith(speaker) ? headline.slice(speaker.length) : headline;
    if (speaker) link.append(make("b", { class: "speaker" }, speaker), rest === headline ? ": " : "");
    link.append(rest);
    const row = make(
      "li",
      { class: "update", id: `u-${id}`, "data-id": id, "data-shown": `${version}`, "data-level": level, "data-published": published_at },
      marks,
      make("h4", { class: "headline", lang, dir }, link),
    );
    if (summary) row.append(make("p", { class: "summary", lang, dir }, summary));
    if (correction) {
      const note = make("bdi", {}, correction.text);
      row.append(make("p", { class: "correction" }, make("b", {}, labels.correction ?? ""), " ", timeOf(correction.at), " ", note));
    }
    if (source && !headline.includes(source)) row.append(make("p", { class: "facts" }, make("bdi", {}, source)));
    return row;
  }

  /** @param {string} at */
  function timeOf(at) {
    return make("time", { datetime: at }, timeFormat.format(new Date(at)));
  }

  // The link to the newest update, once the reader has scrolled past it.

  new IntersectionObserver(([{ isIntersecting, boundingClientRect }]) => {
    toNewest.hidden = isIntersecting || boundingClientRect.top > 0;
  }).observe(/** @type {Element} */ (document.getElementById("latest-title")));
}

/** @param {string} tag @param {Record<string, string>} [attributes] @param {(Node|string)[]} children */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
