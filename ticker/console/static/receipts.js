/** What has become of an item: screens, phones and endpoints, as the server's receipts say. */

import { call } from "./api.js";
import { sentence } from "./refusals.js";
import { settings, words } from "./words.js";

const LOOKS = 10;
const LOOK_EVERY_MS = 100;
/** Gateways report some 50 ms after an event. After a second the console shows what they have said until then. */

const number = new Intl.NumberFormat(settings.lang);

/** @param {string} id @returns {Promise<any>} Receipts; null if they cannot be had: they explain, and stop nobody. */
const receiptsOf = (id) => call("GET", `/v1/items/${encodeURIComponent(id)}/receipts`).catch(() => null);

/** @param {string} id @param {string} event @returns {Promise<string>} How many screens have it; empty if nobody knows. */
export async function reached(id, event) {
  let found;
  let missing = 0;
  for (let look = 0; look < LOOKS; look++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const live = (await receiptsOf(id))?.live;
    found = Object.values(live?.events ?? {}).find((one) => one.event === event) ?? found;
    missing = live && found ? live.gateways - found.gateways : missing;
    if (found && missing <= 0) break;
  }
  if (!found) return "";
  return missing > 0 ? `${screens(found)} · ${words("gatewaysMissing", { n: number.format(missing) })}` : screens(found);
}

/** @param {{ screens: number, last_after: number | null }} receipt */
function screens({ screens, last_after }) {
  const n = number.format(screens);
  return last_after === null ? words("onScreens", { n }) : words("onScreensAfter", { n, time: soon(last_after) });
}

/** @param {number} seconds */
function soon(seconds) {
  const [value, unit] = seconds < 1 ? [Math.round(seconds * 1000), "millisecond"] : [seconds, "second"];
  const style = /** @type {const} */ ({ style: "unit", unitDisplay: "short", maximumFractionDigits: 1 });
  return new Intl.NumberFormat(settings.lang, { ...style, unit: String(unit) }).format(Number(value));
}

/** @param {ParentNode} root Fill in the receipts of the item that is shown there. */
export async function showReceipts(root) {
  const place = /** @type {HTMLElement | null} */ (root.querySelector("[data-receipts]"));
  if (!place) return;
  const found = await receiptsOf(place.dataset.receipts ?? "");
  if (!found || !place.isConnected) return; // the panel shows another item, or a newer state of this one
  /** @type {[string, string][]} */
  const rows = Object.entries(found.live.events).map(([action, one]) => [words(`on.${action}`), line(one)]);
  for (const [provider, kinds] of Object.entries(found.providers))
    for (const [kind, one] of Object.entries(/** @type {Record<string, any>} */ (kinds)))
      rows.push([`${words(`provider.${provider}`)} · ${words(`kind.${kind}`)}`, sent(one, one.accepted, "receiptAccepted")]);
  if (found.webhooks) rows.push([words("webhooks"), sent(found.webhooks, found.webhooks.delivered, "receiptDelivered")]);
  place.replaceChildren(...rows.flatMap(([name, text]) => [element("dt", name), element("dd", text)]));
  place.hidden = rows.length === 0;
  showPlaces(root, found.retraction);
}

/** @param {ParentNode} root @param {any} retraction Where a retracted item may still be; null if it is not retracted. */
function showPlaces(root, retraction) {
  const box = /** @type {HTMLElement | null} */ (root.querySelector("[data-places]"));
  if (!box || !retraction) return;
  const left = retraction.places.filter((/** @type {any} */ one) => one.state !== "clean");
  const n = number.format(retraction.places.length);
  const head = element("p", left.length ? words("notClean", { n: number.format(left.length) }) : words("clean", { n }));
  const list = document.createElement("ul");
  for (const { place, name: raw, state, detail, code, params } of left) {
    const name = place === "push" ? words(`provider.${raw}`) : raw;
    const line = element("li", `${words(`place.${place}`)}${name ? ` ${name}` : ""}`);
    line.className = state;
    const why = element("span", sentence({ code: code ?? "", params: params ?? {}, message: detail }));
    why.dir = "auto";
    line.append(" ", why);
    list.append(line);
  }
  box.classList.toggle("clean", left.length === 0);
  box.replaceChildren(head, ...(left.length ? [list] : []));
  box.hidden = false;
}

/** @param {ParentNode} shown @param {ParentNode} next Keep what is shown of the same item until the next answer. */
export function keepReceipts(shown, next) {
  const old = /** @type {HTMLElement | null} */ (shown.querySelector("[data-receipts]"));
  const place = /** @type {HTMLElement | null} */ (next.querySelector("[data-receipts]"));
  if (!old || !place || old.dataset.receipts !== place.dataset.receipts) return;
  place.replaceChildren(...old.children);
  place.hidden = old.hidden;
  const [places, later] = [shown, next].map((one) => /** @type {HTMLElement | null} */ (one.querySelector("[data-places]")));
  if (places && later) later.replaceWith(places);
}

/** @param {any} one A receipt of the screens. */
function line(one) {
  const parts = [screens(one)];
  if (one.delayed) parts.push(words("receiptDelayed", { n: number.format(one.delayed) }));
  if (one.later) parts.push(words("receiptLater", { n: number.format(one.later) }));
  return parts.join(" · ");
}

/** @param {any} one @param {number} count @param {string} word */
function sent(one, count, word) {
  const after = one.last_after === null ? "" : ` · ${words("lastAfter", { time: soon(one.last_after) })}`;
  return words(word, { n: number.format(count) }) + after;
}

/** @param {string} name @param {string} text */
function element(name, text) {
  const found = document.createElement(name);
  found.textContent = text;
  return found;
}
