/** Return the headline, with the speaker in front if it does not name them. @param {Item} item */
export function fullHeadline({ speaker, headline }: Item): string;
/**
 * @param {Item} item
 * @param {Settings} settings
 */
export function itemRow(item: Item, { words, href, layout }: Settings): HTMLLIElement;
/**
 * Update the relative times below `root`.
 *
 * @param {ParentNode} root
 * @param {Words} words
 */
export function refreshTimes(root: ParentNode, words: Words): void;
import type { Item } from "../client/index.js";
import type { Settings } from "./controller.js";
import type { Words } from "./words.js";
