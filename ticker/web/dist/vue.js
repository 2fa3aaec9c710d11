/* Ticker 0.1.0, Apache-2.0 */

// ticker/web/vue/index.js
import { defineComponent, h, onBeforeUnmount, onMounted, shallowRef } from "vue";

// ticker/web/frameworks/element.js
function define() {
  if (customElements.get("news-ticker")) return;
  import("./widget.js").catch((error) => console.warn("<news-ticker> could not be loaded:", error));
}
function listen(node, report) {
  const abort = new AbortController();
  const on = (type, handle) => node.addEventListener(type, (event) => handle(
    /** @type {CustomEvent} */
    event.detail
  ), {
    signal: abort.signal
  });
  on("ticker-item", (detail) => {
    const { action, item } = detail;
    report("item", detail);
    if (action === "correct") report("correction", item);
    if (action === "retract") report("retraction", item);
  });
  on("ticker-open", ({ item }) => report("open", item));
  on("ticker-status", (status2) => report("status", status2));
  const status = node.ticker?.status;
  if (status) report("status", status);
  return () => abort.abort();
}

// ticker/web/frameworks/options.js
var ATTRIBUTES = (
  /** @type {const} */
  {
    server: "server",
    edition: "edition",
    section: "section",
    region: "region",
    tag: "tag",
    story: "story",
    level: "level",
    layout: "layout",
    count: "count",
    theme: "theme",
    breaking: "breaking",
    skip: "skip",
    dismissible: "dismissible",
    itemHref: "item-href",
    timeZone: "time-zone",
    lang: "lang"
  }
);
function attributesOf(options) {
  const attributes = {};
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const value = options[name];
    if (value === true) attributes[attribute] = "";
    else if (value || value === 0) attributes[attribute] = String(value);
  }
  return attributes;
}

// ticker/web/vue/index.js
var VALUES = { type: (
  /** @type {PropType<Values>} */
  [String, Array]
) };
var NewsTicker = defineComponent({
  name: "NewsTicker",
  props: {
    server: { type: String, required: true },
    edition: VALUES,
    section: VALUES,
    region: VALUES,
    tag: VALUES,
    story: VALUES,
    level: { type: (
      /** @type {PropType<Level>} */
      String
    ) },
    layout: { type: (
      /** @type {PropType<Layout>} */
      String
    ) },
    count: { type: Number },
    theme: { type: (
      /** @type {PropType<"light"|"dark"|"auto">} */
      String
    ) },
    breaking: { type: String },
    skip: VALUES,
    dismissible: { type: Boolean },
    itemHref: { type: String },
    timeZone: { type: String },
    lang: { type: String },
    /** From `fetchInitialHtml`; only its first value counts. */
    initialHtml: { type: String }
  },
  emits: {
    item: (_event) => true,
    correction: (_item) => true,
    retraction: (_item) => true,
    open: (_item) => true,
    status: (_status) => true
  },
  setup(props, { emit }) {
    const element = shallowRef(
      /** @type {NewsTickerElement|null} */
      null
    );
    const { initialHtml } = props;
    let stop = () => {
    };
    onMounted(() => {
      define();
      const report = (
        /** @type {(name: string, value: unknown) => void} */
        emit
      );
      stop = listen(
        /** @type {NewsTickerElement} */
        element.value,
        report
      );
    });
    onBeforeUnmount(() => stop());
    return () => h("news-ticker", {
      ...attributesOf(props),
      ...initialHtml && { innerHTML: initialHtml },
      ref: element
    });
  }
});
export {
  NewsTicker
};
