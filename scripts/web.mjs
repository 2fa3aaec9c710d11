/**
 * Build the browser bundles in ticker/web/dist: the client, the widget, the transports and the
 * layouts that they load on demand, the components for frameworks, the service worker, and the script
 * of the site's pages.
 *
 *     npm run build    write the bundles and their types, and print their sizes
 *     npm run check    check types, and that the committed bundles match the sources; changes nothing
 *
 * The bundles are committed, so that running Ticker does not require Node.js.
 * tests/api/test_browser_bundles.py limits their size.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { minify } from "terser";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const web = join(root, "ticker", "web");
const dist = join(web, "dist");
const check = process.argv.includes("--check");
const { version } = JSON.parse(readFileSync(join(web, "package.json"), "utf8"));

/** Import style sheets as minified text, for `adoptedStyleSheets`: allowed by any content security policy. */
const styles = {
  name: "styles",
  /** @param {esbuild.PluginBuild} build */
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = readFileSync(path, "utf8");
      const { code } = await esbuild.transform(css, { loader: "css", minify: true });
      // Custom properties may contain anything: esbuild keeps their spaces.
      const dense = code.trim().replace(/(--[\w-]+): /g, "$1:").replaceAll(", ", ",");
      return { contents: dense, loader: "text" };
    });
  },
};

/**
 * Names of properties that only the client or the widget uses: they become one letter. None may be a name of the
 * browser, of the protocol, of the documented interfaces, or of those between files: `Sub`, `Hub`, `Stage`, `Motion`.
 */
const INTERNAL =
  /^(count|dismissible|expand|facets|isBreaking|leading|measure|probe|query|read|receive|received|refresh|save|say|setExpanded|setPaused|show|statusChanged|wake|welcomed)$/;

/** The widget's texts in English, without those that only the site prints. */
const texts = {
  name: "texts",
  /** @param {esbuild.PluginBuild} build */
  setup(build) {
    build.onLoad({ filter: /translations.en\.json$/ }, ({ path }) => {
      const { pinned: _pinned, attributed: _attributed, ...widget } = JSON.parse(readFileSync(path, "utf8")).widget;
      return { contents: JSON.stringify({ widget }), loader: "json" };
    });
  },
};

/** Separate files that bundles load on demand. */
const LAZY = ["./fallbacks-1.js", "./hub-1.js", "./layouts-1.js"];

/** The widget loads the hub on demand. */
const onDemand = {
  name: "on-demand",
  /** @param {esbuild.PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /\/hub\.js$/ }, ({ resolveDir }) => ({ path: join(resolveDir, "hub-on-demand.js") }));
  },
};

/**
 * @param {string} entry @param {"esm"|"iife"} format
 * @param {string[]} external Imports that stay in the bundle.
 * @returns {Promise<string>}
 */
async function bundle(entry, format = "esm", external = LAZY) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(web, entry)],
    external,
    bundle: true,
    format,
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    mangleProps: /^(client|widget)/.test(entry) ? INTERNAL : undefined,
    plugins: entry === "widget/index.js" ? [styles, texts, onDemand] : [styles, texts],
    write: false,
  });
  // A second minifier saves a few per cent more.
  const { code } = await minify(outputFiles[0].text, {
    module: format === "esm",
    ecma: 2020,
    compress: {
      passes: 2,
      unsafe: true,
      unsafe_arrows: true,
      inline: 0,
      lhs_constants: false,
      pure_getters: true,
      keep_fargs: false,
    },
    format: { preamble: `/* Ticker ${version}, Apache-2.0 */` },
  });
  return code ?? "";
}

/**
 * Bundle a component for a framework, readable: whoever imports it minifies it. It loads the widget of the
 * package on demand, and imports the framework.
 *
 * @param {string} entry
 * @returns {Promise<string>}
 */
async function component(entry) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(web, entry)],
    external: ["../widget/index.js", "react", "vue"],
    bundle: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    banner: { js: `/* Ticker ${version}, Apache-2.0 */` },
    write: false,
  });
  // In the package, the widget has another name than its source.
  return outputFiles[0].text.replaceAll("../widget/index.js", "./widget.js");
}

/** Return the .d.ts files that tsc generates from the JSDoc, by path in dist. */
function declarations() {
  const out = mkdtempSync(join(tmpdir(), "ticker-types-"));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(web, "tsconfig.json"), "--outDir", out], {
    stdio: "inherit",
  });
  // The service worker has other globals than a page: it is checked separately, without declarations.
  execFileSync(process.execPath, [tsc, "-p", join(web, "push", "tsconfig.json")], { stdio: "inherit" });
  // The console's scripts are served as they are; only their types are checked here.
  execFileSync(process.execPath, [tsc, "-p", join(root, "ticker", "console", "tsconfig.json")], { stdio: "inherit" });
  /** @type {Record<string, string>} */
  const made = {};
  for (const part of parts) {
    for (const file of readdirSync(join(out, part))) {
      if (file.endsWith(".d.ts")) made[`types/${part}/${file}`] = readFileSync(join(out, part, file), "utf8");
    }
  }
  rmSync(out, { recursive: true });
  return made;
}

const parts = ["client", "widget", "frameworks", "react", "vue", "server"];
/** @type {Record<string, string>} */
const made = declarations();
for (const part of ["client", "widget"]) made[`${part}.js`] = await bundle(`${part}/index.js`);
for (const part of ["react", "vue", "server"]) made[`${part}.js`] = await component(`${part}/index.js`);
made["fallbacks-1.js"] = await bundle("client/fallbacks-1.js");
made["hub-1.js"] = await bundle("client/hub-1.js");
made["layouts-1.js"] = await bundle("widget/layouts-1.js");
// In the package, the client has another name than its source.
const node = await bundle("client/node.js", "esm", ["./index.js"]);
made["node.js"] = node.replaceAll("./index.js", "./client.js");
made["push-sw.js"] = await bundle("push/sw.js", "iife");
for (const part of ["site", "alerts"]) made[`${part}.js`] = await bundle(`site/${part}.js`);
// The guide contains the permanent address and the integrity of the current widget.
const guide = join(root, "docs", "guide", "embed.md");
const digest = (/** @type {string} */ kind, /** @type {"hex"|"base64"} */ form) =>
  createHash(kind).update(made["widget.js"]).digest(form);
const pinned = readFileSync(guide, "utf8").replace(
  /widget-[0-9a-f]{12}\.js" integrity="[^"]*"/,
  `widget-${digest("sha256", "hex").slice(0, 12)}.js" integrity="sha384-${digest("sha384", "base64")}"`,
);
made["../../../docs/guide/embed.md"] = pinned;
if (!check) rmSync(join(dist, "types"), { recursive: true, force: true });
let stale = 0;
for (const [name, text] of Object.entries(made)) {
  const path = join(dist, name);
  if (check) {
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    console.error(`ticker/web/dist/${name} does not match its sources; run: npm run build`);
    stale += 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
for (const name of Object.keys(made).filter((name) => name.endsWith(".js"))) {
  const size = gzipSync(made[name], { level: 9 }).length;
  console.log(`${name}: ${made[name].length} bytes, ${size} gzipped`);
}
process.exitCode = stale ? 1 : 0;
