// Several subscriptions with Ticker's JavaScript client: node ticker_several.mjs URL
import { Subscriptions } from "../../../ticker/web/dist/client.js";

let number = 0;
const feed = new Subscriptions({ url: `${process.argv[2]}/` });
feed.subscribe("all", { backlog: 0 });
feed.subscribe("sports", { section: "sports", backlog: 0 });
feed.addEventListener("change", ({ detail: { name, message } }) => {
  if (name !== "all" || message.type !== "item") return;
  console.log(message.item.id);
  if (++number % 20) return;
  feed.unsubscribe("urgent");
  feed.subscribe("urgent", { level: "urgent", any: [{ edition: "en" }] });
});
feed.start();
