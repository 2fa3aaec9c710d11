/** Who says it and what. @param {Item} item */
export function spoken({ speaker, headline }: Item): string;
/**
 * @param {Item} item
 * @param {Wanted} wanted
 */
export function line(item: Item, { words, href }: Wanted): HTMLLIElement;
/**
 * Bring the relative times under `root` up to date.
 *
 * @param {ParentNode} root
 * @param {Words} words
 */
export function refreshTimes(root: ParentNode, words: Words): void;
import type { Item } from "../client/index.js";
import type { Wanted } from "./screen.js";
import type { Words } from "./words.js";
