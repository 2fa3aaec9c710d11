/**
 * The screen: a full page for studios and lobbies, without a reader at the keyboard. One headline is large,
 * the next ones are below it; the head has the time and, small, the connection.
 *
 * It runs for days: it keeps no nodes, timers or listeners beyond those of its items.
 *
 * @import { Motion, Stage } from "./controller.js"
 */

const ADVANCE_MS = 12_000;
/** Number of headlines below the large one. */
const NEXT = 3;
/** The pointer and the controls disappear this long after the last movement. */
const ASLEEP_MS = 3_000;
/** Largest and smallest size of the headline, in per cent of the style sheet's. */
const SIZES = [100, 88, 78, 69, 61, 54, 47, 40, 34];

/** @param {Stage} stage @returns {Motion} */
export function screen({ host, root, list, words, ids, select, held, signal }) {
  /** @type {string|undefined} */
  let current;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let sleep;
  const clock = document.createElement("span");
  clock.className = "clock";
  clock.setAttribute("part", "clock");
  root.querySelector(".status")?.before(clock);
  const format = clockFormat(words.locale, host.getAttribute("time-zone") ?? undefined);
  const tick = () => {
    const text = format.format(Date.now()).replace("UTC", words.utc ?? "UTC"); // which browsers do not translate
    if (clock.textContent !== text) clock.textContent = text;
  };
  tick();
  const ticking = setInterval(tick, 1_000);

  function show(/** @type {number} */ at) {
    current = select(at);
    const rows = /** @type {HTMLElement[]} */ ([...list.children]);
    rows.forEach((row, n) => {
      const place = (n - at + rows.length) % rows.length;
      row.style.order = `${place}`;
      row.hidden = place > NEXT;
    });
    fit();
  }

  /** Use the largest size in which the whole headline fits. */
  function fit() {
    const row = /** @type {HTMLElement|null} */ (list.querySelector(".current"));
    if (!row) return;
    for (const size of SIZES) {
      row.style.setProperty("--fit", `${size}%`);
      if (row.scrollHeight <= row.clientHeight) return;
    }
  }

  /** @param {number} by @param {string} [from] */
  function step(by, from = current) {
    const all = ids();
    const at = Math.max(0, all.indexOf(from ?? ""));
    show((at + by + all.length) % all.length || 0);
    schedule();
  }

  function schedule() {
    clearTimeout(timer);
    if (!held() && !signal.aborted) timer = setTimeout(step, ADVANCE_MS, 1);
  }

  root.addEventListener("pointermove", () => {
    root.classList.add("awake");
    clearTimeout(sleep);
    sleep = setTimeout(() => root.classList.remove("awake"), ASLEEP_MS);
  });
  addEventListener("resize", fit, { signal });
  document.addEventListener("visibilitychange", keepAwake, { signal });
  keepAwake();
  signal.addEventListener("abort", () => {
    clearInterval(ticking);
    clearTimeout(timer);
    clearTimeout(sleep);
  });

  return {
    step,
    schedule,
    update(id, breaking) {
      const all = ids();
      if (id && breaking) return step(0, id);
      show(Math.max(0, all.indexOf(current ?? "")));
      if (!timer) schedule();
    },
  };
}

/** Return the clock's format: the edition's locale, with the name of the zone. @param {string} locale @param {string} [timeZone] */
function clockFormat(locale, timeZone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const style = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  try {
    return new Intl.DateTimeFormat(locale, { ...style, timeZone });
  } catch {
    console.warn(`<news-ticker>: unknown time-zone ${timeZone}`);
    return new Intl.DateTimeFormat(locale, style);
  }
}

/** Ask the device not to turn its display off. */
function keepAwake() {
  if (document.hidden) return;
  // Refused on battery power, or not supported: the display follows the device's settings.
  navigator.wakeLock?.request("screen").catch(() => undefined);
}
