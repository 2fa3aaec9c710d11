export * from "./index.js";
export class Ticker extends Client {
}
export class Subscriptions extends Several {
    #private;
}
import { Ticker as Client } from "./index.js";
import { Subscriptions as Several } from "./index.js";
