import polyfill from "event-source-polyfill";

const { EventSourcePolyfill } = polyfill;
const source = new EventSourcePolyfill(`${process.argv[2]}/v1/events?backlog=0&_=${Date.now()}`, {
  headers: { "X-Requested-With": "XMLHttpRequest" },
});
source.addEventListener("item", ({ data }) => console.log(JSON.parse(data).item.id));
