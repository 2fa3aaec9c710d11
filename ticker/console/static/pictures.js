/** Pictures of the item that is being written: picked from the library, dropped, or pasted. */

import { call } from "./api.js";
import { tell } from "./dialogs.js";
import { addPicture, whenPictures } from "./upload.js";
import { button, get, h, one } from "./view.js";
import { words } from "./words.js";

const PICKED_MAX = 4;
const area = one("[data-picker]");
const list = one("[data-picked]");
const library = /** @type {HTMLDialogElement} */ (document.getElementById("library"));
/** @type {any[]} */
let chosen = [];

/** @returns {{ media?: { id: string }[] }} The pictures as a field of the draft, if there are any. */
export const picked = () => (chosen.length ? { media: chosen.map(({ id }) => ({ id })) } : {});

/** Forget the pictures: the item was sent. */
export function unpick() {
  chosen = [];
  show();
}

/** @param {any} picture */
function pick(picture) {
  if (chosen.some(({ id }) => id === picture.id)) return;
  chosen = [...chosen, picture].slice(-PICKED_MAX);
  show();
}

function show() {
  list.replaceChildren(
    ...chosen.map((picture) => {
      const remove = button("×", () => {
        chosen = chosen.filter(({ id }) => id !== picture.id);
        show();
      });
      remove.setAttribute("aria-label", `${words("remove")}: ${picture.alt}`);
      return h("li", {}, h("img", { src: picture.href, alt: picture.alt }), remove);
    }),
  );
}

async function browse() {
  try {
    const page = await get("/v1/media", { limit: "60" });
    one("[data-library-empty]").hidden = page.pictures.length > 0;
    one("[data-library]").replaceChildren(
      ...page.pictures.map((/** @type {any} */ picture) => {
        const choose = button("", () => (pick(picture), library.close()), ".thumb");
        choose.append(h("img", { src: picture.href, alt: picture.alt, loading: "lazy" }), h("span", { dir: "auto" }, picture.alt));
        return h("li", {}, choose);
      }),
    );
    library.showModal();
  } catch (error) {
    tell(error);
  }
}

one("[data-browse]").addEventListener("click", () => void browse());
whenPictures(area, one("section.write"), async (file) => {
  const added = await addPicture(file);
  if (added) pick(added);
});

// A link from the page of pictures: #picture=ID.
const linked = /^#picture=([0-9a-z_-]+)$/i.exec(location.hash)?.[1];
if (linked) {
  history.replaceState(null, "", location.pathname);
  void call("GET", `/v1/media/${linked}`).then(pick, tell);
}
