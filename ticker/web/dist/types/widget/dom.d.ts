/** Elements without markup: text stays text, and the strictest policy has nothing to forbid. */
/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [name] Its class, and its part for the styles of the page.
 * @param {(Node|string|null|undefined|false)[]} children Strings become text, never markup.
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element<T extends keyof HTMLElementTagNameMap>(tag: T, name?: string, ...children: (Node | string | null | undefined | false)[]): HTMLElementTagNameMap[T];
/**
 * A button with a sign and a name.
 *
 * @param {string} name Which of the signs.
 * @param {() => void} onClick
 * @param {string} [text] Its accessible name; `label` may change it.
 */
export function button(name: string, onClick: () => void, text?: string): HTMLButtonElement;
/** @param {HTMLElement} made A button. @param {string} text @param {string} path */
export function label(made: HTMLElement, text: string, path: string): void;
/**
 * The address if it leads to the web, else null: a `javascript:` link must never reach an `href`.
 *
 * @param {string|null} link
 */
export function webAddress(link: string | null): string | null;
/** @type {Record<string, string>} Drawn in a field of 20 by 20. */
export const SIGNS: Record<string, string>;
