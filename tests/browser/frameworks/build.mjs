/**
 * Render a page with one of the apps beside this file on a server, and bundle the same app for the browser:
 *
 *     node build.mjs react19|react18|vue lazy|first FOLDER OPTIONS
 *
 * OPTIONS are the component's, in JSON. FOLDER gets the bundles; the page is printed. Its script stands in the
 * page, with the nonce "test". "first" loads the widget before the page is hydrated, as another ticker of the
 * page may do.
 */

import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..", "..");
const [framework, order, folder, json] = process.argv.slice(2);
const name = framework.replace(/\d+$/, "");

// The package as a site has it installed: through its `exports`.
mkdirSync(join(folder, "node_modules"), { recursive: true });
symlinkSync(join(root, "ticker", "web"), join(folder, "node_modules", "news-ticker"));

/** @type {esbuild.BuildOptions} */
const shared = {
  bundle: true,
  format: "esm",
  jsx: "automatic",
  nodePaths: [join(folder, "node_modules"), join(root, "node_modules")],
  alias: framework === "react18" ? { react: "react18", "react-dom": "react-dom18" } : {},
  // The frameworks' own builds for development: they report what a hydration finds different.
  define: {
    "process.env.NODE_ENV": '"development"',
    __VUE_OPTIONS_API__: "true",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true",
  },
  logLevel: "error",
};
const inject = order === "first" ? [join(root, "ticker", "web", "dist", "widget.js")] : [];
const server = join(folder, "server.mjs");
const client = join(folder, "client.js");
await Promise.all([
  esbuild.build({
    ...shared,
    entryPoints: [join(here, `${name}_server.jsx`)],
    platform: "node",
    outfile: server,
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  }),
  esbuild.build({
    ...shared,
    entryPoints: [join(here, `${name}_client.jsx`)],
    inject,
    platform: "browser",
    outfile: client,
  }),
]);

const options = JSON.parse(json);
const { fetchInitialHtml, render } = await import(pathToFileURL(server).href);
const initialHtml = await fetchInitialHtml(options);
const html = await render({ ...options, initialHtml });
/** @param {string} text */
const inScript = (text) => text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
process.stdout.write(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A site</title><link rel="icon" href="data:,"></head>
<body><div id="app">${html}</div>
<script type="application/json" id="options">${JSON.stringify({ ...options, initialHtml }).replaceAll("<", "\\u003c")}</script>
<script type="module" nonce="test">${inScript(readFileSync(client, "utf8"))}</script>
</body></html>
`);
