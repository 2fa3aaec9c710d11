/** The form: what is written stays on this device until it is published. */

import { call, Problem } from "./api.js";
import { refresh, show } from "./board.js";
import { acts, whenRetracted } from "./acts.js";
import { ask, momentOf, tell, timeText, toast } from "./dialogs.js";
import { picked, unpick } from "./pictures.js";
import { alertsToday, previewOf, previewSoon, watchPreview } from "./preview.js";
import { reached } from "./receipts.js";
import { undoable } from "./undo.js";
import { fieldName, sentence, warned } from "./refusals.js";
import { settings, words } from "./words.js";

const LONG = 90;
const HEADLINE_MAX = 280;
const PUSH_MAX = 120;
/** A drill has a text of its own: what is left of one must not be in the form of the real thing. */
const KEPT = settings.drill ? "ticker-console-drill" : "ticker-console-draft";

const form = /** @type {HTMLFormElement} */ (document.getElementById("write"));
const error = /** @type {HTMLElement} */ (form.querySelector(".form-error"));
const preview = /** @type {HTMLElement} */ (form.querySelector("[data-preview]"));
const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll("[data-publish], [data-draft]"));

/** What the buttons say while the form has no time. @type {Map<Element, string>} */
const sends = new Map([...form.querySelectorAll("[data-publish]")].map((button) => [button, button.textContent ?? ""]));

let busy = false;

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
const text = (/** @type {string} */ name) => String(new FormData(form).get(name) ?? "").trim();

/** @param {string} name @returns {string[]} What the field has, with commas between. */
const listed = (name) => text(name).split(/[,،]/u).map((one) => one.trim()).filter(Boolean);

/** The draft in the form, as the API takes it. @returns {Record<string, any>} */
function draft() {
  const found = {
    ...picked(),
    headline: text("headline"),
    edition: text("edition"),
    level: text("level"),
    speaker: text("speaker"),
    source: text("source"),
    summary: text("summary"),
    story: text("story"),
    link: text("link"),
    note: text("note"),
    cancellation: text("cancellation"),
    sections: [text("section"), ...listed("sections")].filter(Boolean),
    regions: [text("region"), ...listed("regions")].filter(Boolean),
    tags: listed("tags"),
    at: momentOf(text("at")),
    expires_at: momentOf(text("expires_at")),
    pinned: field("pinned").checked,
    push: field("push").checked || undefined,
    verification: field("developing").checked ? "developing" : undefined,
    test: settings.drill || undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== "" && value !== undefined));
}

/** @returns {number} Characters of the headline as readers see it, the speaker included. */
function size() {
  const speaker = text("speaker");
  return [...text("headline")].length + (speaker ? [...speaker].length + 2 : 0);
}

/** @returns {string} That the headline is too long, without its speaker; "" if not. The server decides. */
function tooLong() {
  const n = [...text("headline").normalize()].length;
  return n > HEADLINE_MAX ? words("tooLong", { n, most: HEADLINE_MAX }) : "";
}

function update() {
  const edition = settings.editions[text("edition")] ?? {};
  for (const name of ["headline", "summary", "speaker", "source", "cancellation"]) {
    field(name).lang = edition.lang ?? "";
    field(name).dir = edition.dir ?? "auto";
  }
  const count = size();
  const hint = /** @type {HTMLElement} */ (form.querySelector("[data-hint]"));
  const push = field("push").checked && count > PUSH_MAX;
  /** @type {HTMLElement} */ (form.querySelector("[data-count]")).textContent = String(count);
  const warning = push ? words("tooLongForPush", { n: count }) : count > LONG ? words("long", { n: count }) : second();
  hint.textContent = tooLong() || warning;
  hint.classList.toggle("warn", push || count > LONG);
  preview.hidden = count === 0;
  preview.dir = edition.dir ?? "auto";
  preview.lang = edition.lang ?? "";
  const speaker = text("speaker");
  const level = /** @type {HTMLElement} */ (form.querySelector("[data-preview-level]"));
  level.textContent = form.querySelector("input[name=level]:checked + span")?.textContent ?? "";
  level.className = `chip level level-${text("level")}`;
  /** @type {HTMLElement} */ (form.querySelector("[data-preview-text]")).textContent =
    (speaker ? `${speaker}: ` : "") + text("headline");
  const at = momentOf(text("at"));
  for (const button of form.querySelectorAll("[data-publish]")) {
    button.classList.toggle("alert", settings.alerts.includes(text("level")));
    // A time that was left in a closed part of the form would publish a flash tomorrow.
    button.textContent = at && !settings.drill ? words("scheduleFor", { time: timeText(at) }) : (sends.get(button) ?? "");
  }
}

/** @returns {string} Whether this level needs a second person. */
function second() {
  return settings.twoPerson.includes(text("level")) && !settings.drill ? words("needsSecond") : "";
}

