/**
 * The `<news-ticker>` element. docs/guide/embed.md lists its attributes, parts, custom properties and events.
 *
 * The element reads its attributes and follows its life cycle; `Controller` does the rest. The first
 * paint needs no answer from the server: it uses server-side rendering inside the element, or the
 * cached state of the last visit.
 *
 * @import { Item, State } from "../client/index.js"
 * @import { Settings } from "./controller.js"
 */

import { FACETS } from "../client/index.js";
import { Controller } from "./controller.js";
import { webAddress } from "./dom.js";
import css from "./style.css";
import { loadWords, words } from "./words.js";

/** Maximum number of items in each layout. */
const MAX_COUNT = /** @type {Record<string, number>} */ ({ bar: 8, toast: 1, list: 200 });
const OTHER_ATTRIBUTES = ["server", "layout", "count", "lang", "dismissible", "item-href"];

/** Shared by all elements of the page. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

export class NewsTicker extends HTMLElement {
  static observedAttributes = [...FACETS, ...OTHER_ATTRIBUTES];

  /** @type {Controller|null} While the element is in a document. */
  #controller = null;
  #root = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** The element's client; null while the element is not in a document. */
  get ticker() {
    return this.#controller?.ticker ?? null;
  }

  connectedCallback() {
    // While the document is loading, server-rendered children may not have been parsed yet.
    if (document.readyState === "loading" && !this.querySelector("script")) {
      document.addEventListener("DOMContentLoaded", () => this.#start(), { once: true });
    } else {
      this.#start();
    }
  }

  /** Stop, unless the element was only moved: then it is connected again in the same task. */
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#stop());
  }

  /** @param {string} _name @param {string|null} before @param {string|null} now */
  attributeChangedCallback(_name, before, now) {
    if (before === now || !this.#controller) return;
    this.#stop();
    this.#start();
  }

  /** Start after the current task, so that changing several attributes starts the element only once. */
  async #start() {
    const state = this.#readState();
    const [edition] = (this.getAttribute("edition") ?? "").split(",");
    const name = this.getAttribute("lang") || edition || document.documentElement.lang || "en";
    await (words[name] ?? loadWords(name, this.#server));
    if (!this.isConnected || this.#controller) return;
    this.#controller = new Controller(this, this.#root, {
      ...this.#settings(),
      state,
      words: words[name] ?? words.en,
    });
  }

  #stop() {
    this.#controller?.stop();
    this.#controller = null;
  }

  /** @returns {Omit<Settings, "words"|"state">} */
  #settings() {
    const name = this.getAttribute("layout") ?? "";
    const layout = MAX_COUNT[name] > 0 ? name : "list";
    const template = this.getAttribute("item-href");
    /** @param {Item} item */
    const href = ({ id, link }) => webAddress(template?.replace("{id}", id) ?? link);
    return {
      layout,
      href,
      facets: Object.fromEntries(FACETS.map((name) => [name, this.getAttribute(name) ?? ""])),
      level: this.getAttribute("level") ?? (layout === "toast" ? "urgent" : "ticker"),
      count: Math.min(MAX_COUNT[layout], Number(this.getAttribute("count")) || 10),
      dismissible: this.hasAttribute("dismissible"),
      server: this.#server,
    };
  }

  /** Base URL of the newsroom: the attribute, or the origin of this module. */
  get #server() {
    const server = this.getAttribute("server");
    return server
      ? new URL(server.replace(/\/?$/, "/"), document.baseURI)
      : new URL(".", import.meta.url);
  }

  /**
   * Return the state of the server-side rendering (`GET /v1/embed`), and add its words to `words`. It is
   * used once: later, the attributes may differ.
   *
   * @returns {State|undefined}
   */
  #readState() {
    const script = this.querySelector("script");
    script?.remove();
    try {
      const { cursor, items, words: given } = JSON.parse(script?.textContent ?? "");
      Object.assign(words, given);
      return { cursor, items, removed: new Map() };
    } catch {
      // Not server-rendered, or incomplete: start without it.
    }
  }
}
