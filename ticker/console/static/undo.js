/** The undo window: a countdown with a button, until readers have the item. */

import { call, Problem } from "./api.js";
import { tell, toast } from "./dialogs.js";
import { words } from "./words.js";

const TICK_MS = 250;
const LOOK_MS = 500;
/** How often the server is asked, after the window, whether the item is out. */
const LOOKS = 120;
/** Without a worker nothing goes out: after so many answers the console says so no more. */

/** @type {(() => void) | null} The button of the newest countdown. */
let newest = null;

/** Take back the newest item that waits, if there is one. */
export function undoNewest() {
  newest?.();
}

const changed = () => document.dispatchEvent(new Event("ticker-changed"));

/**
 * Count down, and say when the item is out.
 * @param {any} item As the server has answered: scheduled, with `undo_until`.
 * @param {{ out: (item: any) => unknown, back?: () => unknown }} then Called when the item is out, and when it was taken back.
 * @param {number} [ms] Until it goes out. The times in the answer are of the newsroom's clock: that of this computer may be wrong.
 */
export function undoable(item, { out, back }, ms = Date.parse(item.undo_until) - Date.parse(item.updated_at)) {
  const end = performance.now() + ms;
  const left = () => Math.max(0, Math.ceil((end - performance.now()) / 1000));
  const undo = () => void takeBack();
  const box = toast(words("goesOut", { n: left() }), { stays: true, actions: [[words("takeBack"), undo]] });
  let over = false;
  let looks = 0;
  newest = undo;

  const finish = () => {
    over = true;
    clearInterval(ticking);
    box.close();
    if (newest === undo) newest = null;
  };

  async function takeBack() {
    if (over) return; // the second click
    finish();
    try {
      await call("POST", `/v1/items/${encodeURIComponent(item.id)}/retract`, {}, { "if-match": `"${item.version}"` });
      toast(words("takenBack"));
      back?.();
    } catch (problem) {
      if (problem instanceof Problem && problem.slug === "stale") await look(true);
      else tell(problem);
    }
    changed();
  }

  /** @param {boolean} asked Whether the editor has tried to take it back. */
  async function look(asked) {
    const now = await call("GET", `/v1/items/${encodeURIComponent(item.id)}`).catch(() => null);
    if (now === null || (over && !asked)) return;
    const waits = now.state === "scheduled" && now.undo_until;
    if (waits && now.version === item.version) return;
    if (!over) finish();
    if (waits) undoable(now, { out, ...(back ? { back } : {}) }, end - performance.now()); // a colleague has changed it
    else if (now.state === "live") out(now);
    changed();
    if (asked) toast(words("tooLate"), { bad: true });
  }

  const tick = () => {
    if (left() > 0) return box.say(words("goesOut", { n: left() }));
    box.say(words("goesOutNow"));
    clearInterval(ticking);
    ticking = window.setInterval(() => (++looks > LOOKS ? finish() : void look(false)), LOOK_MS);
  };
  let ticking = window.setInterval(tick, TICK_MS);
}
