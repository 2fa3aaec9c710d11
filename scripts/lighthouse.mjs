/**
 * Run Lighthouse on pages of a running newsroom, and fail if a page misses a budget:
 *
 *     node scripts/lighthouse.mjs [--steady] http://127.0.0.1:8000 [PATH ...]
 *
 * Without paths: the front page, and the first item and story that it links to. Chromium is Debian's, or
 * the one that CHROME_PATH names. Lighthouse measures as on a mid-range phone with a slow network: it
 * loads the page as fast as it can, and computes the times from what it saw. Only the performance
 * depends on what else the machine does; `--steady` shows it, and does not fail because of it.
 */

import { existsSync } from "node:fs";

/** Lowest scores, in per cent. */
const SCORES = { performance: 95, accessibility: 100, "best-practices": 100, seo: 100 };
const LAYOUT_SHIFT_MAX = 0.02;
/** Bytes of a page without pictures and fonts, as they were sent. */
const PAGE_MAX = 100_000;
/** Checks that need seconds and give no score here: pictures of the page, and going back to it. */
const LEFT_OUT = ["bf-cache", "final-screenshot", "screenshot-thumbnails"];
const PROGRAMS = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

const steady = process.argv.includes("--steady");
const [base, ...given] = process.argv.slice(2).filter((argument) => argument !== "--steady");
const { default: lighthouse } = await import("lighthouse").catch(() => ({ default: null }));
if (!base || !lighthouse) {
  console.error(base ? "Lighthouse is not installed; run: npm ci" : "usage: node scripts/lighthouse.mjs [--steady] URL [PATH ...]");
  process.exit(2);
}

async function paths() {
  if (given.length) return given;
  const front = await (await fetch(new URL("/en", base))).text();
  const found = [/href="(\/item\/[0-9a-z]+)"/, /href="(\/story\/[^"]+)"/].map((link) => link.exec(front)?.[1]);
  return ["/en", ...found.filter((path) => path !== undefined)];
}

/** Measure a page once. @param {string} path @param {number} port Of the browser. */
function measure(path, port) {
  return lighthouse(new URL(path, base).href, {
    port,
    logLevel: "error",
    onlyCategories: Object.keys(SCORES),
    skipAudits: LEFT_OUT,
    disableFullPageScreenshot: true,
    ...{ pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 500, cpuQuietThresholdMs: 500 },
  });
}

/**
 * Return the run with the median performance. One run is enough while it keeps the budget; below it, three
 * are compared, because one run can be disturbed.
 * @param {string} path @param {number} port
 */
async function median(path, port) {
  const runs = [await measure(path, port)];
  const performance = (/** @type {any} */ { lhr }) => (lhr.runtimeError ? 0 : lhr.categories.performance.score * 100);
  if (steady || Math.round(performance(runs[0])) >= SCORES.performance) return runs[0];
  runs.push(await measure(path, port), await measure(path, port));
  return runs.sort((one, other) => performance(one) - performance(other))[1];
}

/** Return what is wrong with a page, in lines. @param {string} path @param {number} port Of the browser. */
async function check(path, port) {
  const run = await median(path, port);
  if (run.lhr.runtimeError) return [`not measured: ${run.lhr.runtimeError.message}`];
  const { categories, audits } = run.lhr;
  const wrong = [];
  const scores = Object.entries(SCORES).map(([name, lowest]) => {
    const score = Math.round(categories[name].score * 100);
    if (score < lowest && !(steady && name === "performance")) {
      wrong.push(`${name} is ${score}; the lowest is ${lowest}`);
      for (const { id } of categories[name].auditRefs) {
        const { score: one, title, scoreDisplayMode: mode } = audits[id] ?? { score: null };
        if (one !== null && one < 0.9 && mode !== "informative") wrong.push(`  ${id}: ${title}`);
      }
    }
    return `${name} ${score}`;
  });
  const shift = audits["cumulative-layout-shift"].numericValue;
  if (shift > LAYOUT_SHIFT_MAX) wrong.push(`layout shift is ${shift.toFixed(3)}; the highest is ${LAYOUT_SHIFT_MAX}`);
  const size = audits["network-requests"].details.items
    .filter((/** @type {{resourceType: string}} */ { resourceType: type }) => !["Image", "Font"].includes(type))
    .reduce((/** @type {number} */ sum, /** @type {{transferSize: number}} */ { transferSize }) => sum + transferSize, 0);
  if (size > PAGE_MAX) wrong.push(`the page has ${size} bytes; the highest is ${PAGE_MAX}`);
  console.log(`${path}: ${scores.join(", ")}, layout shift ${shift.toFixed(3)}, ${size} bytes`);
  return wrong;
}

const { launch } = await import("chrome-launcher");
const browser = await launch({
  chromePath: process.env.CHROME_PATH ?? PROGRAMS.find((program) => existsSync(program)),
  chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu"],
});
try {
  for (const path of await paths()) {
    for (const line of await check(path, browser.port)) {
      console.log(`  ${line}`);
      process.exitCode = 1;
    }
  }
} finally {
  browser.kill();
}
