/**
 * Run Lighthouse on pages of a running newsroom, and fail if a page misses a budget:
 *
 *     node scripts/lighthouse.mjs http://127.0.0.1:8000 [PATH ...]
 *
 * Without paths: the front page, and the first item and story that it links to. Chromium is Debian's, or
 * the one that CHROME_PATH names. Lighthouse measures as on a mid-range phone with a slow network.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Lowest scores, in per cent. */
const SCORES = { performance: 95, accessibility: 100, "best-practices": 100, seo: 100 };
const LAYOUT_SHIFT_MAX = 0.02;
/** Bytes of a page without pictures and fonts, compressed as they were sent. */
const PAGE_MAX = 100_000;

const cli = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules", "lighthouse", "cli", "index.js");
const [base, ...given] = process.argv.slice(2);
if (!base || !existsSync(cli)) {
  console.error(base ? "Lighthouse is not installed; run: npm ci" : "usage: node scripts/lighthouse.mjs URL [PATH ...]");
  process.exit(2);
}

async function paths() {
  if (given.length) return given;
  const front = await (await fetch(new URL("/en", base))).text();
  const found = [/href="(\/item\/[0-9a-z]+)"/, /href="(\/story\/[^"]+)"/].map((link) => link.exec(front)?.[1]);
  return ["/en", ...found.filter((path) => path !== undefined)];
}

let failures = 0;
const folder = mkdtempSync(join(tmpdir(), "ticker-lighthouse-"));
for (const path of await paths()) {
  const report = join(folder, "report.json");
  const categories = Object.keys(SCORES).join();
  execFileSync(
    process.execPath,
    [
      ...[cli, new URL(path, base).href, "--quiet", "--output=json", `--output-path=${report}`],
      ...[`--only-categories=${categories}`, "--chrome-flags=--headless --no-sandbox --disable-gpu"],
    ],
    { stdio: ["ignore", "ignore", "inherit"], env: { CHROME_PATH: "/usr/bin/chromium", ...process.env } },
  );
  const { categories: scored, audits } = JSON.parse(readFileSync(report, "utf8"));
  const wrong = [];
  const scores = Object.entries(SCORES).map(([name, lowest]) => {
    const score = Math.round(scored[name].score * 100);
    if (score < lowest) wrong.push(`${name} is ${score}; the lowest is ${lowest}`);
    if (score < lowest) {
      for (const { id } of scored[name].auditRefs) {
        const { score: one, title, scoreDisplayMode: mode } = audits[id];
        if (one !== null && one < 0.9 && mode !== "informative") wrong.push(`  ${id}: ${title}`);
      }
    }
    return `${name} ${score}`;
  });
  const shift = audits["cumulative-layout-shift"].numericValue;
  if (shift > LAYOUT_SHIFT_MAX) wrong.push(`layout shift is ${shift.toFixed(3)}; the highest is ${LAYOUT_SHIFT_MAX}`);
  const size = audits["network-requests"].details.items
    .filter(({ resourceType: type }) => !["Image", "Font"].includes(type))
    .reduce((/** @type {number} */ sum, /** @type {{transferSize: number}} */ { transferSize }) => sum + transferSize, 0);
  if (size > PAGE_MAX) wrong.push(`the page has ${size} bytes; the highest is ${PAGE_MAX}`);
  console.log(`${path}: ${scores.join(", ")}, layout shift ${shift.toFixed(3)}, ${size} bytes`);
  for (const line of wrong) console.log(`  ${line}`);
  failures += wrong.length;
}
rmSync(folder, { recursive: true });
process.exitCode = failures ? 1 : 0;
