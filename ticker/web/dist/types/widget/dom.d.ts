/** Create DOM nodes without markup: text is never parsed as HTML, so Trusted Types need no exception. */
/**
 * Create an element.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [name] Its class, and its `part` for the page's styles.
 * @param {(Node|string|null|undefined|false)[]} children Strings become text nodes.
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element<T extends keyof HTMLElementTagNameMap>(tag: T, name?: string, ...children: (Node | string | null | undefined | false)[]): HTMLElementTagNameMap[T];
/**
 * Create a button with an icon and an accessible name.
 *
 * @param {string} name Key in `ICONS`.
 * @param {() => void} onClick
 * @param {string} [text] Accessible name; `setLabel` changes it.
 */
export function button(name: string, onClick: () => void, text?: string): HTMLButtonElement;
/** Set a button's accessible name and icon. @param {HTMLElement} node @param {string} text @param {string} path */
export function setLabel(node: HTMLElement, text: string, path: string): void;
/**
 * Return the absolute address if its scheme is HTTP or HTTPS, else null: a `javascript:` link must never
 * become an `href`.
 *
 * @param {string|null} link
 */
export function webAddress(link: string | null): string | null;
/** @type {Record<string, string>} SVG paths in a view box of 20 × 20. */
export const ICONS: Record<string, string>;
