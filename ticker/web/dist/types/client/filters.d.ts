/**
 * Return the parameters of a query. Throws a TypeError for a name that is unknown there: a misspelt one would
 * show too much.
 *
 * @param {Filter} filter @returns {URLSearchParams}
 */
export function queryOf({ any, ...filter }: Filter): URLSearchParams;
/**
 * Return the `filter` of a `subscribe` message for a query, and its backlog.
 *
 * @param {string} query @returns {{filter: Record<string, unknown>, backlog?: string}}
 */
export function messageOf(query: string): {
    filter: Record<string, unknown>;
    backlog?: string;
};
export function partsOf(query: string): number;
/**
 * A value or several of each facet.
 */
export type Facets = {
    edition?: string | readonly string[] | undefined;
    section?: string | readonly string[] | undefined;
    region?: string | readonly string[] | undefined;
    tag?: string | readonly string[] | undefined;
    story?: string | readonly string[] | undefined;
};
/**
 * Facets are combined with AND, values of one
 *   facet with OR. `level` is the lowest level. An item that has one of the values in `exclude` does not match.
 */
export type Alternative = Facets & {
    level?: Level;
    exclude?: Facets;
};
/**
 * An item must also match one of `any`, if there
 *   are some.
 */
export type Filter = Alternative & {
    any?: readonly Alternative[];
};
import type { Level } from "./state.js";
