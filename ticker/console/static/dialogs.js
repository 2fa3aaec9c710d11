/** Questions, toasts and times. */

import { Problem } from "./api.js";
import "./focus.js";
import { settings, words } from "./words.js";

const TOAST_MS = 8_000;
const TOASTS_MAX = 3;
const toasts = /** @type {HTMLElement} */ (document.querySelector(".toasts"));

/** The page for drills: every question and every message there is a drill's. */
const inDrill = Boolean(settings.drill);

/** @param {string} text @returns {string} What is said of a drill: it begins with the word. */
const drilled = (text) => `${words("drill")} · ${text}`;

/**
 * Say something, with buttons for what can follow. The oldest of more than three goes, unless it `stays`: then its caller
 * closes it, and what it says later is not read out: a countdown would read a number each second.
 * @param {string} text @param {{ bad?: boolean, stays?: boolean, drill?: boolean, actions?: [string, () => void][] }} [options]
 * @returns {{ say: (text: string) => void, close: () => void }}
 */
export function toast(text, { bad = false, stays = false, drill = inDrill, actions = [] } = {}) {
  const box = document.createElement("div");
  box.className = `toast${bad ? " bad" : ""}${drill ? " is-drill" : ""}`;
  const line = document.createElement("span");
  line.textContent = drill ? drilled(text) : text;
  line.dir = "auto";
  box.append(line);
  for (const [label, act] of actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      box.remove();
      act();
    });
    box.append(button);
  }
  if (stays) box.dataset.stays = "";
  toasts.append(box);
  const old = toasts.querySelectorAll(".toast:not([data-stays])");
  for (const one of [...old].slice(0, Math.max(0, toasts.children.length - TOASTS_MAX))) if (one !== box) one.remove();
  if (!stays) setTimeout(() => box.remove(), actions.length ? 2 * TOAST_MS : TOAST_MS);
  return {
    say: (later) => {
      if (stays) line.setAttribute("aria-live", "off");
      line.textContent = later;
    },
    close: () => box.remove(),
  };
}

/** @param {unknown} error Tell the editor why something was not done; what is no Problem is thrown again. */
export function tell(error) {
  if (!(error instanceof Problem)) throw error;
  toast(error.status ? error.message : words("failed"), { bad: true });
}

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {string} [value]
 * @property {"text" | "textarea" | "datetime-local"} [type]
 * @property {string} [required] What to say if it is empty.
 * @property {string} [exactly] What must be entered, in whatever case.
 * @property {string} [lang]
 * @property {string} [dir]
 * @property {number} [most] Characters.
 */

/**
 * Ask before something is done. The dialog stays open, with the reason, if it is refused. While another question is open
 * the answer is no: two in one dialog would both be answered by one press.
 * @param {{ title: string, text?: string | Promise<string>, quote?: string | ((values: Record<string, string>) => string),
 *   ok: string | ((values: Record<string, string>) => string),
 *   alert?: boolean, drill?: boolean, fields?: Field[], more?: Node | null, act: (values: Record<string, string>) => Promise<unknown> }} question
 *   The question is open before a `text` that is promised, and is answered after it. A `quote` or `ok` that is a function follows what is entered. A `drill` looks like nothing else. `more` stands
 *   before the fields, so that the way by keyboard from the last field to the button stays short.
 * @returns {Promise<boolean>} Whether it was done.
 */
