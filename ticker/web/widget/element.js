/**
 * `<news-ticker>`: the newsroom's lines on any page. docs/guide/embed.md lists attributes, parts, custom
 * properties and events.
 *
 * The element reads its attributes and lives as long as it is in a page; what it shows and when is
 * the `Screen`'s business. Before the first answer there is something to see already: what the
 * server rendered into the element, or what the last visit left in the browser.
 *
 * @import { Board, Item } from "../client/index.js"
 * @import { Wanted } from "./screen.js"
 */

import { FACETS } from "../client/index.js";
import { webAddress } from "./dom.js";
import { Screen } from "./screen.js";
import css from "./style.css";
import { learn, words } from "./words.js";

/** The most lines that a layout shows. */
const COUNTS = /** @type {Record<string, number>} */ ({ bar: 8, toast: 1, list: 200 });
const OTHERS = ["server", "layout", "count", "lang", "dismissible", "item-href"];

/** One for all elements of the page. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

export class NewsTicker extends HTMLElement {
  static observedAttributes = [...FACETS, ...OTHERS];

  /** @type {Screen|null} While the element is in a page. */
  #screen = null;
  #root = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** The client under it; null while the element is in no page. */
  get ticker() {
    return this.#screen?.ticker ?? null;
  }

  connectedCallback() {
    // A parser that is still at work may not have come to what the server rendered inside.
    if (document.readyState === "loading" && !this.querySelector("script")) {
      document.addEventListener("DOMContentLoaded", () => this.#change(), { once: true });
    } else {
      this.#change();
    }
  }

  /** An element that is only moved comes back within the same task: then nothing is torn down. */
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#end());
  }

  /** @param {string} _name @param {string|null} before @param {string|null} now */
  attributeChangedCallback(_name, before, now) {
    if (before === now || !this.#screen) return;
    this.#end();
    this.#change();
  }

  /** Begin, after the present task: several attributes that change in it make one beginning. */
  async #change() {
    const board = this.#rendered();
    const [edition] = (this.getAttribute("edition") ?? "").split(",");
    const name = this.getAttribute("lang") || edition || document.documentElement.lang || "en";
    await (words[name] ?? learn(name, this.#server));
    if (!this.isConnected || this.#screen) return;
    const spoken = words[name] ?? words.en;
    this.#screen = new Screen(this, this.#root, { ...this.#wanted(), board, words: spoken });
  }

  #end() {
    this.#screen?.end();
    this.#screen = null;
  }

  /** @returns {Omit<Wanted, "words"|"board">} */
  #wanted() {
    const said = this.getAttribute("layout") ?? "";
    const layout = COUNTS[said] > 0 ? said : "list";
    const template = this.getAttribute("item-href");
    /** @param {Item} item */
    const href = ({ id, link }) => webAddress(template?.replace("{id}", id) ?? link);
    return {
      layout,
      href,
      facets: Object.fromEntries(FACETS.map((name) => [name, this.getAttribute(name) ?? ""])),
      level: this.getAttribute("level") ?? (layout === "toast" ? "urgent" : "ticker"),
      count: Math.min(COUNTS[layout], Number(this.getAttribute("count")) || 10),
      dismissible: this.hasAttribute("dismissible"),
      server: this.#server,
    };
  }

  /** The newsroom: as said, else where this module came from. */
  get #server() {
    const said = this.getAttribute("server");
    return said ? new URL(said.replace(/\/?$/, "/"), document.baseURI) : new URL(".", import.meta.url);
  }

  /**
   * Where the server's rendering stands (`GET /v1/embed`), if it rendered; its words are taken over.
   * It is good once: afterwards the element may be asked for something else.
   *
   * @returns {Board|undefined}
   */
  #rendered() {
    const state = this.querySelector("script");
    state?.remove();
    try {
      const { cursor, items, words: given } = JSON.parse(state?.textContent ?? "");
      Object.assign(words, given);
      return { cursor, items, gone: new Map() };
    } catch {
      // Nothing rendered, or cut off on its way: begin without it.
    }
  }
}
