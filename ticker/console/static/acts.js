/** What an editor does to an item: each act with the question that comes before it. */

import { call } from "./api.js";
import { ask, momentOf, tell, timeText, toast } from "./dialogs.js";
import { words } from "./words.js";

/**
 * @typedef {object} Target
 * @property {string} id
 * @property {string} version
 * @property {string} level
 * @property {string} headline
 */

/** @param {string} id @param {string} act @param {object} [body] @param {string} [version] */
const post = (id, act, body, version) =>
  call("POST", `/v1/items/${encodeURIComponent(id)}/${act}`, body, version ? { "if-match": `"${version}"` } : {});

/** @param {Target} target */
async function copy({ id }) {
  await navigator.clipboard.writeText(`${location.origin}/item/${id}`);
  toast(words("copied"));
}

/** @param {Target} target */
async function correct({ id }) {
  const item = await call("GET", `/v1/items/${encodeURIComponent(id)}`);
  const live = item.state === "live";
  const note = /** @type {const} */ ({ name: "correction", label: words("correction"), type: "textarea" });
  const done = await ask({
    title: words("correctTitle"),
    text: live ? words("correctText") : "",
    ok: words("save"),
    fields: [
      { name: "headline", label: words("headline"), value: item.headline, type: "textarea", required: words("required"), dir: item.dir, lang: item.language },
      ...(live ? [note] : []),
    ],
    act: async ({ headline, correction }) => {
      const change = { ...(headline === item.headline ? {} : { headline }), ...(correction ? { correction } : {}) };
      if (Object.keys(change).length)
        await call("PATCH", `/v1/items/${encodeURIComponent(id)}`, change, { "if-match": `"${item.version}"` });
    },
  });
  if (done) toast(words(live ? "corrected" : "saved"));
  return done;
}

/** A retraction never waits for a version: what is wrong on every screen has to go. @param {Target} target */
async function retract({ id, headline }) {
  const done = await ask({
    title: words("retractTitle"),
    text: words("retractText"),
    quote: headline,
    ok: words("retract"),
    alert: true,
    fields: [{ name: "reason", label: words("reason") }],
    act: ({ reason }) => post(id, "retract", reason ? { reason } : {}),
  });
  if (done) toast(words("retracted"));
  return done;
}

/** @param {Target} target */
async function approve({ id, headline, version }) {
  const done = await ask({
    title: words("approveTitle"),
    text: words("approveText"),
    quote: headline,
    ok: words("approve"),
    act: () => post(id, "approve", {}, version),
  });
  if (done) toast(words("approved"));
  return done;
}

/** @param {Target} target */
async function release({ id, headline, version }) {
  const done = await ask({
    title: words("releaseTitle"),
    quote: headline,
    ok: words("release"),
    act: () => post(id, "release", undefined, version),
  });
  if (done) toast(words("released"));
  return done;
}

/** @param {Target} target */
async function expire({ id, headline, version }) {
  const done = await ask({
    title: words("expireTitle"),
    text: words("expireText"),
    quote: headline,
    ok: words("expire"),
    act: () => post(id, "expire", undefined, version),
  });
  if (done) toast(words("expired"));
  return done;
}

/** @param {Target} target */
async function reschedule({ id, headline, version }) {
  let at = "";
  const done = await ask({
    title: words("rescheduleTitle"),
    quote: headline,
    ok: words("save"),
    fields: [{ name: "at", label: words("time"), type: "datetime-local", required: words("chooseTime") }],
    act: (values) => {
      at = momentOf(values.at ?? "") ?? "";
      return call("PATCH", `/v1/items/${encodeURIComponent(id)}`, { at }, { "if-match": `"${version}"` });
    },
  });
  if (done) toast(words("rescheduled", { time: timeText(at, true) }));
  return done;
}

/** @param {Target} target @param {"pin" | "unpin"} act */
async function pin({ id }, act) {
  try {
    await post(id, act);
    toast(words(`${act}ned`));
    return true;
  } catch (error) {
    tell(error);
    return false;
  }
}

/** @type {Record<string, (target: Target) => Promise<unknown>>} */
export const acts = {
  approve,
  copy,
  correct,
  retract,
  release,
  reschedule,
  expire,
  pin: (target) => pin(target, "pin"),
  unpin: (target) => pin(target, "unpin"),
};
