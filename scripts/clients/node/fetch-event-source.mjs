globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
globalThis.window = globalThis; // the library expects a page
const { fetchEventSource } = await import("@microsoft/fetch-event-source");

await fetchEventSource(`${process.argv[2]}/v1/events?backlog=0`, {
  onmessage({ data }) {
    const message = JSON.parse(data); // as most examples do, for every block
    if (message.type === "item") console.log(message.item.id);
  },
  onclose() {
    throw new Error("ended"); // so that it connects again
  },
  onerror: () => 200,
});
