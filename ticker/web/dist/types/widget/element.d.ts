export class NewsTicker extends HTMLElement {
    static observedAttributes: string[];
    /** The client under it; null while the element is in no page. */
    get ticker(): import("./index.js").Ticker | null;
    connectedCallback(): void;
    /** An element that is only moved comes back within the same task: then nothing is torn down. */
    disconnectedCallback(): void;
    /** @param {string} _name @param {string|null} before @param {string|null} now */
    attributeChangedCallback(_name: string, before: string | null, now: string | null): void;
    #private;
}
