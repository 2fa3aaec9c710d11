/**
 * Follow one subscription. Returns a function that ends it.
 *
 * @param {URL} base @param {Transport[]} transports
 * @param {string} name As for `Tabs`; empty: other tabs do not matter.
 * @param {Sub} sub
 * @param {() => void} received Called with each message.
 * @param {() => void} crowded Called when another tab is there.
 */
export function followAlone(base: URL, transports: Transport[], name: string, sub: Sub, received: () => void, crowded: () => void): () => void;
import type { Transport } from "./transports.js";
import type { Sub } from "./hub.js";
