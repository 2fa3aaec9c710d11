/**
 * The options of the element as a framework's properties, and the attributes that they become.
 *
 * Nothing here needs a browser: servers that render pages import it too.
 *
 * @import { Item, Level } from "../client/index.js"
 *
 * @typedef {"bar"|"list"|"toast"|"crawl"|"screen"} Layout
 * @typedef {string|readonly string[]} Values One value or several; a string may separate them with commas.
 *
 * @typedef {object} Options docs/guide/embed.md explains them and has their defaults.
 * @property {string} server Address of the newsroom, such as `https://news.example`.
 * @property {Values|undefined} [edition]
 * @property {Values|undefined} [section]
 * @property {Values|undefined} [region]
 * @property {Values|undefined} [tag]
 * @property {Values|undefined} [story]
 * @property {Level|undefined} [level] The lowest level.
 * @property {Layout|undefined} [layout]
 * @property {number|undefined} [count] Maximum number of items.
 * @property {"light"|"dark"|"auto"|undefined} [theme]
 * @property {string|undefined} [breaking] Lowest level and largest age of breaking news, such as `urgent 20m`.
 * @property {Values|undefined} [skip] Ids of items that the page shows elsewhere.
 * @property {boolean|undefined} [dismissible]
 * @property {string|undefined} [itemHref] Address that items link to, with `{id}`.
 * @property {string|undefined} [timeZone] Zone of a screen's clock.
 * @property {string|undefined} [lang] Language of the controls.
 *
 * @typedef {object} ItemEvent
 * @property {"publish"|"update"|"correct"|"retract"|"expire"|"pin"|"unpin"} action
 * @property {Item} item A retracted or expired item has no text.
 */

/** Attribute of each option. */
export const ATTRIBUTES = /** @type {const} */ ({
  server: "server",
  edition: "edition",
  section: "section",
  region: "region",
  tag: "tag",
  story: "story",
  level: "level",
  layout: "layout",
  count: "count",
  theme: "theme",
  breaking: "breaking",
  skip: "skip",
  dismissible: "dismissible",
  itemHref: "item-href",
  timeZone: "time-zone",
  lang: "lang",
});

/**
 * Return the attributes of an element with these options. An option without a value has no attribute. Other
 * properties are ignored.
 *
 * @param {Readonly<Record<string, unknown>>} options
 * @returns {Record<string, string>}
 */
export function attributesOf(options) {
  /** @type {Record<string, string>} */
  const attributes = {};
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const value = options[name];
    if (value === true) attributes[attribute] = "";
    else if (value || value === 0) attributes[attribute] = String(value);
  }
  return attributes;
}
