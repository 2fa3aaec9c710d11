// Code of a site that uses the packed package, under TypeScript's strictest options.

import { apply, EMPTY_STATE, eventSource, poll, Subscriptions, Ticker, webSocket } from "news-ticker";
import type { Filter, State, Change, Item, Level, Media, Message, Options, Status, Transport } from "news-ticker";

import { NewsTicker, words } from "news-ticker/widget";

const level: Level = "urgent";
const options: Options = {
  url: new URL("https://news.example/"),
  edition: "en",
  section: ["politics", "economy"],
  story: "harbour-fire",
  level,
  exclude: { region: ["europe"] },
  any: [{ tag: "fire" }, { level: "flash", exclude: { tag: "rumour" } }],
  token: async () => "eyJ",
  backlog: 50,
  state: { cursor: "c1", items: [] },
  cache: true,
  share: false,
  transports: [webSocket, eventSource, poll],
};
const ticker = new Ticker(options);

// The type of an event's detail is known without a cast.
ticker.addEventListener("change", (event) => {
  const { message, before, reset }: Change = event.detail;
  if (message.type === "item" && message.action === "correct") {
    console.log(message.item.correction?.text, before.items.length, reset);
  }
});
const onStatus = ({ detail }: CustomEvent<Status>): void => {
  if (detail.phase === "waiting") console.log(new Date(detail.retryAt ?? detail.since));
};
ticker.addEventListener("status", onStatus, { once: true });
ticker.removeEventListener("status", onStatus);
ticker.start();

const first: Item | undefined = ticker.state.items[0];
const headline: string = first?.headline ?? "";
const pictures: Media[] = first?.media ?? [];
console.log(pictures.map(({ href, type, alt }) => [href, type, alt]));
const message: Message = { type: "heartbeat", cursor: headline };
const state: State = apply(EMPTY_STATE, message);
const silent: Transport = (_base, _query, receiver) => {
  receiver.close(1006, "");
  return { close() {}, send: null };
};
new Ticker({ transports: [silent], state }).stop();

const filter: Filter = { section: "politics", any: [{ region: "mena" }] };
const several = new Subscriptions({ url: "https://news.example/", after: "c1" });
several.subscribe("mena", { ...filter, backlog: 5 });
several.addEventListener("change", ({ detail: { name, reset } }) => console.log(name, reset, several.items(name).length));
several.addEventListener("status", ({ detail }) => console.log(detail.name, detail.phase, several.cursor));
several.start();
several.unsubscribe(several.names[0] ?? "");

// @ts-expect-error a level cannot be excluded
several.subscribe("calm", { exclude: { level: "flash" } });
// @ts-expect-error alternatives have none of their own
new Ticker({ any: [{ any: [] }] });
// @ts-expect-error a misspelt facet would show too much
new Ticker({ editon: "en" });
// @ts-expect-error no such level
new Ticker({ level: "loud" });
// @ts-expect-error items are read-only
ticker.state.items.push();

// The element, and another language.
const element = document.querySelector("news-ticker");
if (element instanceof NewsTicker) console.log(element.ticker?.status.phase);
words["fr"] = { ...words["en"]!, lang: "fr", locale: "fr", live: "En direct" };
