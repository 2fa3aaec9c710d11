/**
 * The `<news-ticker>` element. docs/guide/embed.md lists its attributes, parts, custom properties and events.
 *
 * The element reads its attributes and follows its life cycle; `Controller` does the rest. The first
 * paint needs no answer from the server: it uses server-side rendering inside the element, or the
 * cached state of the last visit.
 *
 * @import { Item, State } from "../client/index.js"
 * @import { Controller, Motion, Settings, Stage } from "./controller.js"
 */

import { FACETS } from "../client/ticker.js";
import { createCarousel } from "./carousel.js";
import { createController, rank } from "./controller.js";
import { webAddress } from "./dom.js";
import css from "./style.css";
import { loadWords, words } from "./words.js";

/** Maximum number of items in each layout. */
const MAX_COUNT = /** @type {Record<string, number>} */ ({ bar: 8, toast: 1, list: 200, crawl: 20, screen: 20 });
const OTHER_ATTRIBUTES = ["server", "layout", "count", "lang", "dismissible", "item-href", "breaking"];

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
    const known = words[name];
    const loading = known?.topics || loadWords(name, this.#server);
    if (!known) await loading;
    const layout = this.getAttribute("layout") ?? "list";
    /** @type {Record<string, ((stage: Stage) => Motion)|undefined>} */
    let motions = { bar: createCarousel, list: undefined };
    if (!(layout in motions)) {
      // Few pages need the other layouts. If they cannot be loaded, the items are shown as a list.
      const more = await import("./layouts-1.js").catch(() => null);
      motions = more?.layouts ?? motions;
      if (more) this.#root.adoptedStyleSheets = [sheet, more.sheet];
    }
    if (!this.isConnected || this.#controller) return;
    const settings = { ...this.#settings(), state, words: words[name] ?? words.en };
    this.#controller = createController(this, this.#root, settings, motions[layout]);
    await loading;
    this.#controller?.refresh(); // the names of sections and regions
  }

  #stop() {
    this.#controller?.stop();
    this.#controller = null;
  }

  /** @returns {Omit<Settings, "words"|"state">} */
  #settings() {
    const name = this.getAttribute("layout") ?? "";
    const layout = MAX_COUNT[name] > 0 ? name : "list";
    const toast = layout === "toast";
    const template = this.getAttribute("item-href");
    const [level, minutes] = (this.getAttribute("breaking") ?? "urgent 20m").split(" ");
    return {
      layout,
      /** @param {Item} item */
      href: ({ id, link }) =>
        webAddress(
          template
            ? template.replace("{id}", id).replace("{link}", link ?? "about:")
            : new URL(`item/${id}`, this.#server).href,
        ),
      /** @param {Item} item */
      isBreaking: (item) =>
        rank(item.level) >= rank(level) && Date.now() - Date.parse(item.published_at) < parseInt(minutes) * 60_000,
      facets: Object.fromEntries(FACETS.map((name) => [name, this.getAttribute(name) ?? ""])),
      level: this.getAttribute("level") ?? (toast ? "urgent" : "ticker"),
      count: Math.min(MAX_COUNT[layout], Number(this.getAttribute("count")) || 10),
      dismissible: toast || this.hasAttribute("dismissible"),
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
