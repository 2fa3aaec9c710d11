export class NewsTicker extends HTMLElement {
    static observedAttributes: string[];
    /** The element's client; null while the element is not in a document. */
    get ticker(): import("./index.js").Ticker | null;
    connectedCallback(): void;
    /** Stop, unless the element was only moved: then it is connected again in the same task. */
    disconnectedCallback(): void;
    /** @param {string} _name @param {string|null} before @param {string|null} now */
    attributeChangedCallback(_name: string, before: string | null, now: string | null): void;
    #private;
}
