import { EventSource } from "eventsource";

const source = new EventSource(`${process.argv[2]}/v1/events?backlog=0`);
source.addEventListener("item", ({ data }) => console.log(JSON.parse(data).item.id));
