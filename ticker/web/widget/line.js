/**
 * How one item looks: level, marks and time, the headline in its own language and direction, and
 * what else the public may know. Drawn once for each version; only its time changes afterwards.
 *
 * @import { Item } from "../client/index.js"
 * @import { Wanted } from "./screen.js"
 * @import { Words } from "./words.js"
 */

import { element } from "./dom.js";
import { ago, fill } from "./words.js";

/** Who says it and what. @param {Item} item */
export function spoken({ speaker, headline }) {
  return speaker && !headline.startsWith(speaker) ? `${speaker}: ${headline}` : headline;
}

/** @param {string} name @param {Item} item @param {(Node|string)[]} children */
function ownWords(name, item, ...children) {
  const made = element("p", name, ...children);
  made.lang = item.language;
  made.dir = item.dir;
  return made;
}

/**
 * @param {Item} item
 * @param {(item: Item) => string|null} href
 */
function headline(item, href) {
  const address = href(item);
  const words = element(address ? "a" : "span");
  if (address) /** @type {HTMLAnchorElement} */ (words).href = address;
  const { speaker } = item;
  const text = spoken(item);
  if (speaker) words.append(element("bdi", "speaker", speaker));
  words.append(text.slice(speaker?.length ?? 0));
  return ownWords("headline", item, words);
}

/**
 * @param {Item} item
 * @param {Wanted} wanted
 */
export function line(item, { words, href }) {
  const { level, verification, correction, source } = item;
  const time = element("time", "time");
  time.dateTime = item.published_at;
  const facts = [...item.sections, ...item.regions].map(
    // Without a name of its own a topic has a readable slug: "arts-culture", "Arts culture".
    (slug) => words.topics[slug] ?? slug[0].toUpperCase() + slug.slice(1).replaceAll("-", " "),
  );
  if (source && !item.headline.includes(source)) facts.push(fill(words.source, source));
  const row = element(
    "li",
    "line",
    element(
      "p",
      "marks",
      level !== "ticker" && element("span", "level", words[level]),
      item.pinned && element("span", "mark", words.pinned),
      correction && element("span", "mark corrected", words.corrected),
      verification !== "confirmed" && element("span", "mark", words[verification]),
      time,
    ),
    headline(item, href),
    item.summary && ownWords("summary", item, item.summary),
    correction && element("p", "correction", element("bdi", "", correction.text)),
    element("p", "facts", ...facts.map((fact) => element("span", "", fact))),
  );
  row.dataset.id = item.id;
  row.dataset.level = level;
  refreshTimes(row, words);
  return row;
}

/**
 * Bring the relative times under `root` up to date.
 *
 * @param {ParentNode} root
 * @param {Words} words
 */
export function refreshTimes(root, words) {
  for (const time of root.querySelectorAll("time")) {
    const text = ago(words, Date.parse(time.dateTime), Date.now());
    if (time.textContent !== text) time.textContent = text;
  }
}
