// Ticker's JavaScript client: node ticker_one.mjs URL
import { Ticker } from "../../../ticker/web/dist/client.js";

const ticker = new Ticker({ url: `${process.argv[2]}/`, backlog: 0 });
ticker.addEventListener("change", ({ detail: { message } }) => message.type === "item" && console.log(message.item.id));
ticker.start();
