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

/**
 * Create an element in the language of the item or of the labels.
 *
 * @param {string} name
 * @param {{language?: string, lang?: string, dir: string}} text
 * @param {(Node|string|null|false)[]} children
 */
function paragraph(name, { language, lang = language, dir }, ...children) {
  const node = element("p", name, ...children);
  node.lang = lang ?? "";
  node.dir = dir;
  return node;
}

/**
 * @param {Item} item
 * @param {Settings} settings
 */
export function itemRow(item, { words, href, layout }) {
  const { id, level, verification, correction, source, speaker, summary, published_at } = item;
  const time = element("time", "time");
  time.dateTime = published_at;
  const marks = paragraph(
    "marks",
    words,
    level !== "ticker" && element("span", "level", words[level]),
    correction && element("span", "mark corrected", words.corrected),
    verification === "developing" && element("span", "mark", words.developing),
    time,
  );

  const address = href(item);
  const link = element(address ? "a" : "span");
  if (address) /** @type {HTMLAnchorElement} */ (link).href = address;
  if (speaker) link.append(element("bdi", "speaker", speaker));
  link.append(fullHeadline(item).slice(speaker?.length ?? 0));
  const headline = paragraph("headline", item, link);
  // In the bar, the time is part of the line.
  const inline = layout === "bar";
  if (inline) headline.prepend(marks, " ");

  const facts = [...item.sections, ...item.regions].map((slug) => words.topics?.[slug]);
  if (source && !item.headline.includes(source)) facts.push(fill(words.source, source));
  const row = element(
    "li",
    "item",
    !inline && marks,
    headline,
    summary && paragraph("summary", item, summary),
    correction && element("p", "correction", element("bdi", "", correction.text)),
    element("p", "facts", ...facts.map((fact) => fact && element("span", "", fact))),
  );
  row.dataset.id = id;
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
    const text = relativeTime(words, Date.parse(time.dateTime), Date.now()).replace("قبل", "منذ");
    if (time.textContent !== text) time.textContent = text;
  }
}
