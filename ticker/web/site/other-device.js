/**
 * Continue on another device, without an account: a link, also as a QR code, with what the reader follows
 * and the cursor of this visit. They are in the fragment of the address, which browsers do not send.
 */

import { followed, save, valid } from "./following.js";
import { state } from "./page.js";
import { BYTES_MAX, qrCode } from "./qr.js";
import { setLastVisit } from "./since.js";

const KINDS = /** @type {const} */ (["section", "region", "story"]);
/** As the server makes them (ticker/domain/cursor.py). */
const CURSOR = /^[a-z0-9]{1,32}\.\d{1,20}-\d{1,20}$/;
const SVG = "http://www.w3.org/2000/svg";

/** The address that another device continues from. */
function address() {
  const query = new URLSearchParams({ continue: state?.cursor ?? "" });
  const list = followed();
  for (const kind of KINDS) {
    const slugs = list.filter((one) => one.kind === kind).map(({ slug }) => slug);
    if (slugs.length) query.set(kind, slugs.join());
  }
  return `${location.origin}${location.pathname}#${query}`;
}

/** Take over what another device has put into this page's address. */
function takeOver() {
  const query = new URLSearchParams(location.hash.slice(1));
  const cursor = query.get("continue");
  if (cursor === null || !state) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  const list = KINDS.flatMap((kind) => (query.get(kind) ?? "").split(",").map((slug) => ({ kind, slug })));
  // A link can come from anywhere: beyond the bound, what this reader has chosen stays.
  save(valid([...list, ...followed()]));
  if (CURSOR.test(cursor)) setLastVisit(cursor);
  const note = document.getElementById("taken-over");
  if (note) note.hidden = false;
}

/** @param {boolean[][]} rows */
function draw(rows) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const size = rows.length + 8;
  svg.setAttribute("viewBox", `-4 -4 ${size} ${size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("aria-hidden", "true"); // the link beside it says the same
  path.setAttribute("d", rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join(""));
  svg.append(path);
  return svg;
}

const place = document.getElementById("other-device");
if (place && state) {
  takeOver();
  addEventListener("hashchange", takeOver);
  const button = /** @type {HTMLButtonElement} */ (place.querySelector("button"));
  const code = /** @type {HTMLElement} */ (document.getElementById("other-device-code"));
  const link = /** @type {HTMLAnchorElement} */ (code.querySelector("a"));
  button.addEventListener("click", () => {
    code.hidden = !code.hidden;
    button.setAttribute("aria-expanded", String(!code.hidden));
    link.href = link.textContent = address();
    code.querySelector("svg")?.remove();
    if (link.href.length <= BYTES_MAX) code.prepend(draw(qrCode(link.href)));
  });
  place.hidden = false;
}
