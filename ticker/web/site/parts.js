/**
 * Items as the site shows them: the same markup as templates/cards.html makes.
 * tests/browser/test_live_page.py compares the two.
 *
 * @import { Item } from "../client/index.js"
 * @import { PageState } from "./page.js"
 */

import { state } from "./page.js";
import { pictureOf } from "./picture-of.js";

const page = /** @type {PageState} */ (state);
/** Characters of a short and of a medium headline; as in ticker/site/item_views.py. */
const SHORT_MAX = 45;
const MEDIUM_MAX = 90;
const SIZES = { lead: "(min-width: 64rem) 44rem, 100vw", other: "(min-width: 64rem) 18rem, 40vw" };

/**
 * Create an element. Attributes that are null or false are left out, children likewise.
 *
 * @param {string} tag
 * @param {Record<string, string|number|null|undefined|false>} attributes
 * @param {(Node|string|null|undefined|false|"")[]} children
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(.../** @type {(Node|string)[]} */ (children.filter(Boolean)));
  return node;
}

/** @param {string} name @param {Item} item */
const part = (name, { id, version, level }) => ({
  "data-part": name,
  "data-id": id,
  "data-version": version,
  "data-level": level,
});

/** @param {string} tag */
const primary = (tag) => tag.toLowerCase().split("-")[0];
/** The language of labels beside the item's own text, if it is another. @param {Item} item */
const labelsLang = ({ language }) =>
  primary(language) === primary(page.lang) ? {} : { lang: page.lang, dir: page.dir };
/** @param {Item} item */
const ownLang = ({ language: lang, dir }) => ({ lang, dir });

/** @param {string} at */
const time = (at) => make("time", { datetime: at });

/** @param {Item} item */
function marks(item) {
  const { level, pinned, correction, verification } = item;
  const names = [pinned && "pinned", correction && "corrected", verification !== "confirmed" && verification];
  return make(
    "p",
    { class: "marks", ...labelsLang(item) },
    level !== "ticker" && make("b", { class: `level level-${level}` }, page.labels[level]),
    ...names.flatMap((name) => (name ? [" ", make("b", { class: "mark" }, page.labels[name])] : [])),
    " ",
    time(item.published_at),
  );
}

/** The headline, with the speaker in front. @param {Item} item @returns {(Node|string)[]} */
export function headline({ speaker, headline: text }) {
  if (!speaker) return [text];
  const begins = text.startsWith(speaker);
  return [make("b", { class: "speaker" }, speaker), begins ? "" : ": ", begins ? text.slice(speaker.length) : text];
}

/** @param {Item} item @param {string} tag */
const title = (item, tag) =>
  make(tag, { class: "headline", ...ownLang(item) }, make("a", { href: `/item/${item.id}` }, ...headline(item)));

/** @param {Item} item */
const summary = (item) => item.summary && make("p", { class: "summary", ...ownLang(item) }, item.summary);

/** @param {Item} item */
export function correction(item) {
  const note = item.correction;
  if (!note) return null;
  return make(
    "p",
    { class: "correction" },
    make("b", labelsLang(item), page.texts.correction),
    " ",
    time(note.at),
    " ",
    make("bdi", {}, note.text),
  );
}

const TYPES = { avif: "image/avif", webp: "image/webp", jpg: "image/jpeg" };

