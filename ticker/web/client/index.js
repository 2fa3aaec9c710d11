/** The client as one module: `import { Ticker } from "/client.js"`, or from npm. */

export * from "./ticker.js";
