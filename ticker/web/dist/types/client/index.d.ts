export * from "./ticker.js";
