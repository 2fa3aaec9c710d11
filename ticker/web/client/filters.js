/**
 * Filters with alternatives and exclusions, as a query and as JSON (PROTOCOL.md §4 and §6). Pure. The widget
 * does without them.
 *
 * @import { Level } from "./state.js"
 *
 * @typedef {object} Facets A value or several of each facet.
 * @property {string|readonly string[]} [edition]
 * @property {string|readonly string[]} [section]
 * @property {string|readonly string[]} [region]
 * @property {string|readonly string[]} [tag]
 * @property {string|readonly string[]} [story]
 *
 * @typedef {Facets & {level?: Level, exclude?: Facets}} Alternative Facets are combined with AND, values of one
 *   facet with OR. `level` is the lowest level. An item that has one of the values in `exclude` does not match.
 * @typedef {Alternative & {any?: readonly Alternative[]}} Filter An item must also match one of `any`, if there
 *   are some.
 */

const NAMES = ["edition", "section", "region", "tag", "story"];

/**
 * Return the parameters of a query. Throws a TypeError for a name that is unknown there: a misspelt one would
 * show too much.
 *
 * @param {Filter} filter @returns {URLSearchParams}
 */
export function queryOf({ any = [], ...filter }) {
  const query = own(filter);
  for (const one of any) query.append("any", `${own(one)}`);
  return query;
}

/** @param {Alternative} filter */
function own({ level, exclude = {}, ...facets }) {
  const query = new URLSearchParams();
  add(query, "", facets);
  if (level) query.set("level", level);
  add(query, "not.", exclude);
  return query;
}

/** @param {URLSearchParams} query @param {string} prefix @param {Facets} facets */
function add(query, prefix, facets) {
  for (const [name, value] of Object.entries(facets)) {
    if (!NAMES.includes(name)) throw new TypeError(`unknown name ${name} in a filter`);
    if (value?.length) query.set(prefix + name, `${value}`);
  }
}

/**
 * Return the `filter` of a `subscribe` message for a query, and its backlog.
 *
 * @param {string} query @returns {{filter: Record<string, unknown>, backlog?: string}}
 */
export function messageOf(query) {
  const { backlog, ...filter } = json(query);
  return { filter, backlog: /** @type {string} */ (backlog) };
}

/** @param {string} query */
function json(query) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "any") (found.any ??= []).push(json(value));
    else if (name.startsWith("not.")) (found.not ??= {})[name.slice(4)] = value;
    else found[name] = value;
  }
  return found;
}

/** Return the number of filters in a query: one, and its alternatives. @param {string} query */
export const partsOf = (query) => 1 + new URLSearchParams(query).getAll("any").length;
