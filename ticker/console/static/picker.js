/** Pictures of an item, to choose: from the library, dropped, or pasted; with what each shows, where that can be changed. */

import { tell } from "./dialogs.js";
import { Turns } from "./turns.js";
import { addPicture, whenPictures } from "./upload.js";
import { button, get, h, one } from "./view.js";
import { words } from "./words.js";

const PICKED_MAX = 4;
/** Of the library, which all pickers of a page share. */
const turns = new Turns();

/** The pictures of one item. */
export class Picker {
  /**
   * @param {HTMLElement} area Has `[data-picked]`, `[data-browse]` and a field for a file.
   * @param {HTMLElement} page Where a picture may be dropped.
   * @param {{ given?: any[], texts?: boolean, over?: AbortSignal }} [options] Pictures that the item has; whether their
   *   alternative texts are fields; when the picker is no longer there.
   */
  constructor(area, page, { given = [], texts = false, over } = {}) {
    this.list = /** @type {HTMLElement} */ (area.querySelector("[data-picked]"));
    this.texts = texts;
    this.most = Math.max(PICKED_MAX, given.length);
    /** @type {any[]} */
    this.chosen = given.map((picture) => ({ ...picture }));
    area.querySelector("[data-browse]")?.addEventListener("click", () => void this.browse());
    whenPictures(area, page, (file) => void addPicture(file).then((added) => added && this.pick(added)), over);
    this.over = over;
    this.show();
  }

  /** @param {any} picture The oldest goes if there are too many. */
  pick(picture) {
    if (this.chosen.some(({ id }) => id && id === picture.id)) return;
    this.chosen = [...this.chosen, picture].slice(-this.most);
    this.show();
  }

  clear() {
    this.chosen = [];
    this.show();
  }

  show() {
    this.list.replaceChildren(
      ...this.chosen.map((picture) => {
        const remove = button("×", () => {
          this.chosen = this.chosen.filter((other) => other !== picture);
          this.show();
        });
        remove.setAttribute("aria-label", `${words("remove")}: ${picture.alt ?? ""}`);
        const shown = h("span.thumbnail", {}, h("img", { src: picture.href, alt: picture.alt ?? "" }), remove);
        return h("li", { "data-id": picture.id ?? picture.href }, shown, this.texts ? this.text(picture) : null);
      }),
    );
  }

  /** @param {any} picture */
  text(picture) {
    const input = /** @type {HTMLInputElement} */ (h("input", { dir: "auto", autocomplete: "off" }));
    input.value = picture.alt ?? "";
    input.addEventListener("input", () => (picture.alt = input.value.trim()));
    return h("label", {}, words("pictureShows"), input);
  }

  async browse() {
    const library = /** @type {HTMLDialogElement} */ (document.getElementById("library"));
    const newest = turns.begin();
    try {
      const page = await get("/v1/media", { limit: "60" });
      if (!newest() || this.over?.aborted) return;
      one("[data-library-empty]").hidden = page.pictures.length > 0;
      one("[data-library]").replaceChildren(
        ...page.pictures.map((/** @type {any} */ picture) => {
          const choose = button("", () => (this.pick({ ...picture }), library.close()), ".thumb");
          choose.append(h("img", { src: picture.href, alt: picture.alt, loading: "lazy" }), h("span", { dir: "auto" }, picture.alt));
          return h("li", {}, choose);
        }),
      );
      if (!library.open) library.showModal();
    } catch (error) {
      if (newest()) tell(error);
    }
  }
}

/** @param {any[]} pictures @returns {any[]} As a field of a change: an uploaded one by its id, others by their address. */
export const asMedia = (pictures) =>
  pictures.map(({ id, href, type, alt, credit }) =>
    Object.fromEntries(Object.entries({ ...(id ? { id } : { href, type }), alt, credit }).filter(([, value]) => value)),
  );

/** @param {any[]} pictures @returns {HTMLElement | null} The pictures, to look at. */
export const thumbnails = (pictures) =>
  pictures.length
    ? h("ul.picked", {}, ...pictures.map(({ href, alt }) => h("li", {}, h("img", { src: href, alt: alt ?? "" }), h("span.soft", { dir: "auto" }, alt))))
    : null;
