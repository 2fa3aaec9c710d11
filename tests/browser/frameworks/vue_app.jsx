import { NewsTicker } from "news-ticker/vue";
import { h, ref } from "vue";

/** @param {string} name */
const say = (name) => (/** @type {any} */ value) =>
  console.log(JSON.stringify([name, value.action ?? value.phase ?? value.headline ?? value.status]));

/** @param {any} options */
export const App = (options) => ({
  setup() {
    const shown = ref(true);
    const key = ref(1);
    const count = ref(5);
    const ticker = ref(/** @type {any} */ (null));
    return () => [
      h("button", { onClick: () => (count.value = 2) }, "Fewer"),
      h("button", { onClick: () => (key.value += 1) }, "Another"),
      h("button", { onClick: () => (shown.value = false) }, "Hide"),
      h(
        "button",
        { onClick: () => console.log(JSON.stringify(["ref", ticker.value.$el.ticker.status.phase])) },
        "Ref",
      ),
      shown.value &&
        h(NewsTicker, {
          key: key.value,
          ref: ticker,
          ...options,
          count: count.value,
          dismissible: true,
          class: "wide",
          style: { color: "green" },
          "data-key": key.value,
          onItem: say(`item ${count.value}`),
          onCorrection: say("correction"),
          onRetraction: say("retraction"),
          onStatus: say("status"),
        }),
    ];
  },
});
