/** What differs between two versions of a value: word by word in a text, one by one in a list. */

/** @typedef {["same" | "gone" | "new", string]} Part */
/** @typedef {{ time: (at: string) => string, field: (name: string) => string }} Say How times and names of fields are written. */

/** Cells of the table of two texts' words: a pair that needs more, of thousands of words, is shown whole. */
const CELLS_MAX = 1_000_000;
/** Share of the shorter text's words that must have stayed, or the texts are two different ones. */
const ALIKE = 0.3;
const RTL = /^[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

/**
 * @param {string} before @param {string} after
 * @returns {Part[]} In their order. Without what is new they are `before`, and without what is gone they are `after`.
 */
export function differences(before, after) {
  return join(compare(wordsOf(before), wordsOf(after)), /^\s+$/u);
}

/** @param {string[]} before @param {string[]} after @returns {Part[]} One for each entry of the lists. */
export const listDifferences = (before, after) => compare(before, after);

/** @param {string} text @returns {string[]} Words, spaces and marks; joined they are the text. */
function wordsOf(text) {
  if (!("Segmenter" in Intl)) return text.match(/\s+|\S+/gu) ?? [];
  return [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].map(({ segment }) => segment);
}

/** @param {string[]} before @param {string[]} after @returns {Part[]} By the longest common subsequence. */
function compare(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (/** @type {string[]} */ list) => list.map((text) => /** @type {Part} */ (["same", text]));
  return [
    ...same(before.slice(0, start)),
    ...between(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** @param {string[]} before @param {string[]} after @returns {Part[]} */
function between(before, after) {
  if (before.length * after.length > CELLS_MAX)
    return [["gone", before.join("")], ["new", after.join("")]];
  const width = after.length + 1;
  const longest = new Uint16Array((before.length + 1) * width);
  const at = (/** @type {number} */ i, /** @type {number} */ j) => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      longest[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  /** @type {Part[]} */
  const parts = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) parts.push(["same", before[i++] ?? ""]), j++;
    else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) parts.push(["gone", before[i++] ?? ""]);
    else parts.push(["new", after[j++] ?? ""]);
  }
  return parts;
}

/**
 * Join neighbours, so that people read changed phrases and no patchwork: a space between two changes belongs to both, and
 * texts that have little in common are two texts.
 * @param {Part[]} parts @param {RegExp} space @returns {Part[]}
 */
function join(parts, space) {
  const length = (/** @type {Part["0"][]} */ ...kinds) =>
    parts.reduce((sum, [kind, text]) => sum + (kinds.includes(kind) && !space.test(text) ? text.length : 0), 0);
  const least = ALIKE * Math.min(length("same", "gone"), length("same", "new"));
  const other = length("same") < least;
  /** @type {Part[]} */
  const joined = [];
  let [gone, fresh] = ["", ""];
  const finish = () => {
    if (gone) joined.push(["gone", gone]);
    if (fresh) joined.push(["new", fresh]);
    [gone, fresh] = ["", ""];
  };
  parts.forEach(([kind, text], place) => {
    const inside = space.test(text) && (gone || fresh) && (parts[place + 1]?.[0] ?? "same") !== "same";
    if (kind === "gone") gone += text;
    else if (kind === "new") fresh += text;
    else if (other || inside) [gone, fresh] = [gone + text, fresh + text];
    else {
      finish();
      const last = joined.at(-1);
      if (last?.[0] === "same") last[1] += text;
      else joined.push(["same", text]);
    }
  });
  finish();
  return joined;
}

/**
 * Elements that show a change: `<del>` and `<ins>` among what has stayed. Each is isolated (by the style sheet), so that a
 * Latin word or a number in an Arabic text moves no other word; the direction is that of the newer text.
 * @param {unknown} before @param {unknown} after @param {Say} [say] Without it, as they are. @returns {HTMLElement}
 */
export function changed(before, after, say = { time: (at) => at, field: (name) => name }) {
  const box = document.createElement("span");
  box.className = "words";
  const shown = (/** @type {unknown} */ value) => inWords(value, say);
  const lists = Array.isArray(before) && Array.isArray(after);
  const parts = lists
    ? listDifferences(before.map(shown), after.map(shown))
    : isText(before) && isText(after)
      ? differences(before, after)
      : whole(before, after, shown);
  const letter = /\p{L}/u.exec(isText(after) ? after : parts.map(([, text]) => text).join(" "))?.[0];
  if (letter) box.dir = RTL.test(letter) ? "rtl" : "ltr";
  parts.forEach(([kind, text], place) => {
    if (place && (lists || kind === "new")) box.append(lists ? ", " : parts[place - 1]?.[0] === "gone" ? " " : "");
    if (kind === "same") return box.append(text);
    const element = document.createElement(kind === "gone" ? "del" : "ins");
    element.textContent = text;
    box.append(element);
  });
  return box;
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;

/** @param {unknown} value @returns {value is string} A text that people write, and no time. */
const isText = (value) => typeof value === "string" && !TIME.test(value);

/** @param {unknown} before @param {unknown} after @param {(value: unknown) => string} shown @returns {Part[]} */
const whole = (before, after, shown) => [
  ...(isEmpty(before) ? [] : [/** @type {Part} */ (["gone", shown(before)])]),
  ...(isEmpty(after) ? [] : [/** @type {Part} */ (["new", shown(after)])]),
];

/** @param {unknown} value */
export const isEmpty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

/** @param {unknown} value @param {Say} say @returns {string} A picture is its description, or the name of its file. */
function inWords(value, say) {
  if (typeof value === "string") return TIME.test(value) ? say.time(value) : value;
  if (Array.isArray(value)) return value.map((one) => inWords(one, say)).join(", ");
  if (typeof value === "boolean") return value ? "✓" : "✗";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const { alt, href } = /** @type {{ alt?: string | null, href?: string | null }} */ (value);
  if (alt || href) return alt || (href ?? "").split(/[?#]/)[0]?.split("/").filter(Boolean).at(-1) || "";
  return Object.entries(value)
    .filter(([, one]) => !isEmpty(one))
    .map(([name, one]) => `${say.field(name)}: ${inWords(one, say)}`)
    .join("; ");
}