function keep() {
  const kept = JSON.stringify([...new FormData(form)]);
  try {
    if (text("headline")) localStorage.setItem(KEPT, kept);
    else localStorage.removeItem(KEPT);
  } catch {
    // A browser that keeps nothing: the form works all the same.
  }
}

function restore() {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return;
  }
  if (!Array.isArray(kept)) return;
  fill(kept);
  toast(words("restored"));
}

/** @param {Iterable<[string, any]>} kept What is in the fields of a form. */
function fill(kept) {
  for (const [name, value] of kept) {
    const found = form.elements.namedItem(name);
    if (found instanceof RadioNodeList) {
      if ([...found].some((one) => /** @type {HTMLInputElement} */ (one).value === value)) found.value = value;
    } else if (found instanceof HTMLInputElement && found.type === "checkbox") found.checked = true;
    else if (found) /** @type {HTMLInputElement} */ (found).value = value;
  }
}

/**
 * Put a template's draft into the form; what was there can be brought back.
 * @param {Record<string, any>} made As the API has filled it in.
 */
export function use(made) {
  const written = text("headline") ? [...new FormData(form)] : null;
  form.reset();
  const [section = "", ...sections] = made.sections ?? [];
  const [region = "", ...regions] = made.regions ?? [];
  const values = { section, sections: sections.join(","), region, regions: regions.join(","), tags: (made.tags ?? []).join(", ") };
  for (const name of ["edition", "level", "headline", "summary", "speaker", "source", "note", "cancellation"])
    Object.assign(values, { [name]: made[name] ?? "" });
  fill([...Object.entries(values), ...(made.push ? [/** @type {[string, any]} */ (["push", "on"])] : [])]);
  const more = /** @type {HTMLDetailsElement} */ (form.querySelector("details.more"));
  more.open ||= ["summary", "speaker", "source", "note"].some((name) => text(name));
  changed();
  focusHeadline();
  if (written) toast(words("replaced"), { actions: [[words("bringBack"), () => (form.reset(), fill(written), changed())]] });
}

function changed() {
  update();
  keep();
  previewSoon(draft);
}

/** Put a text that was taken back into the form, unless something else is being written there by now. */
function giveBack(/** @type {[string, any][]} */ written) {
  if (text("headline")) return;
  fill(written);
  keep();
  update();
  focusHeadline();
}

function clear() {
  const edition = text("edition");
  form.reset();
  unpick();
  field("edition").value = edition;
  keep();
  errors([]);
  update();
}

/** @param {(import("./refusals.js").Said & { field: string })[]} found Mark the fields that the server refused. */
function errors(found) {
  error.hidden = true;
  for (const old of form.querySelectorAll(".field-error")) old.remove();
  for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  const unplaced = [];
  for (const one of found) {
    const path = one.field;
    const message = sentence(one);
    const name = path.replace(/^sections.*/, "section").replace(/^regions.*/, "region").replace(/^tags.*/, "tags");
    const element = form.elements.namedItem(name);
    if (!(element instanceof HTMLElement)) {
      unplaced.push(path ? `${fieldName(path)}: ${message}` : message);
      continue;
    }
    element.setAttribute("aria-invalid", "true");
    const line = document.createElement("span");
    line.className = "field-error";
    line.textContent = (name === "headline" && tooLong()) || message;
    element.after(line);
    /** @type {HTMLDetailsElement | null} */ (element.closest("details"))?.setAttribute("open", "");
  }
  if (unplaced.length) refuse(unplaced.join(" "));
  /** @type {HTMLElement | null} */ (form.querySelector("[aria-invalid]"))?.focus();
}

/** @param {string} reason */
function refuse(reason) {
  error.textContent = reason;
  error.hidden = false;
}

/** @returns {Promise<number>} Readers on screen now; 0 if that cannot be known. */
async function readers() {
  return call("GET", "/v1/audience").then(
    ({ readers: now }) => now,
    () => 0,
  );
}

/** @param {Record<string, any>} body Publish, after the question that an alert needs. */
async function publish(body) {
  if (!settings.alerts.includes(body.level)) return send(body);
  const level = form.querySelector("input[name=level]:checked + span")?.textContent ?? body.level;
  if (body.test) return void (await askDrill(body, level));
  const word = level.toLocaleUpperCase(settings.lang);
  const needsSecond = settings.twoPerson.includes(body.level);
  const told = async () => {
    const preview = await previewOf(body);
    const n = preview ? preview.interrupts.readers : await readers();
    const first = needsSecond ? words("needsSecond") : words(body.at ? "approveLater" : "flashText", { n, time: timeText(body.at ?? "", true) });
    return [first, ...(body.push ? [words("flashPush")] : []), ...alertsToday(preview)].join(" ");
  };
  await ask({
    title: words("publishFlash", { level }),
    text: told(), // the question is there before it: the word that is typed for it is not for the headline
    quote: body.headline,
    ok: ({ reason }) => (needsSecond && !reason ? words("forApproval") : words("publishFlash", { level })),
    alert: true,
    // The word comes first: typed from habit into the reason, it would publish without the second person.
    fields: [
      { name: "word", label: words("word", { word }), exactly: word },
      ...(needsSecond && settings.mayAlert ? [{ name: "reason", label: words("breakGlass") }] : []),
    ],
    act: ({ reason }) => send(reason ? { ...body, break_glass: reason } : body),
  });
}

