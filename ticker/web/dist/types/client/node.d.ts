export * from "./index.js";
export class Ticker extends Client {
}
import { Ticker as Client } from "./index.js";
