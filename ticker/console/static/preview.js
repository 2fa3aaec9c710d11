/** The draft in every channel, whom it interrupts, and the alerts of today: asked of the server while it is looked at. */

import { call } from "./api.js";
import { timeText } from "./dialogs.js";
import { warned } from "./refusals.js";
import { settings, words } from "./words.js";

const TYPING_MS = 500;
const number = new Intl.NumberFormat(settings.lang);
const box = /** @type {HTMLDetailsElement} */ (document.querySelector("[data-channels]"));
const body = /** @type {HTMLElement} */ (box.querySelector("div"));
let waiting = 0;
let asked = 0;

/** @param {object} draft @returns {Promise<any>} The server's preview; null for a draft that is not complete yet. */
export const previewOf = (draft) =>
  call("POST", `/v1/preview?since=${new Date(new Date().setHours(0, 0, 0, 0)).toISOString()}`, draft).catch(() => null);

/** @param {() => Record<string, any>} draft Show the preview again, soon after the last key, while it is open. */
export function previewSoon(draft) {
  clearTimeout(waiting);
  if (box.open) waiting = window.setTimeout(() => void show(draft()), TYPING_MS);
}

/** @param {Record<string, any>} draft */
async function show(draft) {
  const turn = ++asked;
  const found = draft.headline ? await previewOf(draft) : null;
  if (turn !== asked) return;
  body.replaceChildren(...(found ? parts(found) : [line(words("previewLater"))]));
}

/** @param {any} found */
function parts(found) {
  const shown = groups(found.channels).map((members) => channel(members));
  const reach = Object.entries(found.interrupts.subscriptions).map(([name, count]) =>
    line(`${words(`provider.${name}`)}: ${number.format(Number(count))}`),
  );
  return [
    ...(found.state === "test" ? [line(`${words("drill")} · ${words("drillPreview")}`, "drill-note")] : []),
    ...shown,
    line(words("readersNow", { n: number.format(found.interrupts.readers) })),
    ...reach,
    ...alertsToday(found).map((text) => line(text)),
    ...found.warnings.map((/** @type {any} */ one) => warning(one)),
  ];
}

/** @param {any} found @returns {string[]} A sentence for each edition that had alerts today. */
export function alertsToday(found) {
  return Object.entries(found?.alerts_today ?? {}).map(([edition, { count, newest }]) => {
    const time = timeText(newest[0].sent_at);
    return words("alertsToday", { edition, n: number.format(count), time });
  });
}

/** @param {any[]} channels @returns {any[][]} Those with the same text together. */
function groups(channels) {
  const found = new Map();
  for (const one of channels) {
    const key = JSON.stringify([one.title, one.text, one.hint]);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()];
}

/** @param {any[]} members Channels with the same text. */
function channel(members) {
  const [first] = members;
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const names = members.map((one) => words(`channel.${one.channel}`)).join(" · ");
  caption.textContent = `${names}: ${words("count", { n: number.format(first.characters) })}`;
  const text = document.createElement("p");
  text.lang = first.language;
  text.dir = first.dir;
  if (first.title) {
    const title = document.createElement("b");
    title.textContent = first.title;
    text.append(title, document.createElement("br"));
  }
  text.append(first.text);
  figure.append(caption, text);
  if (first.hint) figure.append(line(words(first.cut || members.some((one) => one.bytes && one.channel === "webpush") ? "tooLongForPush" : "long", { n: number.format(first.characters) }), "warn"));
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = words("payload");
  const code = document.createElement("pre");
  code.dir = "ltr";
  code.tabIndex = 0;
  code.textContent = JSON.stringify(members.at(-1).payload, null, 1);
  details.append(summary, code);
  figure.append(details);
  return figure;
}

/** @param {any} one */
function warning(one) {
  return line(one.item ? words("similar", { headline: one.item.headline }) : warned(one), "warn");
}

/** @param {string} text @param {string} [kind] */
function line(text, kind = "") {
  const found = document.createElement("p");
  found.className = kind;
  found.textContent = text;
  found.dir = "auto";
  return found;
}

/** @param {() => Record<string, any>} draft Ask for the preview whenever it is opened. */
export function watchPreview(draft) {
  box.addEventListener("toggle", () => box.open && void show(draft()));
}