/** @param {Record<string, any>} body @param {string} level The question of the real thing, with other words. */
const askDrill = (body, level) =>
  ask({
    title: words("drillTitle", { level }),
    text: words("drillText"),
    quote: body.headline,
    ok: words("drillSend"),
    drill: true,
    fields: [{ name: "word", label: words("word", { word: words("drill") }), exactly: words("drill") }],
    act: () => send(body),
  });

/** The text that was sent last and its key, until there is an answer: perhaps the newsroom has it, and only the answer was lost. */
let unanswered = { text: "", key: "" };

/** @param {Record<string, any>} body */
async function send(body) {
  const text = JSON.stringify(body);
  if (unanswered.text !== text) unanswered = { text, key: crypto.randomUUID() };
  const answer = await call("POST", "/v1/items", body, { "idempotency-key": unanswered.key });
  unanswered = { text: "", key: "" };
  const { item } = answer;
  const written = [...new FormData(form)];
  clear();
  const said = {
    draft: () => words("drafted"),
    scheduled: () => words("scheduled", { time: timeText(item.embargo_until, true) }),
  };
  if (item.state === "live") live(item, answer.wire_id);
  else if (item.state === "scheduled" && item.undo_until) {
    const out = (/** @type {any} */ now) => live(now, now.history?.at(-1)?.wire_id);
    undoable(item, { out, back: () => giveBack(written) });
  } else if (item.state === "test") {
    toast(words("drillSent"), { drill: true, actions: [[words("undo"), () => void acts.retract?.(target(item))]] });
  } else toast(said[/** @type {"draft" | "scheduled"} */ (item.state)]?.() ?? item.state);
  for (const warning of answer.warnings ?? []) toast(words("lookAgain", { text: warned(warning) }));
  void refresh(); // the next item does not wait for the board
}

/** @param {any} item @param {string} event Say that readers have it, on how many screens, with a button to retract it. */
function live(item, event) {
  const box = toast(words("published"), { actions: [[words("undo"), () => void acts.retract?.(target(item))]] });
  void reached(item.id, event).then((text) => text && box.say(`${words("published")} · ${text}`));
  whenRetracted(item.id, box.close);
}

/** @param {any} item @returns {import("./acts.js").Target} */
const target = ({ id, version, level, headline, test }) => ({ id, version: String(version), level, headline, drill: test });

/** @param {boolean} asDraft */
async function submit(asDraft) {
  if (busy) return; // a second press of Ctrl Enter
  const body = draft();
  errors([]);
  if (!body.headline) return errors([{ field: "headline", message: words("required") }]);
  busy = true;
  for (const button of buttons) button.disabled = true;
  try {
    await (asDraft ? send({ ...body, draft: true }) : publish(body));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.slug === "duplicate") duplicate(problem, { ...body, ...(asDraft ? { draft: true } : {}) });
    else if (problem.document.errors) errors(problem.document.errors);
    else refuse(problem.status ? problem.message : words("failed"));
  } finally {
    busy = false;
    for (const button of buttons) button.disabled = false;
  }
}

/** @param {Problem} problem @param {Record<string, any>} body */
function duplicate(problem, body) {
  const { existing } = problem.document;
  const id = existing?.id ?? existing;
  toast(words("duplicate"), {
    bad: true,
    actions: [
      ...(typeof id === "string" ? [/** @type {[string, () => void]} */ ([words("openDuplicate"), () => void show(id)])] : []),
      [words("anyway"), () => void publish({ ...body, force: true }).catch(tell)],
    ],
  });
}

/** @param {string} name Show the page to write or the board, of which a phone has room for one. */
export function showTab(name) {
  document.body.dataset.tab = name;
  for (const button of document.querySelectorAll("nav.tabs [data-tab]")) {
    if (/** @type {HTMLElement} */ (button).dataset.tab === name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

export function focusHeadline() {
  showTab("write");
  field("headline").focus();
}

form.addEventListener("input", changed);
for (const [one, more] of [["section", "sections"], ["region", "regions"]])
  field(one ?? "").addEventListener("change", () => (field(more ?? "").value = ""));
watchPreview(draft);
form.addEventListener("submit", (event) => (event.preventDefault(), void submit(!settings.mayPublish)));
form.addEventListener("reset", () => setTimeout(() => (keep(), errors([]), update())));
form.querySelector("[data-draft]")?.addEventListener("click", () => void submit(true));
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    void submit(!settings.mayPublish);
  }
});
restore();
update();
