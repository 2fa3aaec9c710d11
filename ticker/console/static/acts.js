/** What an editor does to an item: each act with the question that comes before it. */

import { call, Problem } from "./api.js";
import { ask, momentOf, tell, timeText, toast } from "./dialogs.js";
import { atIt } from "./lock.js";
import { asMedia, Picker, thumbnails } from "./picker.js";
import { undoable } from "./undo.js";
import { settings, words } from "./words.js";

/**
 * @typedef {object} Target
 * @property {string} id
 * @property {string} version
 * @property {string} level
 * @property {string} headline
 * @property {boolean} [drill] A test item: no reader has it.
 * @property {string} [state] As the row has it.
 * @property {string} [cancellation] The headline that takes it back.
 */

/** @param {string} id @param {string} act @param {object} [body] @param {string} [version] */
async function post(id, act, body, version) {
  const answer = await call("POST", `/v1/items/${encodeURIComponent(id)}/${act}`, body, version ? { "if-match": `"${version}"` } : {});
  if (act === "retract") retracted.dispatchEvent(new Event(id));
  return answer;
}

const retracted = new EventTarget();

/** @param {string} id @param {() => void} then Called when this page has retracted the item. */
export const whenRetracted = (id, then) => retracted.addEventListener(id, then, { once: true });

/** @param {Target} target */
async function copy({ id }) {
  await navigator.clipboard.writeText(`${location.origin}/item/${id}`);
  toast(words("copied"));
}

/** @param {string} id @returns {Promise<any>} The item as it is now, with its proposed change laid over it. */
async function shown(id) {
  const item = await call("GET", `/v1/items/${encodeURIComponent(id)}`);
  return { item, text: { ...item, ...item.proposed?.change } };
}

/** The reason of a chief who is alone. @param {string} [required] @returns {import("./dialogs.js").Field[]} */
const glass = (required) =>
  settings.mayAlert ? [{ name: "reason", label: words("breakGlass"), ...(required ? { required } : {}) }] : [];

/** @param {Target} target */
const correct = (target) => atIt(target.id, (colleague) => correctAlone(target, colleague));

/** @param {Target} target @param {string} colleague */
async function correctAlone({ id }, colleague) {
  const { item, text } = await shown(id);
  const drill = item.test;
  const live = item.state === "live" || drill;
  const second = live && !drill && settings.twoPerson.includes(item.level);
  let answer = { item, wire_id: null, changed: false, repeated: false };
  let version = item.version;
  const gone = new AbortController();
  const area = /** @type {HTMLElement} */ (document.querySelector("[data-picker]")).cloneNode(true);
  const picker = new Picker(/** @type {HTMLElement} */ (area), /** @type {HTMLElement} */ (document.getElementById("act")), {
    given: text.media,
    texts: true,
    over: gone.signal,
  });
  const media = JSON.stringify(asMedia(text.media ?? []));
  const done = await ask({
    more: area,
    title: words("correctTitle"),
    text: [lockText(colleague), second ? words("correctSecond") : drill ? words("drillCorrectText") : live ? words("correctText") : ""].filter(Boolean).join(" "),
    ok: words("save"),
    drill,
    fields: [
      { name: "headline", label: words("headline"), value: text.headline, type: "textarea", required: words("required"), dir: item.dir, lang: item.language },
      ...(live ? [/** @type {const} */ ({ name: "correction", label: words("correction"), type: "textarea" })] : []),
      ...(second ? glass() : []),
    ],
    act: async ({ headline, correction, reason }) => {
      const chosen = asMedia(picker.chosen);
      const change = {
        ...(headline === text.headline ? {} : { headline }),
        ...(JSON.stringify(chosen) === media ? {} : { media: chosen }),
        ...(correction ? { correction } : {}),
      };
      if (!Object.keys(change).length) return;
      const body = reason ? { ...change, break_glass: reason } : change;
      try {
        answer = await call("PATCH", `/v1/items/${encodeURIComponent(id)}`, body, { "if-match": `"${version}"` });
      } catch (problem) {
        if (!(problem instanceof Problem) || problem.slug !== "stale") throw problem;
        // The editor reads what it says now, and may save once more: what is typed is not lost.
        const now = await shown(id);
        version = now.item.version;
        if (now.item.state !== item.state) throw problem;
        throw new Problem(412, { detail: words("changedTo", { text: `\u2068${now.text.headline}\u2069` }) });
      }
    },
  });
  gone.abort();
  if (done && !answer.changed && !answer.repeated) toast(words("unchanged"));
  else if (done && drill) toast(words("drillSaved"), { drill });
  else if (done && live && answer.item.proposed && !answer.wire_id) toast(words("proposed"));
  else if (done) toast(words(live ? "corrected" : "saved"));
  return done;
}

/** A retraction never waits for a version: what is wrong on every screen has to go. @param {Target} target */
async function retract({ id, headline, drill = false, state = "live" }) {
  const unseen = ["draft", "scheduled"].includes(state);
  let answer = { wire_id: null };
  const done = await ask({
    title: words("retractTitle"),
    text: words(drill ? "drillRetractText" : unseen ? "withdrawText" : "retractText"),
    drill,
    quote: headline,
    ok: words("retract"),
    alert: true,
    fields: [{ name: "reason", label: words("reason") }],
    act: async ({ reason }) => {
      answer = await post(id, "retract", reason ? { reason } : {});
    },
  });
  // A draft may have gone out while the dialog was open: the answer tells.
  const said = unseen && !answer.wire_id ? "withdrawn" : "retracted";
  if (done) toast(words(drill ? "drillRetracted" : said), { drill });
  return done;
}

