/**
 * `<NewsTicker>` for Vue 3: `import { NewsTicker } from "news-ticker/vue"`.
 *
 * On a server it renders the element with the items of `initialHtml`, if there are any. In the browser it loads
 * the widget, which takes them over: Vue does not look into the element.
 *
 * @import { PropType } from "vue"
 * @import { Item, Level, Status } from "../client/index.js"
 * @import { NewsTicker as NewsTickerElement } from "../widget/index.js"
 * @import { ItemEvent, Layout, Values } from "../frameworks/options.js"
 */

import { defineComponent, h, onBeforeUnmount, onMounted, shallowRef } from "vue";
import { define, listen } from "../frameworks/element.js";
import { attributesOf } from "../frameworks/options.js";

const VALUES = { type: /** @type {PropType<Values>} */ ([String, Array]) };

/** The element as a component. The `$el` of its template ref is the element. */
export const NewsTicker = defineComponent({
  name: "NewsTicker",
  props: {
    server: { type: String, required: true },
    edition: VALUES,
    section: VALUES,
    region: VALUES,
    tag: VALUES,
    story: VALUES,
    level: { type: /** @type {PropType<Level>} */ (String) },
    layout: { type: /** @type {PropType<Layout>} */ (String) },
    count: { type: Number },
    theme: { type: /** @type {PropType<"light"|"dark"|"auto">} */ (String) },
    breaking: { type: String },
    skip: VALUES,
    dismissible: { type: Boolean },
    itemHref: { type: String },
    timeZone: { type: String },
    lang: { type: String },
    /** From `fetchInitialHtml`; only its first value counts. */
    initialHtml: { type: String },
  },
  emits: {
    item: (/** @type {ItemEvent} */ _event) => true,
    correction: (/** @type {Item} */ _item) => true,
    retraction: (/** @type {Item} */ _item) => true,
    open: (/** @type {Item} */ _item) => true,
    status: (/** @type {Status} */ _status) => true,
  },
  setup(props, { emit }) {
    const element = shallowRef(/** @type {NewsTickerElement|null} */ (null));
    const { initialHtml } = props; // the widget replaces the items: later values would change nothing
    let stop = () => {};
    onMounted(() => {
      define();
      const report = /** @type {(name: string, value: unknown) => void} */ (emit);
      stop = listen(/** @type {NewsTickerElement} */ (element.value), report);
    });
    onBeforeUnmount(() => stop());
    return () =>
      h("news-ticker", {
        ...attributesOf(props),
        ...(initialHtml && { innerHTML: initialHtml }),
        ref: element,
      });
  },
});
