/**
 * A sound when news breaks, on pages that are open. It is off until the reader switches it on, on this
 * device. It plays for items published as breaking, once for all tabs, and not while the page is paused.
 *
 * Browsers allow sound only after the reader has used the page: until then, none is played.
 */

import { isPaused } from "./live.js";
import { items } from "./page.js";

const KEY = "ticker-sound";
const LOCK = "ticker-sound";
const LEVELS = ["flash", "bulletin"];
/** An item that a reader who was away gets later than this has no sound. */
const FRESH_MS = 2 * 60_000;
/** No second sound within this time. */
const QUIET_MS = 10_000;
const NOTES_HZ = [659.26, 987.77];
const NOTE_SECONDS = 0.18;
const FADE_SECONDS = 0.5;
const VOLUME = 0.12;

const box = /** @type {HTMLInputElement|null} */ (document.getElementById("sound"));
/** @type {AudioContext|undefined} */
let audio;

function isOn() {
  try {
    return localStorage[KEY] === "on";
  } catch {
    return false; // storage that the reader blocks
  }
}

/** Open the device's sound. Browsers allow it after a click, a touch or a key. */
async function open() {
  audio ??= new AudioContext();
  await audio.resume();
}

function play() {
  if (audio?.state !== "running") return;
  for (const [n, hz] of NOTES_HZ.entries()) {
    const at = audio.currentTime + n * NOTE_SECONDS;
    const note = new OscillatorNode(audio, { frequency: hz });
    const gain = new GainNode(audio, { gain: 0 });
    gain.gain.setValueAtTime(VOLUME, at).exponentialRampToValueAtTime(0.001, at + FADE_SECONDS);
    note.connect(gain).connect(audio.destination);
    note.start(at);
    note.stop(at + FADE_SECONDS);
  }
}

/** Play in one tab only: the others find the lock taken until the sound is long over. */
async function playOnce() {
  if (audio?.state !== "running") return;
  if (!navigator.locks) return play(); // the page is not secure
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    play();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  });
}

if (box) {
  const show = () => (box.checked = isOn());
  box.addEventListener("change", () => {
    try {
      localStorage[KEY] = box.checked ? "on" : "off";
    } catch {
      // No storage: for this page only.
    }
    if (!box.checked) return;
    open().then(play, () => {}); // the reader hears what is switched on
  });
  addEventListener("storage", show);
  const used = () => {
    if (isOn()) open().catch(() => {}); // no sound device
  };
  addEventListener("pointerup", used);
  addEventListener("keydown", used);
  items.addEventListener("change", (event) => {
    const { type, action, item } = /** @type {CustomEvent} */ (event).detail;
    if (type !== "item" || action !== "publish" || !LEVELS.includes(item.level)) return;
    if (!box.checked || isPaused() || Date.now() - Date.parse(item.published_at) > FRESH_MS) return;
    playOnce();
  });
  show();
}
