// Code of a site that uses the Vue component, under TypeScript's strictest options.

import { NewsTicker } from "news-ticker/vue";
import { defineComponent, h, ref } from "vue";

export const Breaking = defineComponent({
  setup() {
    const ticker = ref<InstanceType<typeof NewsTicker> | null>(null);
    return () =>
      h(NewsTicker, {
        ref: ticker,
        server: "https://news.example",
        edition: ["en", "es"],
        layout: "bar",
        level: "urgent",
        count: 5,
        dismissible: true,
        class: "breaking",
        onItem: ({ action, item }) => console.log(action === "publish" && item.headline),
        onCorrection: (item) => console.log(item.correction?.text),
        onRetraction: ({ id }) => console.log(id),
        onStatus: ({ phase }) => console.log(phase === "live", ticker.value?.$el.ticker?.status.phase),
      });
  },
});

// @ts-expect-error the address of the newsroom is required
h(NewsTicker, { edition: "en" });
// @ts-expect-error no such layout
h(NewsTicker, { server: "https://news.example", layout: "marquee" });
