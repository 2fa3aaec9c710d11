/** Uploads of pictures: from a drop, the clipboard or a choice, with alternative text and credit. */

import { call, Problem } from "./api.js";
import { toast } from "./dialogs.js";
import { fillIn } from "./view.js";
import { words } from "./words.js";

const TYPES = /^image\//;

/**
 * Call `act` for a picture that is dropped on `area`, chosen in it, or pasted anywhere but in a text.
 * @param {HTMLElement} area @param {HTMLElement} page @param {(file: File) => unknown} act
 * @param {AbortSignal} [over] When the area is no longer there. An area in a dialog takes pictures while that one is on top.
 */
export function whenPictures(area, page, act, over) {
  const signal = over ? { signal: over } : {};
  const onTop = () => {
    const top = [...document.querySelectorAll("dialog[open]")].at(-1);
    return top === undefined || top.contains(area);
  };
  const input = /** @type {HTMLInputElement} */ (area.querySelector("input[type=file]"));
  const take = (/** @type {FileList | undefined | null} */ files) => {
    const [file, ...others] = [...(files ?? [])].filter((one) => TYPES.test(one.type));
    if (others.length) toast(words("onePicture"));
    if (file && onTop()) void act(file);
    return file !== undefined;
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"])
    page.addEventListener(
      name,
      (event) => {
        const { dataTransfer } = /** @type {DragEvent} */ (event);
        if (!dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        area.classList.add("over");
      },
      signal,
    );
  for (const name of ["dragleave", "drop"])
    page.addEventListener(name, (event) => {
      const { relatedTarget } = /** @type {DragEvent} */ (event);
      if (name === "drop" || relatedTarget === null) area.classList.remove("over");
    }, signal);
  page.addEventListener("drop", (event) => {
    const { dataTransfer } = event;
    if (!dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser leaves the page for the file
    if (!take(dataTransfer.files)) toast(words("noPicture"), { bad: true });
  }, signal);
  document.addEventListener("paste", (event) => {
    if (take(event.clipboardData?.files)) event.preventDefault();
  }, signal);
}

/**
 * Ask for the texts of a picture and upload it. The texts in the file are proposed, not taken.
 * @param {File} file @returns {Promise<any>} The picture; null if it was not uploaded.
 */
export async function addPicture(file) {
  /** @type {any} */
  let added = null;
  const address = URL.createObjectURL(file);
  const done = await fillIn(
    "texts",
    async (form) => {
      const data = new FormData(form);
      const query = new URLSearchParams({ alt: String(data.get("alt")).trim(), credit: String(data.get("credit")).trim() });
      try {
        added = await call("POST", `/v1/media?${query}`, file);
      } catch (problem) {
        if (!(problem instanceof Problem) || !suggest(form, problem.document.suggested)) throw problem;
        throw new Problem(422, { detail: words("textsOfFile") });
      }
    },
    (form) => {
      /** @type {HTMLImageElement} */ (form.querySelector("img")).src = address;
    },
  );
  URL.revokeObjectURL(address);
  return done ? added : null;
}

/**
 * Write the texts of the file where the editor has written nothing yet.
 * @param {HTMLFormElement} form @param {any} suggested @returns {boolean} Whether one says what the picture shows.
 */
function suggest(form, suggested) {
  let described = false;
  for (const name of ["alt", "credit"]) {
    const input = /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
    if (input.value || !suggested?.[name]) continue;
    input.value = suggested[name];
    described ||= name === "alt";
  }
  return described;
}
