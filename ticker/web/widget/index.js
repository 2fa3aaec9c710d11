/** The widget's module: the client, which it contains, may be imported from it. */

export * from "../client/index.js";
