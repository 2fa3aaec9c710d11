/**
 * Render one item: level, marks and time, the headline in its own language and direction, and details.
 * A row is rendered once for each version of its item; afterwards only its time changes.
 *
 * @import { Item } from "../client/index.js"
 * @import { Settings } from "./controller.js"
 * @import { Words } from "./words.js"
 */

import { element } from "./dom.js";
import { fill, relativeTime } from "./words.js";

/** Return the headline, with the speaker in front if it does not name them. @param {Item} item */
export function fullHeadline({ speaker, headline }) {
  return speaker && !headline.startsWith(speaker) ? `${speaker}: ${headline}` : headline;
}

/** Create a paragraph in the item's language. @param {string} name @param {Item} item @param {(Node|string)[]} children */
function paragraph(name, item, ...children) {
  const node = element("p", name, ...children);
  node.lang = item.language;
  node.dir = item.dir;
  return node;
}

/**
 * @param {Item} item
 * @param {(item: Item) => string|null} href
 */
function headline(item, href) {
  const address = href(item);
  const node = element(address ? "a" : "span");
  if (address) /** @type {HTMLAnchorElement} */ (node).href = address;
  const { speaker } = item;
  const text = fullHeadline(item);
  if (speaker) node.append(element("bdi", "speaker", speaker));
  node.append(text.slice(speaker?.length ?? 0));
  return paragraph("headline", item, node);
}

/**
 * @param {Item} item
 * @param {Settings} settings
 */
export function itemRow(item, { words, href }) {
  const { level, verification, correction, source } = item;
  const time = element("time", "time");
  time.dateTime = item.published_at;
  const facts = [...item.sections, ...item.regions].map(
    // A topic without a translated name shows its slug: "arts-culture" becomes "Arts culture".
    (slug) => words.topics[slug] ?? slug[0].toUpperCase() + slug.slice(1).replaceAll("-", " "),
  );
  if (source && !item.headline.includes(source)) facts.push(fill(words.source, source));
  const row = element(
    "li",
    "item",
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
    item.summary && paragraph("summary", item, item.summary),
    correction && element("p", "correction", element("bdi", "", correction.text)),
    element("p", "facts", ...facts.map((fact) => element("span", "", fact))),
  );
  row.dataset.id = item.id;
  row.dataset.level = level;
  refreshTimes(row, words);
  return row;
}

/**
 * Update the relative times below `root`.
 *
 * @param {ParentNode} root
 * @param {Words} words
 */
export function refreshTimes(root, words) {
  for (const time of root.querySelectorAll("time")) {
    const text = relativeTime(words, Date.parse(time.dateTime), Date.now());
    if (time.textContent !== text) time.textContent = text;
  }
}
