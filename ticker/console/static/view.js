/** What the console's pages beside the board share: elements, dialogs with a form, lists by pages. */

import { call, Problem, sessionEnded } from "./api.js";
import { tell } from "./dialogs.js";
import { keepSession } from "./session.js";
import { usePalette } from "./palette.js";
import { words } from "./words.js";

/**
 * @param {string} tag With its classes: `p.meta.soft`. @param {Record<string, string | boolean | undefined>} attributes
 * @param {(Node | string | null | undefined | false)[]} children Texts are texts, never HTML.
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name = "div", ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  made.append(...children.filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/** @param {string} label @param {() => unknown} act @param {string} [classes] */
export function button(label, act, classes = "") {
  const made = h(`button${classes}`, { type: "button" }, label);
  made.addEventListener("click", () => void act());
  return made;
}

/** @param {string} selector @returns {HTMLElement} */
export const one = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/** @param {string | null} at @param {boolean} [full] */
export function time(at, full = false) {
  return at ? h("time", { datetime: at, "data-full": full }) : null;
}

/**
 * Ask with the form of a dialog. It stays open, with the reason, if the server refuses.
 * @param {string} id @param {(form: HTMLFormElement) => Promise<unknown>} act
 * @param {(form: HTMLFormElement) => void} [fill] Sets the form before it is shown.
 * @returns {Promise<boolean>} Whether it was done.
 */
export function fillIn(id, act, fill = () => {}) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById(id));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const error = /** @type {HTMLElement} */ (form.querySelector(".form-error"));
  const send = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
  form.reset();
  error.hidden = true;
  fill(form);
  return new Promise((resolve) => {
    const over = new AbortController();
    let done = false;
    form.addEventListener(
      "submit",
      async (event) => {
        event.preventDefault();
        if (send.disabled) return; // a second press
        send.disabled = true;
        error.hidden = true;
        try {
          await act(form);
          done = true;
          dialog.close();
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          error.textContent = reason(problem);
          error.hidden = false;
        } finally {
          send.disabled = false;
        }
      },
      { signal: over.signal },
    );
    dialog.addEventListener("close", () => (over.abort(), resolve(done)), { signal: over.signal });
    dialog.showModal();
  });
}

/**
 * Show a secret, for the only time.
 * @param {string} name Whose it is. @param {string} secret
 */
export function reveal(name, secret) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("secret"));
  const copy = /** @type {HTMLButtonElement} */ (dialog.querySelector("[data-copy]"));
  const over = new AbortController();
  one("#secret [data-name]").textContent = name;
  one("#secret [data-secret]").textContent = secret;
  const label = copy.textContent ?? "";
  copy.hidden = !("clipboard" in navigator); // browsers have it over HTTPS alone
  copy.addEventListener("click", () => void navigator.clipboard.writeText(secret).then(() => (copy.textContent = words("copied")), () => (copy.hidden = true)), {
    signal: over.signal,
  });
  dialog.addEventListener(
    "close",
    () => {
      over.abort();
      copy.textContent = label;
      one("#secret [data-secret]").textContent = "";
    },
    { once: true },
  );
  dialog.showModal();
}

/** @param {Problem} problem @returns {string} */
export function reason(problem) {
  return problem.status ? problem.message : words("failed");
}

/** @param {string} path @param {Record<string, string>} [query] Values that are empty are left out. */
export const get = (path, query = {}) => {
  const wanted = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return call("GET", wanted.size ? `${path}?${wanted}` : path);
};

/**
 * A list that grows by pages, with a button for what is older. It shows answers to one query at a time: one that comes after
 * a newer question is dropped, and what is older is asked for with the query of what is shown.
 */
export class Pager {
  /**
   * @param {string} path @param {string} field The list in an answer, beside its `next`.
   * @param {{ show: (entries: any[]) => void, query?: () => Record<string, string>, failed?: () => void }} list
   */
  constructor(path, field, { show, query = () => ({}), failed = () => {} }) {
    this.path = path;
    this.field = field;
    this.show = show;
    this.query = query;
    this.failed = failed;
    this.more = /** @type {HTMLButtonElement} */ (one("[data-more]"));
    /** @type {any[]} */
    this.entries = [];
    this.pages = 0;
    this.next = "";
    this.turn = 0;
    /** @type {Record<string, string>} */
    this.shown = {};
    this.more.addEventListener("click", () => void this.ask(this.shown, this.next));
  }

  /** @param {boolean} [again] Only a look at what is new: a list that has grown stays as it is. */
  async load(again = false) {
    if (!sessionEnded() && !(again && this.pages > 1)) await this.ask(this.query(), "");
  }

  /** @param {Record<string, string>} query @param {string} before */
  async ask(query, before) {
    const turn = ++this.turn;
    this.more.disabled = true; // until the answer: what is older than it is not known yet
    try {
      const page = await get(this.path, { ...query, before });
      if (turn !== this.turn) return;
      this.entries = before ? [...this.entries, ...page[this.field]] : page[this.field];
      this.pages = before ? this.pages + 1 : 1;
      this.next = page.next ?? "";
      this.shown = query;
      this.more.hidden = !this.next;
      one("[data-empty]").hidden = this.entries.length > 0;
      this.show(this.entries);
    } catch (error) {
      if (turn !== this.turn) return;
      this.failed();
      tell(error);
    } finally {
      if (turn === this.turn) this.more.disabled = false;
    }
  }
}

/**
 * Begin a page: its session, its commands, and a look again every so often while it is seen.
 * @param {{ load: (again?: boolean) => Promise<unknown>, every?: number, keys?: Record<string, () => void>, rows?: import("./rows.js").Rows,
 *   commands?: () => [string, () => void][] }} page
 */
export function begin({ load, every = 0, keys = {}, rows, commands = () => [] }) {
  keepSession(() => void load());
  usePalette({
    commands,
    rows: () => (rows?.rows ?? []).map((row) => [row.dataset.name ?? "", () => rows?.focus(row)]),
    keys: { j: () => rows?.move(1), k: () => rows?.move(-1), ...keys },
    repeating: ["j", "k"],
    escape: () => {},
  });
  const look = () => {
    if (document.visibilityState === "visible" && !document.querySelector("dialog[open]")) void load(true);
  };
  if (every) setInterval(look, every);
  document.addEventListener("visibilitychange", look);
  document.querySelector(".pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  void load().then(() => document.body.setAttribute("data-ready", ""));
}
