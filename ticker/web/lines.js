/**
 * The list of one edition: a keyed view of a board. What did not change is not touched, so a
 * reader's focus, selection and scroll position survive every update.
 *
 * @import { Item } from "./client.js"
 * @import { Edition } from "./words.js"
 */

import { ago, clockTime, fullTime, LANGUAGES, say, topic } from "./words.js";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [name] Its class.
 * @param {(Node|string|null)[]} children Strings become text, never markup.
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, name = "", ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * The address if it leads to the web, else null: a `javascript:` link must never reach an `href`.
 *
 * @param {string|null} link
 */
export function webAddress(link) {
  if (!link || !URL.canParse(link)) return null;
  const url = new URL(link);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
}

/**
 * @param {Item} item
 * @param {string} at
 * @param {Edition} edition
 */
export function timeOf(item, at, edition) {
  const time = element("time", "time");
  time.dateTime = at;
  time.title = fullTime(edition, Date.parse(at));
  time.textContent = ago(edition, Date.parse(at), Date.now());
  return time;
}

/**
 * Bring the relative times under `root` up to date.
 *
 * @param {ParentNode} root
 * @param {Edition} edition
 */
export function refreshTimes(root, edition) {
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll(".time"))) {
    const text = ago(edition, Date.parse(time.dateTime), Date.now());
    if (time.textContent !== text) time.textContent = text;
  }
}

/**
 * Headline with its speaker, linked if it leads somewhere, in its own language and direction.
 *
 * @template {"h3"|"p"} T
 * @param {Item} item
 * @param {T} tag
 * @param {string} name
 */
export function headline(item, tag, name) {
  const link = webAddress(item.link);
  const words = link ? element("a") : element("span");
  if (words instanceof HTMLAnchorElement) words.href = link ?? "";
  const { speaker } = item;
  const named = speaker !== null && item.headline.startsWith(speaker);
  if (speaker) words.append(element("bdi", "speaker", speaker), named ? "" : ": ");
  words.append(named ? item.headline.slice(speaker.length) : item.headline);
  const line = element(tag, name, words);
  line.lang = item.language;
  line.dir = item.dir;
  return line;
}

/**
 * The level's tag; null for a plain line.
 *
 * @param {Item} item
 * @param {Edition} edition
 */
export function levelTag(item, edition) {
  if (item.level === "ticker") return null;
  return element("span", `tag tag-${item.level}`, say(edition, item.level));
}

/** @param {Item} item @param {Edition} edition */
function drawn(item, edition) {
  const row = element("li", "line");
  row.dataset.id = item.id;
  row.dataset.level = item.level;
  row.classList.toggle("is-pinned", item.pinned);
  const { verification } = item;
  row.append(
    element(
      "p",
      "line-top",
      levelTag(item, edition),
      item.pinned ? element("span", "mark", say(edition, "pinned")) : null,
      item.correction ? element("span", "mark mark-corrected", say(edition, "corrected")) : null,
      verification === "confirmed" ? null : element("span", "mark", say(edition, verification)),
      timeOf(item, item.published_at, edition),
    ),
    headline(item, "h3", "headline"),
  );
  if (item.summary) row.append(ownText("summary", item, item.summary));
  if (item.correction) {
    const when = element("span", "when", clockTime(edition, Date.parse(item.correction.at)));
    const note = element("p", "correction", when, " ");
    note.append(element("bdi", "", item.correction.text));
    row.append(note);
  }
  const facts = [...item.sections, ...item.regions].map((slug) =>
    element("span", "topic", topic(edition, slug)),
  );
  if (item.source && !item.headline.includes(item.source)) {
    facts.push(element("span", "source", say(edition, "source", { name: item.source })));
  }
  if (facts.length) row.append(element("p", "facts", ...facts));
  return row;
}

/** @param {string} name @param {Item} item @param {string} text */
function ownText(name, item, text) {
  const paragraph = element("p", name, text);
  paragraph.lang = item.language;
  paragraph.dir = item.dir;
  return paragraph;
}

/** One edition's column: heading, list, and what stands there before and without lines. */
export class Column {
  /** @type {Map<string, {item: Item, row: HTMLLIElement}>} */
  #rows = new Map();
  #list = element("ol", "lines");

  /** @param {Edition} edition */
  constructor(edition) {
    this.edition = edition;
    const { name, dir } = LANGUAGES[edition];
    this.heading = element("h2", "column-name", name);
    this.heading.tabIndex = -1; // focus goes here when the focused line is retracted
    this.empty = element(
      "div",
      "empty",
      element("p", "empty-title", say(edition, "emptyTitle")),
      element("p", "", say(edition, "emptyText")),
    );
    this.empty.hidden = true;
    this.root = element("section", "column", this.heading, this.#list, this.empty);
    this.root.id = `edition-${edition}`;
    this.root.lang = edition;
    this.root.dir = dir;
    this.heading.id = `name-${edition}`;
    this.#list.setAttribute("aria-labelledby", this.heading.id);
    this.root.setAttribute("aria-busy", "true");
  }

  /**
   * Show exactly `items`, in that order; those whose id is in `fresh` light up once.
   *
   * @param {readonly Item[]} items
   * @param {ReadonlySet<string>} fresh
   */
  show(items, fresh) {
    this.root.setAttribute("aria-busy", "false");
    const wanted = new Set(items.map(({ id }) => id));
    for (const [id, { row }] of this.#rows) {
      if (wanted.has(id)) continue;
      if (row.contains(document.activeElement)) this.heading.focus({ preventScroll: true });
      row.remove();
      this.#rows.delete(id);
    }
    const rows = items.map((item) => this.#row(item, fresh.has(item.id)));
    /** @type {ChildNode|null} */
    let place = this.#list.firstChild;
    for (const row of rows) {
      if (row === place) place = row.nextSibling;
      else this.#list.insertBefore(row, place);
    }
    this.empty.hidden = items.length > 0;
  }

  /** @param {Item} item @param {boolean} fresh */
  #row(item, fresh) {
    const old = this.#rows.get(item.id);
    if (old?.item.version === item.version) return old.row;
    const row = drawn(item, this.edition);
    row.classList.toggle("is-fresh", fresh);
    if (old) {
      const focused = old.row.contains(document.activeElement);
      old.row.replaceWith(row);
      if (focused) row.querySelector("a")?.focus({ preventScroll: true });
    }
    this.#rows.set(item.id, { item, row });
    return row;
  }
}
