/**
 * What the server refuses, in the language of the page: each sentence has a code with parameters, and for a code that is not
 * known here the server's English text stands.
 */

import { settings } from "./words.js";

/** @type {Record<string, string>} Sentences by code, and the words for values in them, such as `state.draft`. */
const known = settings.refusals ?? {};
const language = `${settings.lang ?? "en"}-u-nu-latn`;
const number = new Intl.NumberFormat(language);
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const MOMENT = /^\d{4}-\d\d-\d\dT/;

/** @typedef {{ code?: string, params?: Record<string, string | number>, message: string }} Said */

/** @param {Said} said @returns {string} */
export function sentence({ code = "", params = {}, message }) {
  return Object.hasOwn(known, code) ? filled(known[code] ?? "", params) : message;
}

/** @param {string} text @param {Record<string, string | number>} params @returns {string} */
function filled(text, params) {
  return text.replace(/\{(\w+)\}/g, (place, name) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined) return place;
    if (typeof value === "number") return number.format(value);
    const word = `${name}.${value}`;
    if (Object.hasOwn(known, word)) return known[word] ?? value;
    if (name === "why" && Object.hasOwn(known, value)) return filled(known[value] ?? value, params);
    return MOMENT.test(value) ? moment.format(new Date(value)) : value;
  });
}

/** @param {Said} warning Of an item that was accepted. @returns {string} */
export function warned({ code = "", params = {}, message }) {
  return sentence({ code: `warning-${code}`, params, message });
}

/** @param {string} path A field's name in the API, such as `media.0.alt`. @returns {string} Its name in the page's language. */
export function fieldName(path) {
  const parts = path.split(".").filter((part) => !/^\d+$/.test(part));
  const part = parts.findLast((one) => Object.hasOwn(known, `field.${one}`));
  return part === undefined ? path : (known[`field.${part}`] ?? path);
}

/** @param {any} document A problem document (RFC 9457). @returns {string} What it says, with each wrong field. */
export function refusal(document) {
  const wrong = (document.errors ?? []).map((/** @type {Said & { field: string }} */ one) =>
    one.field ? `${fieldName(one.field)}: ${sentence(one)}` : sentence(one),
  );
  const text = wrong.join(" · ") || sentence({ ...document, message: document.detail ?? "" });
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}