export function ask({ title, text = "", quote = "", ok, alert = false, drill = inDrill, fields = [], more = null, act }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("act"));
  if (dialog.open) return Promise.resolve(false);
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const error = /** @type {HTMLElement} */ (dialog.querySelector(".form-error"));
  const button = /** @type {HTMLButtonElement} */ (dialog.querySelector("[data-ok]"));
  set(dialog, "h2", drill ? drilled(title) : title);
  set(dialog, "[data-text]", typeof text === "string" ? text : words("loading"));
  dialog.classList.toggle("is-drill", drill);
  button.classList.toggle("alert", alert);
  button.disabled = false;
  button.ariaBusy = String(typeof text !== "string");
  error.hidden = true;
  const inputs = fields.map(input);
  dialog.querySelector("[data-fields]")?.replaceChildren(...(more ? [more] : []), ...inputs.map(({ label }) => label));
  const values = () => Object.fromEntries(inputs.map(({ field, element }) => [field.name, element.value.trim()]));
  const show = () => {
    set(dialog, "[data-quote]", typeof quote === "string" ? quote : quote(values()));
    button.textContent = typeof ok === "string" ? ok : ok(values());
  };
  show();
  return new Promise((resolve) => {
    const gone = new AbortController();
    const finish = (/** @type {boolean} */ done) => {
      if (gone.signal.aborted) return; // cancelled meanwhile: the dialog may be another question's
      gone.abort();
      dialog.close();
      resolve(done);
    };
    void Promise.resolve(text).then((found) => {
      if (gone.signal.aborted) return;
      set(dialog, "[data-text]", found);
      button.ariaBusy = "false";
      if (error.textContent === words("notRead")) error.hidden = true;
    });
    const refuse = (/** @type {string} */ reason) => {
      error.textContent = reason;
      error.hidden = false;
    };
    form.addEventListener(
      "submit",
      async (event) => {
        event.preventDefault();
        const wrong = inputs.find(({ field, element }) => !fits(field, element.value));
        if (wrong) {
          const { exactly, required } = wrong.field;
          refuse(exactly ? words("wrongWord", { word: exactly }) : (required ?? ""));
          wrong.element.focus();
          return;
        }
        if (button.ariaBusy === "true") return refuse(words("notRead")); // nobody has read what it says
        button.disabled = true;
        try {
          await act(values());
          finish(true);
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          if (problem.slug === "stale") refuse(words("changedMeanwhile"));
          else refuse(problem.status ? problem.message : words("failed"));
        } finally {
          button.disabled = false;
        }
      },
      { signal: gone.signal },
    );
    form.addEventListener("input", show, { signal: gone.signal });
    dialog.querySelector("[data-cancel]")?.addEventListener("click", () => finish(false), { signal: gone.signal });
    dialog.addEventListener("cancel", (event) => (event.preventDefault(), finish(false)), { signal: gone.signal });
    dialog.showModal();
    (inputs[0]?.element ?? button).focus();
  });
}

/** @param {Field} field @param {string} value */
function fits({ exactly, required }, value) {
  const entered = value.trim();
  if (exactly) return entered.toLocaleUpperCase(settings.lang) === exactly.toLocaleUpperCase(settings.lang);
  return !required || entered !== "";
}

/** @param {Field} field */
function input(field) {
  const label = document.createElement("label");
  label.textContent = field.label;
  const area = field.type === "textarea";
  const element = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (
    document.createElement(area ? "textarea" : "input")
  );
  if (element instanceof HTMLInputElement) element.type = field.type ?? "text";
  else element.rows = 3;
  element.value = field.value ?? "";
  element.dir = field.dir ?? "auto";
  if (field.lang) element.lang = field.lang;
  if (field.most) element.maxLength = field.most;
  element.required = field.required !== undefined;
  element.autocomplete = "off";
  label.append(element);
  return { field, label, element };
}

/** @param {Element} root @param {string} selector @param {string} text */
function set(root, selector, text) {
  const found = /** @type {HTMLElement} */ (root.querySelector(selector));
  found.textContent = text;
  found.hidden = text === "";
}

/** @param {string} at An RFC 3339 time. @param {boolean} [full] With its date, whatever the day. @returns {string} */
export function timeText(at, full = false) {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  const now = new Date();
  const today = moment.toDateString() === now.toDateString();
  const otherYear = moment.getFullYear() !== now.getFullYear();
  const day = /** @type {const} */ ({ weekday: "short", day: "numeric", month: "short" });
  const text = new Intl.DateTimeFormat(settings.lang, {
    ...(today && !full ? {} : day),
    ...(otherYear ? { year: "numeric" } : {}),
    hour: "2-digit",
    hourCycle: "h23",
    minute: "2-digit",
    ...(full ? { second: "2-digit", timeZoneName: "short" } : {}),
  }).format(moment);
  return text.replace("UTC", settings.utc ?? "UTC"); // browsers write "UTC" in all languages
}

/** @param {ParentNode} root Fill in the times that the server left to the browser, which knows the time zone. */
export function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = /** @type {HTMLTimeElement} */ (time);
    at.textContent = timeText(at.dateTime, "full" in at.dataset);
    at.title = at.dateTime;
  }
}

/** @param {string} local The value of a `datetime-local` field. @returns {string | undefined} RFC 3339. */
export function momentOf(local) {
  const moment = new Date(local);
  return local && !Number.isNaN(moment.getTime()) ? moment.toISOString() : undefined;
}