/** @param {Item} item @param {boolean} [first] */
function picture(item, first = false) {
  const found = pictureOf(item);
  if (!found) return null;
  const { href, alt, credit, renditions } = found;
  const { width, height, widths = [], formats = [] } = renditions ?? { width: 1200, height: 675 };
  const sizes = renditions && (first ? SIZES.lead : SIZES.other);
  /** The addresses of one format: as in ticker/domain/renditions.py. @param {string} [format] */
  const srcset = (format) => format && widths.map((one) => `${href.replace(/[^/]*$/, "")}${one}.${format} ${one}w`).join(", ");
  const sources = formats.slice(0, -1).map((format) => make("source", { type: TYPES[format], srcset: srcset(format), sizes }));
  const image = make("img", {
    src: href,
    srcset: srcset(formats.at(-1)),
    sizes,
    alt: alt ?? "",
    width,
    height,
    fetchpriority: first && "high",
    loading: !first && "lazy",
    decoding: "async",
  });
  return make(
    "figure",
    { class: "picture" },
    renditions ? make("picture", {}, ...sources, image) : image,
    first && credit && make("figcaption", {}, make("bdi", {}, credit)),
  );
}

/** @param {Item} item */
function length({ speaker, headline: text }) {
  const whole = speaker && !text.startsWith(speaker) ? `${speaker}: ${text}` : text;
  const characters = [...whole].length;
  return characters <= SHORT_MAX ? "short" : characters <= MEDIUM_MAX ? "medium" : "long";
}

/** @param {Item} item @param {Item[]} developments */
export function lead(item, developments) {
  const { story } = item;
  const body = item.summary || item.correction || developments.length || story;
  return make(
    "article",
    { class: "lead", ...part("lead", item), "data-length": length(item) },
    make("div", { class: "lead-head" }, marks(item), title(item, "h2")),
    picture(item, true),
    !!body &&
      make(
        "div",
        { class: "lead-body" },
        summary(item),
        correction(item),
        developments.length > 0 &&
          make("ul", { class: "developments" }, ...developments.map((one) => parts.development(one))),
        story &&
          make(
            "p",
            { class: "more-links", ...textsLang() },
            make("a", { href: `/story/${story}?edition=${encodeURIComponent(page.facets.edition)}` }, page.texts.fullStory),
          ),
      ),
  );
}

/** The language of the page's texts, if the edition's language has no translation. */
function textsLang() {
  return primary(document.documentElement.lang) === primary(page.lang) ? {} : { lang: page.lang };
}

/** @param {Item} item @param {"card"|"brief"} name */
function card(item, name) {
  const shown = name === "card" && picture(item);
  return make(
    "article",
    { class: "card", ...part(name, item), "data-length": length(item) === "long" && "long" },
    shown,
    make(
      "div",
      { class: "card-text" },
      marks(item),
      title(item, "h3"),
      name === "card" && !shown && summary(item),
      correction(item),
    ),
  );
}

/** A topic without a translated name shows its slug: "city-hall" becomes "City hall". @param {string} slug */
export const topicName = (slug) =>
  page.topics[slug] ?? (slug[0].toUpperCase() + slug.slice(1).toLowerCase()).replaceAll("-", " ");

/** @param {Item} item */
function facts(item) {
  const topics = [...item.sections, ...item.regions];
  const source = item.source && !item.headline.includes(item.source) ? item.source : "";
  if (!topics.length && !source) return null;
  return make(
    "p",
    { class: "facts", ...labelsLang(item) },
    ...topics.flatMap((slug) => [make("span", {}, topicName(slug)), " "]),
    source && make("bdi", {}, source),
  );
}

/** Makers of the parts, by the value of `data-part`. @type {Record<string, (item: Item) => HTMLElement>} */
export const parts = {
  card: (item) => card(item, "card"),
  brief: (item) => card(item, "brief"),
  development: (item) => make("li", part("development", item), marks(item), title(item, "h3"), correction(item)),
  row: (item) =>
    make(
      "li",
      { class: "row", ...part("row", item) },
      marks(item),
      make("div", { class: "row-text" }, title(item, "h3"), summary(item), correction(item), facts(item)),
      picture(item),
    ),
  result: (item) =>
    make(
      "li",
      part("result", item),
      marks(item),
      title(item, "h2"),
      summary(item),
      correction(item),
      facts(item),
    ),
  read: (item) => make("li", part("read", item), title(item, "h3"), correction(item)),
};