/**
 * Retract an alert and publish its cancellation, in this order: the wrong text goes first. If the second half is refused,
 * the dialog stays open; a second press retracts nothing anew, and publishes the same text once.
 * @param {Target} target @param {boolean} [force] Although the same words are live already, as of another alert.
 * @returns {Promise<boolean>}
 */
async function cancel(target, force = false) {
  const item = await call("GET", `/v1/items/${encodeURIComponent(target.id)}`);
  const { level, edition, language, dir, sections, regions, tags, story, test: drill } = item;
  const asDraft = settings.alerts.includes(level) && !settings.mayAlert && !drill;
  const second = (asDraft || settings.twoPerson.includes(level)) && !drill;
  const told = [words(force ? "duplicate" : drill ? "cancelDrillText" : "cancelText"), second ? words("needsSecond") : ""];
  let sent = { state: "" };
  let again = "";
  let key = "";
  let keyed = "";
  const done = await ask({
    title: words("cancelTitle"),
    text: told.filter(Boolean).join(" "),
    quote: target.headline,
    ok: words(force ? "anyway" : drill ? "cancelDrill" : "cancelAlert"),
    alert: true,
    drill,
    fields: [
      { name: "text", label: words("cancellation"), value: target.cancellation ?? "", type: "textarea", required: words("required"), dir, lang: language, most: 280 },
      ...(second ? glass() : []),
    ],
    act: async ({ text = "", reason }) => {
      await post(target.id, "retract", {});
      const more = { ...(story ? { story } : {}), ...(item.push ? { push: true } : {}), ...(reason ? { break_glass: reason } : {}) };
      const how = { ...(drill ? { test: true } : asDraft ? { draft: true } : {}), ...(force ? { force } : {}) };
      const body = { headline: text, level, edition, language, dir, sections, regions, tags, ...more, ...how };
      if (keyed !== JSON.stringify(body)) [key, keyed] = [crypto.randomUUID(), JSON.stringify(body)];
      try {
        ({ item: sent } = await call("POST", "/v1/items", body, { "idempotency-key": key }));
      } catch (problem) {
        if (force || !(problem instanceof Problem) || problem.slug !== "duplicate") throw problem;
        again = text;
      }
    },
  });
  if (done && again) return cancel({ ...target, cancellation: again }, true);
  if (done) toast(words(drill ? "drillSent" : sent.state === "draft" ? "cancelWaits" : "cancelled"), { drill });
  return done;
}

/** @param {Target} target */
const approve = (target) => atIt(target.id, (colleague) => approveAlone(target, colleague));

/** @param {string} colleague */
const lockText = (colleague) => (colleague ? words("lockedBy", { name: colleague }) : "");

/**
 * Approve what the dialog shows: that version, and no other.
 * @param {Target} target @param {string} colleague
 * @param {string} [refused] Why the server does not take this editor for the second person: then it asks a chief for a reason.
 * @returns {Promise<boolean>}
 */
async function approveAlone({ id, ...target }, colleague, refused = "") {
  const { item, text } = await shown(id);
  const change = item.state === "live";
  const at = item.embargo_until;
  const later = at && Date.parse(at) > Date.now();
  const authors = change ? item.proposed?.authors : item.authors;
  const own = document.body.dataset.name?.toLowerCase();
  const rule = [item.level, text.level].some((level) => settings.twoPerson.includes(level));
  const author = rule && authors?.some((/** @type {string} */ name) => name.toLowerCase() === own);
  const alone = author || refused !== "";
  const needed = author ? words(settings.mayAlert ? "approveAlone" : "needsSecond") : refused;
  const drill = Boolean(item.test);
  const when = drill ? words("drillApproveText") : later ? words("approveLater", { time: timeText(at, true) }) : words(change ? "approveChange" : "approveText");
  let answer = { item };
  let again = "";
  const done = await ask({
    title: words(drill ? "drillApproveTitle" : change ? "approveChangeTitle" : "approveTitle"),
    drill,
    text: [lockText(colleague), needed, when].filter(Boolean).join(" "),
    quote: [text.speaker ? `${text.speaker}: ${text.headline}` : text.headline, text.summary, item.proposed?.change.correction]
      .filter(Boolean)
      .join("\n"),
    more: thumbnails(text.media ?? []),
    ok: words(drill ? "drillSend" : later ? "approveSchedule" : "approve"),
    alert: settings.alerts.includes(text.level),
    fields: alone ? glass(words("giveReason")) : [],
    act: async ({ reason }) => {
      try {
        answer = await post(id, "approve", reason ? { break_glass: reason } : {}, item.version);
      } catch (problem) {
        if (!rule || alone || !settings.mayAlert || !(problem instanceof Problem) || problem.slug !== "conflict") throw problem;
        again = problem.message;
      }
    },
  });
  if (done && again) return approveAlone({ id, ...target }, colleague, again);
  if (!done) return done;
  if (drill) toast(words("drillSent"), { drill });
  else if (answer.item.undo_until) undoable(answer.item, { out: () => toast(words("approved")) });
  else if (answer.item.state === "scheduled") toast(words("approvedLater", { time: timeText(answer.item.embargo_until, true) }));
  else toast(words(change ? "corrected" : "approved"));
  return done;
}

/** Drop a change that waits for a second person. @param {Target} target */
async function dismiss({ id }) {
  const { item, text } = await shown(id);
  const done = await ask({
    title: words("dismissTitle"),
    quote: text.headline,
    ok: words("dismiss"),
    act: () => call("PATCH", `/v1/items/${encodeURIComponent(id)}`, { proposed: null }, { "if-match": `"${item.version}"` }),
  });
  if (done) toast(words("dismissed"));
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
  cancel: (target) => cancel(target),
  copy,
  correct,
  dismiss,
  retract,
  release,
  reschedule,
  expire,
  pin: (target) => pin(target, "pin"),
  unpin: (target) => pin(target, "unpin"),
};
